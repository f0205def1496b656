#include "fault_world.h"

#include <stdlib.h>
#include <string.h>

// SplitMix64: every seed gives a sequence of its own.
static uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t fault_random(struct fault_vfs *vfs) { return next_random(&vfs->random); }

struct file *fault_find(struct fault_vfs *vfs, const char *name) {
    for (struct file *file = vfs->files; file; file = file->next)
        if (strcmp(file->name, name) == 0) return file;
    return NULL;
}

struct file *fault_find_or_add(struct fault_vfs *vfs, const char *name) {
    struct file *file = fault_find(vfs, name);
    if (file) return file;
    file = calloc(1, sizeof *file);
    if (!file) return NULL;
    file->name = strdup(name);
    if (!file->name) {
        free(file);
        return NULL;
    }
    file->next = vfs->files;
    vfs->files = file;
    return file;
}

static void contents_clear(struct contents *contents) {
    free(contents->bytes);
    *contents = (struct contents){0};
}

static bool contents_copy(struct contents *to, const struct contents *from) {
    to->size = 0;
    return contents_write(to, 0, from->bytes, from->size);
}

bool contents_resize(struct contents *contents, int64_t size) {
    if (size > contents->capacity) {
        int64_t capacity = contents->capacity ? contents->capacity : 4096;
        while (capacity < size) capacity *= 2;
        uint8_t *bytes = realloc(contents->bytes, (size_t)capacity);
        if (!bytes) return false;
        contents->bytes = bytes;
        contents->capacity = capacity;
    }
    if (size > contents->size) memset(contents->bytes + contents->size, 0, (size_t)(size - contents->size));
    contents->size = size;
    return true;
}

bool contents_write(struct contents *contents, int64_t offset, const void *bytes, int64_t count) {
    if (count == 0) return true;
    if (offset + count > contents->size && !contents_resize(contents, offset + count)) return false;
    memcpy(contents->bytes + offset, bytes, (size_t)count);
    return true;
}

static struct change *add_change(struct file *file, enum change_kind kind, int64_t offset) {
    struct change *change = calloc(1, sizeof *change);
    if (!change) return NULL;
    change->kind = kind;
    change->offset = offset;
    if (file->last_change) {
        file->last_change->next = change;
    } else {
        file->first_change = change;
    }
    file->last_change = change;
    return change;
}

// Forgets the changes from the first up to `end`, which stays; null forgets all.
static void drop_changes(struct file *file, struct change *end) {
    while (file->first_change != end) {
        struct change *change = file->first_change;
        file->first_change = change->next;
        contents_clear(&change->contents);
        free(change);
    }
    if (!file->first_change) file->last_change = NULL;
}

static struct change *last_entry_change(struct file *file) {
    struct change *last = NULL;
    for (struct change *change = file->first_change; change; change = change->next)
        if (change->kind == CHANGE_CREATE || change->kind == CHANGE_REMOVE) last = change;
    return last;
}

bool file_write(struct file *file, int64_t offset, const void *bytes, int64_t count) {
    if (count == 0) return true;
    struct change *change = add_change(file, CHANGE_WRITE, offset);
    return change && contents_write(&change->contents, 0, bytes, count)
        && contents_write(&file->current, offset, bytes, count);
}

bool file_truncate(struct file *file, int64_t size) {
    return add_change(file, CHANGE_TRUNCATE, size) && contents_resize(&file->current, size);
}

bool file_create(struct file *file) {
    file->exists = true;
    return add_change(file, CHANGE_CREATE, 0) && contents_resize(&file->current, 0);
}

bool file_remove(struct file *file) {
    file->exists = false;
    return add_change(file, CHANGE_REMOVE, 0) && contents_resize(&file->current, 0);
}

// What a sync writes: the changes whose own sync never failed.
static bool apply(struct contents *contents, const struct change *change) {
    if (change->lost) return true;
    if (change->kind == CHANGE_TRUNCATE) return contents_resize(contents, change->offset);
    return contents_write(contents, change->offset, change->contents.bytes, change->contents.size);
}

bool file_sync(struct file *file) {
    struct change *entry = last_entry_change(file);
    // Unlinked while it is open: nobody will ever see it again.
    if (entry && entry->kind == CHANGE_REMOVE) return true;
    struct contents *synced = entry ? &entry->contents : &file->durable;
    struct change *first = entry ? entry->next : file->first_change;
    for (struct change *change = first; change; change = change->next)
        if (!apply(synced, change)) return false;
    if (!entry) {
        drop_changes(file, NULL);
        return true;
    }
    // The bytes are on disk, the name of the file is not: keep both with its creation.
    struct contents kept = entry->contents;
    entry->contents = (struct contents){0};
    drop_changes(file, NULL);
    struct change *creation = add_change(file, CHANGE_CREATE, 0);
    if (!creation) return false;
    creation->contents = kept;
    return true;
}

