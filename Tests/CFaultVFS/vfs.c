#include "fault_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fault_open(sqlite3_vfs *base, const char *name, sqlite3_file *opened, int flags, int *out_flags) {
    struct fault_vfs *vfs = (struct fault_vfs *)base;
    struct handle *handle = (struct handle *)opened;
    memset(handle, 0, sizeof *handle);
    if (flags & SQLITE_OPEN_CREATE) fault_tell_observer(vfs);
    pthread_mutex_lock(&vfs->mutex);
    char temporary[32];
    if (!name) {
        snprintf(temporary, sizeof temporary, "temporary-%d", vfs->temporary_files++);
        name = temporary;
    }
    int code = vfs->has_power ? SQLITE_OK : SQLITE_IOERR;
    struct file *file = NULL;
    if (code == SQLITE_OK) {
        file = fault_find_or_add(vfs, name);
        if (!file) code = SQLITE_NOMEM;
    }
    if (code == SQLITE_OK && !file->exists) {
        if (!(flags & SQLITE_OPEN_CREATE)) {
            code = SQLITE_CANTOPEN;
        } else if (fault_before_change(vfs) != SQLITE_OK) {
            // The creation at which power is lost may reach the disk.
            file_create(file);
            file->exists = false;
            code = SQLITE_CANTOPEN;
        } else if (!file_create(file)) {
            code = SQLITE_NOMEM;
        }
    }
    if (code == SQLITE_OK) {
        handle->base.pMethods = &fault_methods;
        handle->vfs = vfs;
        handle->file = file;
        // As in the Unix VFS: for a journal or log that may be created, also if it is there already.
        handle->syncs_directory =
            (flags & SQLITE_OPEN_CREATE) && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL));
        handle->removes_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
        vfs->open_files++;
        if (out_flags) *out_flags = flags;
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

static int fault_remove(sqlite3_vfs *base, const char *name, int sync_directory) {
    struct fault_vfs *vfs = (struct fault_vfs *)base;
    fault_tell_observer(vfs);
    pthread_mutex_lock(&vfs->mutex);
    int code = SQLITE_OK;
    struct file *file = fault_find(vfs, name);
    bool had_power = vfs->has_power;
    if (had_power && (!file || !file->exists)) {
        code = SQLITE_IOERR_DELETE_NOENT;
    } else if (fault_before_change(vfs) != SQLITE_OK) {
        // The removal at which power is lost may reach the disk.
        if (had_power) file_remove(file);
        code = SQLITE_IOERR_DELETE;
    } else {
        if (!file_remove(file)) code = SQLITE_IOERR_NOMEM;
        if (sync_directory && !directory_sync(vfs)) code = SQLITE_IOERR_NOMEM;
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

static int fault_access(sqlite3_vfs *base, const char *name, int flags, int *result) {
    (void)flags;
    struct fault_vfs *vfs = (struct fault_vfs *)base;
    pthread_mutex_lock(&vfs->mutex);
    struct file *file = fault_find(vfs, name);
    // SQLite asks for the journal with this, and takes an empty one for none.
    *result = file && file->exists && (flags != SQLITE_ACCESS_EXISTS || file->current.size > 0);
    int code = vfs->has_power ? SQLITE_OK : SQLITE_IOERR_ACCESS;
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

static int fault_full_path(sqlite3_vfs *base, const char *name, int capacity, char *path) {
    (void)base;
    return snprintf(path, (size_t)capacity, "%s", name) < capacity ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int fault_randomness(sqlite3_vfs *base, int count, char *bytes) {
    struct fault_vfs *vfs = (struct fault_vfs *)base;
    pthread_mutex_lock(&vfs->mutex);
    for (int i = 0; i < count; i++) bytes[i] = (char)fault_random(vfs);
    pthread_mutex_unlock(&vfs->mutex);
    return count;
}

static int fault_sleep(sqlite3_vfs *base, int microseconds) {
    (void)base;
    usleep((useconds_t)microseconds);
    return microseconds;
}

static int fault_time(sqlite3_vfs *base, double *julian_day) {
    (void)base;
    // 2026-01-01T00:00:00Z, always.
    *julian_day = 2461041.5;
    return SQLITE_OK;
}

fault_vfs *fault_vfs_create(const char *name, uint64_t seed) {
    struct fault_vfs *vfs = calloc(1, sizeof *vfs);
    char *own_name = strdup(name);
    if (!vfs || !own_name || sqlite3_vfs_find(name)) {
        free(vfs);
        free(own_name);
        return NULL;
    }
    pthread_mutex_init(&vfs->mutex, NULL);
    vfs->random = seed;
    vfs->has_power = true;
    vfs->base = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 512,
        .zName = own_name,
        .xOpen = fault_open,
        .xDelete = fault_remove,
        .xAccess = fault_access,
        .xFullPathname = fault_full_path,
        .xRandomness = fault_randomness,
        .xSleep = fault_sleep,
        .xCurrentTime = fault_time,
    };
    sqlite3_vfs_register(&vfs->base, 0);
    return vfs;
}

void fault_vfs_destroy(fault_vfs *vfs) {
    sqlite3_vfs_unregister(&vfs->base);
    pthread_mutex_lock(&vfs->mutex);
    vfs->is_abandoned = true;
    vfs->observer = NULL;
    bool is_unused = vfs->open_files == 0;
    pthread_mutex_unlock(&vfs->mutex);
    if (is_unused) world_free(vfs);
}

int fault_vfs_open_files(fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    int count = vfs->open_files;
    pthread_mutex_unlock(&vfs->mutex);
    return count;
}

int64_t fault_vfs_file_size(fault_vfs *vfs, const char *name) {
    pthread_mutex_lock(&vfs->mutex);
    struct file *file = fault_find(vfs, name);
    int64_t size = file && file->exists ? file->current.size : -1;
    pthread_mutex_unlock(&vfs->mutex);
    return size;
}
