#include "fault_world.h"

// Whether operation `number` of the armed kind's class is one that fails.
static bool is_due(struct fault_vfs *vfs, uint64_t number) {
    if (number < vfs->at || number - vfs->at >= vfs->length) return false;
    vfs->failures++;
    return true;
}

// Before the lock is taken: the observer may look at everything.
void fault_tell_observer(struct fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    void (*observer)(void *context) = vfs->has_power ? vfs->observer : NULL;
    void *context = vfs->observer_context;
    pthread_mutex_unlock(&vfs->mutex);
    if (observer) observer(context);
}

void fault_vfs_observe(fault_vfs *vfs, void (*observer)(void *context), void *context) {
    pthread_mutex_lock(&vfs->mutex);
    vfs->observer = observer;
    vfs->observer_context = context;
    pthread_mutex_unlock(&vfs->mutex);
}

int fault_before_change(struct fault_vfs *vfs) {
    if (!vfs->has_power) return SQLITE_IOERR;
    vfs->changes++;
    if (vfs->kind == FAULT_POWER_LOSS && is_due(vfs, vfs->changes)) {
        vfs->has_power = false;
        return SQLITE_IOERR;
    }
    return SQLITE_OK;
}

// `count` becomes what is written all the same.
int fault_before_write(struct fault_vfs *vfs, int64_t *count) {
    bool had_power = vfs->has_power;
    int code = fault_before_change(vfs);
    if (code != SQLITE_OK) {
        // The write at which power is lost was on its way: it may reach the disk like those before it.
        if (!had_power) *count = 0;
        return SQLITE_IOERR_WRITE;
    }
    vfs->writes++;
    switch (vfs->kind) {
    case FAULT_FULL:
        if (!is_due(vfs, vfs->writes)) return SQLITE_OK;
        *count = 0;
        return SQLITE_FULL;
    case FAULT_SHORT_WRITE:
        if (!is_due(vfs, vfs->writes)) return SQLITE_OK;
        *count = (int64_t)(fault_random(vfs) % (uint64_t)*count);
        return SQLITE_FULL;
    case FAULT_WRITE_ERROR:
        if (!is_due(vfs, vfs->writes)) return SQLITE_OK;
        *count = (int64_t)(fault_random(vfs) % (uint64_t)(*count + 1));
        return SQLITE_IOERR_WRITE;
    default:
        return SQLITE_OK;
    }
}

int fault_before_sync(struct fault_vfs *vfs) {
    if (fault_before_change(vfs) != SQLITE_OK) return SQLITE_IOERR_FSYNC;
    vfs->syncs++;
    return vfs->kind == FAULT_SYNC_ERROR && is_due(vfs, vfs->syncs) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

int fault_before_read(struct fault_vfs *vfs) {
    if (!vfs->has_power) return SQLITE_IOERR_READ;
    vfs->reads++;
    return vfs->kind == FAULT_READ_ERROR && is_due(vfs, vfs->reads) ? SQLITE_IOERR_READ : SQLITE_OK;
}

void fault_vfs_arm(fault_vfs *vfs, enum fault_kind kind, uint64_t at, uint64_t length) {
    pthread_mutex_lock(&vfs->mutex);
    vfs->kind = kind;
    vfs->at = at;
    vfs->length = length;
    vfs->changes = vfs->writes = vfs->syncs = vfs->reads = vfs->failures = 0;
    pthread_mutex_unlock(&vfs->mutex);
}

void fault_vfs_disarm(fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    vfs->kind = FAULT_NONE;
    pthread_mutex_unlock(&vfs->mutex);
}

static uint64_t read_count(fault_vfs *vfs, const uint64_t *count) {
    pthread_mutex_lock(&vfs->mutex);
    uint64_t value = *count;
    pthread_mutex_unlock(&vfs->mutex);
    return value;
}

uint64_t fault_vfs_changes(fault_vfs *vfs) { return read_count(vfs, &vfs->changes); }
uint64_t fault_vfs_writes(fault_vfs *vfs) { return read_count(vfs, &vfs->writes); }
uint64_t fault_vfs_syncs(fault_vfs *vfs) { return read_count(vfs, &vfs->syncs); }
uint64_t fault_vfs_reads(fault_vfs *vfs) { return read_count(vfs, &vfs->reads); }
uint64_t fault_vfs_failures(fault_vfs *vfs) { return read_count(vfs, &vfs->failures); }