void file_fail_sync(struct file *file) {
    for (struct change *change = file->first_change; change; change = change->next)
        if (change->kind == CHANGE_WRITE || change->kind == CHANGE_TRUNCATE) change->lost = true;
}

bool directory_sync(struct fault_vfs *vfs) {
    for (struct file *file = vfs->files; file; file = file->next) {
        struct change *entry = last_entry_change(file);
        if (!entry) continue;
        file->durably_exists = entry->kind == CHANGE_CREATE;
        if (!contents_copy(&file->durable, &entry->contents)) return false;
        drop_changes(file, entry->next);
    }
    return true;
}

void file_free(struct file *file) {
    drop_changes(file, NULL);
    contents_clear(&file->current);
    contents_clear(&file->durable);
    for (int i = 0; i < SHM_REGIONS; i++) free(file->shm_regions[i]);
    free(file->name);
    free(file);
}

void world_free(struct fault_vfs *vfs) {
    while (vfs->files) {
        struct file *file = vfs->files;
        vfs->files = file->next;
        file_free(file);
    }
    pthread_mutex_destroy(&vfs->mutex);
    free((char *)vfs->base.zName);
    free(vfs);
}

// A torn write: each sector of it reaches the disk or not, in `odds` of 16 cases. Sectors that do not stay as they
// were; a hole before one that does reads as zeros.
static bool apply_torn(struct contents *contents, const struct change *change, uint64_t *random, uint64_t odds) {
    if (change->kind == CHANGE_TRUNCATE) {
        return next_random(random) % 16 >= odds || contents_resize(contents, change->offset);
    }
    int64_t end = change->offset + change->contents.size;
    int64_t start = change->offset;
    while (start < end) {
        int64_t stop = (start / SECTOR_BYTES + 1) * SECTOR_BYTES;
        if (stop > end) stop = end;
        const uint8_t *bytes = change->contents.bytes + (start - change->offset);
        if (next_random(random) % 16 < odds && !contents_write(contents, start, bytes, stop - start)) return false;
        start = stop;
    }
    return true;
}

// Makes `left` what is found of a file after the power loss; `exists` whether there is one.
static bool file_survive(
    const struct file *file, enum fault_survival survival, uint64_t *random, struct contents *left, bool *exists) {
    static const uint64_t odds_of_files[] = {1, 8, 15};
    uint64_t odds = odds_of_files[next_random(random) % 3];
    bool is_torn = survival == SURVIVE_TORN;
    if (survival == SURVIVE_PROCESS_DEATH) {
        *exists = file->exists;
        return contents_copy(left, &file->current);
    }
    *exists = file->durably_exists;
    if (!contents_copy(left, &file->durable)) return false;
    if (survival == SURVIVE_NONE) return true;
    for (const struct change *change = file->first_change; change; change = change->next) {
        if (change->kind == CHANGE_CREATE || change->kind == CHANGE_REMOVE) {
            // Entries of a directory reach the disk in their order; the later ones are then lost too.
            if (is_torn && next_random(random) % 2 == 0) return true;
            *exists = change->kind == CHANGE_CREATE;
            if (!contents_copy(left, &change->contents)) return false;
        } else if (is_torn && !change->lost) {
            if (!apply_torn(left, change, random, odds)) return false;
        } else if (!apply(left, change)) {
            return false;
        }
    }
    return true;
}

fault_vfs *fault_vfs_after_power_loss(
    fault_vfs *vfs, const char *name, enum fault_survival survival, uint64_t seed) {
    fault_vfs *after = fault_vfs_create(name, seed);
    if (!after) return NULL;
    bool is_complete = true;
    uint64_t random = seed;
    pthread_mutex_lock(&vfs->mutex);
    for (const struct file *file = vfs->files; file; file = file->next) {
        struct file *left = fault_find_or_add(after, file->name);
        bool exists = false;
        is_complete = is_complete && left && file_survive(file, survival, &random, &left->durable, &exists);
        if (!left || !exists) continue;
        left->exists = left->durably_exists = true;
        is_complete = is_complete && contents_copy(&left->current, &left->durable);
    }
    pthread_mutex_unlock(&vfs->mutex);
    if (is_complete) return after;
    fault_vfs_destroy(after);
    return NULL;
}
