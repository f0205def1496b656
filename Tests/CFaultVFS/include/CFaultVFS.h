#ifndef GYRE_CFAULTVFS_H
#define GYRE_CFAULTVFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A SQLite VFS in memory that can lose power.
//
// It keeps for every file what has been synced and, in order, every change since. So it can show a database what a disk
// may show after power is lost: all, none, or any selection of the sectors written since the last sync, and directory
// entries that were there already or not yet. It also fails on command: disk full, short write, and errors of reading,
// writing and syncing.
//
// A VFS has one flat directory. It is registered under its name, and may be used by several threads.

typedef struct fault_vfs fault_vfs;

enum fault_kind {
    FAULT_NONE = 0,
    // Power is lost at change N (write, truncate, sync, creation, removal): from then on everything fails, for good.
    FAULT_POWER_LOSS,
    // Write N and those after it find no space; nothing of them is written. SQLITE_FULL.
    FAULT_FULL,
    // Of write N and those after it only a part is written. SQLITE_FULL, as the Unix VFS reports it.
    FAULT_SHORT_WRITE,
    // Write N and those after it fail, a part may be written. SQLITE_IOERR_WRITE.
    FAULT_WRITE_ERROR,
    // Sync N and those after it fail, and what was to be synced never reaches the disk, even if a later sync succeeds:
    // Linux marks such pages clean. SQLITE_IOERR_FSYNC.
    FAULT_SYNC_ERROR,
    // Read N and those after it fail. SQLITE_IOERR_READ.
    FAULT_READ_ERROR,
};

// What a power loss leaves of the changes since the last sync of each file.
enum fault_survival {
    SURVIVE_NONE = 0,
    SURVIVE_ALL,
    // Any selection of 512-byte sectors, different for each file.
    SURVIVE_TORN,
    // Only the process died: everything that was ever written, also what a failed sync would lose later.
    SURVIVE_PROCESS_DEATH,
};

// Registers a VFS; null when the name is taken or memory is out.
fault_vfs *fault_vfs_create(const char *name, uint64_t seed);

// Unregisters it: nothing more can be opened. It is freed with the last file that is open.
void fault_vfs_destroy(fault_vfs *vfs);

// From now on counts anew, and fails at operation `at` (from 1) of the kind's class and the `length - 1` after it.
void fault_vfs_arm(fault_vfs *vfs, enum fault_kind kind, uint64_t at, uint64_t length);

// No more failures; the counts go on. Lost power stays lost.
void fault_vfs_disarm(fault_vfs *vfs);

// Operations since the last fault_vfs_arm.
uint64_t fault_vfs_changes(fault_vfs *vfs);
uint64_t fault_vfs_writes(fault_vfs *vfs);
uint64_t fault_vfs_syncs(fault_vfs *vfs);
uint64_t fault_vfs_reads(fault_vfs *vfs);

// How many operations failed by command since the last fault_vfs_arm.
uint64_t fault_vfs_failures(fault_vfs *vfs);

// Calls `observer` before every change (and every opening that could be one), on the thread that makes it and without
// any lock held; null ends it.
void fault_vfs_observe(fault_vfs *vfs, void (*observer)(void *context), void *context);

// The machine after a power loss now: a VFS of its own under another name, with the files as the loss leaves them and
// nothing else. This one goes on undisturbed, so one run can be followed at each of its changes.
fault_vfs *fault_vfs_after_power_loss(
    fault_vfs *vfs, const char *name, enum fault_survival survival, uint64_t seed);

int fault_vfs_open_files(fault_vfs *vfs);

// The size of a file as it is now; -1 when there is none.
int64_t fault_vfs_file_size(fault_vfs *vfs, const char *name);

#endif
