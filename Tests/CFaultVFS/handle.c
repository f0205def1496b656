#include "fault_world.h"

#include <string.h>

static int fault_close(sqlite3_file *base) {
    struct handle *handle = (struct handle *)base;
    struct fault_vfs *vfs = handle->vfs;
    fault_shm_unmap(base, 0);
    base->pMethods->xUnlock(base, SQLITE_LOCK_NONE);
    pthread_mutex_lock(&vfs->mutex);
    vfs->open_files--;
    if (handle->removes_on_close) file_remove(handle->file);
    bool is_last = vfs->is_abandoned && vfs->open_files == 0;
    pthread_mutex_unlock(&vfs->mutex);
    if (is_last) world_free(vfs);
    return SQLITE_OK;
}

static int fault_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)base;
    pthread_mutex_lock(&handle->vfs->mutex);
    int code = fault_before_read(handle->vfs);
    if (code == SQLITE_OK) {
        const struct contents *contents = &handle->file->current;
        int64_t available = contents->size - offset;
        if (available < 0) available = 0;
        if (available > count) available = count;
        if (available > 0) memcpy(bytes, contents->bytes + offset, (size_t)available);
        if (available < count) {
            // SQLite relies on the rest being zeros.
            memset((uint8_t *)bytes + available, 0, (size_t)(count - available));
            code = SQLITE_IOERR_SHORT_READ;
        }
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

static int fault_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)base;
    fault_tell_observer(handle->vfs);
    pthread_mutex_lock(&handle->vfs->mutex);
    int64_t written = count;
    int code = fault_before_write(handle->vfs, &written);
    if (!file_write(handle->file, offset, bytes, written)) code = SQLITE_IOERR_NOMEM;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

static int fault_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct handle *handle = (struct handle *)base;
    fault_tell_observer(handle->vfs);
    pthread_mutex_lock(&handle->vfs->mutex);
    bool had_power = handle->vfs->has_power;
    int code = fault_before_change(handle->vfs);
    if (had_power && !file_truncate(handle->file, size)) code = SQLITE_IOERR_NOMEM;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code == SQLITE_OK ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int fault_sync(sqlite3_file *base, int flags) {
    (void)flags;
    struct handle *handle = (struct handle *)base;
    fault_tell_observer(handle->vfs);
    pthread_mutex_lock(&handle->vfs->mutex);
    int code = fault_before_sync(handle->vfs);
    if (code != SQLITE_OK) {
        if (handle->vfs->has_power) file_fail_sync(handle->file);
    } else {
        if (!file_sync(handle->file)) code = SQLITE_IOERR_NOMEM;
        if (handle->syncs_directory) {
            handle->syncs_directory = false;
            if (!directory_sync(handle->vfs)) code = SQLITE_IOERR_NOMEM;
        }
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

static int fault_size(sqlite3_file *base, sqlite3_int64 *size) {
    struct handle *handle = (struct handle *)base;
    pthread_mutex_lock(&handle->vfs->mutex);
    int code = handle->vfs->has_power ? SQLITE_OK : SQLITE_IOERR_FSTAT;
    *size = handle->file->current.size;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

// The levels of https://www.sqlite.org/lockingv3.html: many SHARED, one writer from RESERVED over PENDING to EXCLUSIVE.
static int fault_lock(sqlite3_file *base, int level) {
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    int code = SQLITE_OK;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->lock >= level) {
        // Held already.
    } else if (!handle->vfs->has_power) {
        code = SQLITE_IOERR_LOCK;
    } else if (level == SQLITE_LOCK_SHARED) {
        if (file->writer && file->writer_level >= SQLITE_LOCK_PENDING) {
            code = SQLITE_BUSY;
        } else {
            file->shared_locks++;
            handle->lock = SQLITE_LOCK_SHARED;
        }
    } else if (file->writer && file->writer != handle) {
        code = SQLITE_BUSY;
    } else {
        file->writer = handle;
        if (level == SQLITE_LOCK_EXCLUSIVE && file->shared_locks > 1) {
            level = SQLITE_LOCK_PENDING;
            code = SQLITE_BUSY;
        }
        handle->lock = file->writer_level = level;
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

static int fault_unlock(sqlite3_file *base, int level) {
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->lock > level) {
        if (file->writer == handle) file->writer = NULL;
        if (level == SQLITE_LOCK_NONE) file->shared_locks--;
        handle->lock = level;
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return SQLITE_OK;
}

static int fault_check_reserved_lock(sqlite3_file *base, int *is_reserved) {
    struct handle *handle = (struct handle *)base;
    pthread_mutex_lock(&handle->vfs->mutex);
    *is_reserved = handle->file->writer != NULL;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return SQLITE_OK;
}

static int fault_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

// As the Unix VFS on a disk whose sectors are written whole.
static int fault_sector_size(sqlite3_file *base) {
    (void)base;
    return 4096;
}

static int fault_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_reserved_lock,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_characteristics,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};
