#ifndef GYRE_FAULT_WORLD_H
#define GYRE_FAULT_WORLD_H

#include "CFaultVFS.h"

#include <pthread.h>
#include <sqlite3.h>

#define SECTOR_BYTES 512
#define SHM_REGIONS 64

// Bytes of a file.
struct contents {
    uint8_t *bytes;
    int64_t size;
    int64_t capacity;
};

enum change_kind { CHANGE_WRITE, CHANGE_TRUNCATE, CHANGE_CREATE, CHANGE_REMOVE };

// Something that has happened to a file and is not on disk yet.
struct change {
    enum change_kind kind;
    // Never reaches the disk, because its sync failed.
    bool lost;
    // WRITE: where. TRUNCATE: the new size.
    int64_t offset;
    // WRITE: what was written. CREATE: what has been synced since, while the directory entry has not.
    struct contents contents;
    struct change *next;
};

struct file {
    char *name;
    // As programs see it.
    bool exists;
    struct contents current;
    // As the disk has it for certain.
    bool durably_exists;
    struct contents durable;
    struct change *first_change;
    struct change *last_change;
    // Locks of the database file, as in the Unix VFS.
    int shared_locks;
    struct handle *writer;
    int writer_level;
    // The wal-index: memory of the process, as of the machine.
    int shm_users;
    void *shm_regions[SHM_REGIONS];
    int shm_locks[SQLITE_SHM_NLOCK];
    struct file *next;
};

// What SQLite holds: one opened file. `base` must be first.
struct handle {
    sqlite3_file base;
    struct fault_vfs *vfs;
    struct file *file;
    int lock;
    bool syncs_directory;
    bool removes_on_close;
    bool uses_shm;
    uint16_t shm_shared;
    uint16_t shm_exclusive;
};

struct fault_vfs {
    sqlite3_vfs base;
    pthread_mutex_t mutex;
    struct file *files;
    uint64_t random;
    int open_files;
    int temporary_files;
    bool has_power;
    bool is_abandoned;
    enum fault_kind kind;
    uint64_t at;
    uint64_t length;
    void (*observer)(void *context);
    void *observer_context;
    uint64_t changes, writes, syncs, reads, failures;
};

// world.c: files, changes, and what survives.
uint64_t fault_random(struct fault_vfs *vfs);
struct file *fault_find(struct fault_vfs *vfs, const char *name);
struct file *fault_find_or_add(struct fault_vfs *vfs, const char *name);
bool contents_write(struct contents *contents, int64_t offset, const void *bytes, int64_t count);
bool contents_resize(struct contents *contents, int64_t size);
bool file_write(struct file *file, int64_t offset, const void *bytes, int64_t count);
bool file_truncate(struct file *file, int64_t size);
bool file_create(struct file *file);
bool file_remove(struct file *file);
bool file_sync(struct file *file);
void file_fail_sync(struct file *file);
bool directory_sync(struct fault_vfs *vfs);
void file_free(struct file *file);
void world_free(struct fault_vfs *vfs);

// faults.c: what fails when, and who watches. Each counts one operation and says how it ends; SQLITE_OK lets it happen.
void fault_tell_observer(struct fault_vfs *vfs);
int fault_before_change(struct fault_vfs *vfs);
int fault_before_write(struct fault_vfs *vfs, int64_t *count);
int fault_before_sync(struct fault_vfs *vfs);
int fault_before_read(struct fault_vfs *vfs);

// handle.c and shm.c: the methods of an open file.
extern const sqlite3_io_methods fault_methods;
int fault_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **start);
int fault_shm_lock(sqlite3_file *base, int offset, int count, int flags);
void fault_shm_barrier(sqlite3_file *base);
int fault_shm_unmap(sqlite3_file *base, int remove);

#endif
