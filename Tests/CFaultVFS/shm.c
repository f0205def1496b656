#include "fault_world.h"

#include <stdlib.h>
#include <string.h>

// The wal-index. It lives as long as somebody uses it, as in the Unix VFS, where the first to open it empties it.

int fault_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **start) {
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    int code = SQLITE_OK;
    *start = NULL;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (!handle->vfs->has_power) {
        code = SQLITE_IOERR_SHMMAP;
    } else if (region >= SHM_REGIONS) {
        code = SQLITE_NOMEM;
    } else {
        if (!handle->uses_shm) {
            handle->uses_shm = true;
            file->shm_users++;
        }
        if (!file->shm_regions[region] && extend) {
            file->shm_regions[region] = calloc(1, (size_t)size);
            if (!file->shm_regions[region]) code = SQLITE_NOMEM;
        }
        *start = file->shm_regions[region];
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

int fault_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    struct handle *handle = (struct handle *)base;
    int *locks = handle->file->shm_locks;
    uint16_t mask = (uint16_t)((1u << (offset + count)) - (1u << offset));
    int code = SQLITE_OK;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (flags & SQLITE_SHM_UNLOCK) {
        if (flags & SQLITE_SHM_SHARED) {
            if (handle->shm_shared & mask) locks[offset]--;
            handle->shm_shared &= (uint16_t)~mask;
        } else {
            for (int i = offset; i < offset + count; i++)
                if (handle->shm_exclusive & (1u << i)) locks[i] = 0;
            handle->shm_exclusive &= (uint16_t)~mask;
        }
    } else if (!handle->vfs->has_power) {
        code = SQLITE_IOERR_SHMLOCK;
    } else if (flags & SQLITE_SHM_SHARED) {
        if (!(handle->shm_shared & mask)) {
            if (locks[offset] < 0) {
                code = SQLITE_BUSY;
            } else {
                locks[offset]++;
                handle->shm_shared |= mask;
            }
        }
    } else {
        for (int i = offset; i < offset + count && code == SQLITE_OK; i++)
            if (!(handle->shm_exclusive & (1u << i)) && locks[i] != 0) code = SQLITE_BUSY;
        if (code == SQLITE_OK) {
            for (int i = offset; i < offset + count; i++) locks[i] = -1;
            handle->shm_exclusive |= mask;
        }
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

void fault_shm_barrier(sqlite3_file *base) {
    struct handle *handle = (struct handle *)base;
    __sync_synchronize();
    pthread_mutex_lock(&handle->vfs->mutex);
    pthread_mutex_unlock(&handle->vfs->mutex);
}

int fault_shm_unmap(sqlite3_file *base, int remove) {
    (void)remove;
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->uses_shm) {
        handle->uses_shm = false;
        if (--file->shm_users == 0) {
            for (int i = 0; i < SHM_REGIONS; i++) {
                free(file->shm_regions[i]);
                file->shm_regions[i] = NULL;
            }
            memset(file->shm_locks, 0, sizeof file->shm_locks);
        }
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return SQLITE_OK;
}
