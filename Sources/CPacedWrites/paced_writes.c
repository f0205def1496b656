#define _GNU_SOURCE
#include "CPacedWrites.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

static _Thread_local unsigned piece;    // writes that go to disk together; 0: SQLite's sync decides
static _Thread_local unsigned written;  // since the last piece
static int is_installed;

static ssize_t paced_write(int descriptor, const void *bytes, size_t count, off64_t at) {
    ssize_t result = pwrite64(descriptor, bytes, count, at);
    if (piece > 0 && ++written >= piece) {
        written = 0;
        // Only a matter of pace: what fails here fails again in the sync, which is told.
        (void)sync_file_range(descriptor, 0, 0,
                              SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    }
    return result;
}

// https://www.sqlite.org/c3ref/vfs.html, xSetSystemCall. Which of both names SQLite uses was decided when it was built.
static void install(void) {
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    if (!vfs || vfs->iVersion < 3) return;
    static const char *const names[] = {"pwrite", "pwrite64"};
    for (int i = 0; i < 2; i++) {
        if (vfs->xGetSystemCall(vfs, names[i])
            && vfs->xSetSystemCall(vfs, names[i], (sqlite3_syscall_ptr)paced_write) == SQLITE_OK) is_installed = 1;
    }
}

int gyre_pace_writes(unsigned writes) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    piece = writes;
    return is_installed ? 0 : -1;
}
