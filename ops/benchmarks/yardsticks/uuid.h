// UUIDs of version 7 (RFC 9562, section 5.7): time first, so that rows arrive at the end of an index, as they do
// from the client libraries that put a time in front of their message ids.
#ifndef UUID_H
#define UUID_H

#include <stdint.h>
#include <time.h>

enum { UUID_BYTES = 16, UUID_TEXT = 36 };

// `state` is that of the generator xorshift64 and must not be zero: speed matters here, secrecy does not.
static inline void uuid_make(uint64_t *state, uint8_t uuid[UUID_BYTES]) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t milliseconds = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
    // The 12 bits after the version: the fraction of the millisecond, so that ids made in one of them keep order too.
    uint64_t fraction = ((uint64_t)t.tv_nsec % 1000000) * 4096 / 1000000;
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    uint64_t high = milliseconds << 16 | 0x7000 | fraction;
    uint64_t low = (*state & 0x3fffffffffffffff) | 0x8000000000000000;
    for (int i = 0; i < 8; i++) {
        uuid[i] = (uint8_t)(high >> (56 - 8 * i));
        uuid[8 + i] = (uint8_t)(low >> (56 - 8 * i));
    }
}

static inline void uuid_write(const uint8_t uuid[UUID_BYTES], char text[UUID_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0, at = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
        text[at++] = digits[uuid[i] >> 4];
        text[at++] = digits[uuid[i] & 15];
    }
}

#endif
