// What the measuring programs share: a clock, a latency histogram, a way to stop with a sentence.
#ifndef MEASURE_H
#define MEASURE_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline int64_t now_nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static inline void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) die("out of memory");
    return memory;
}

// Log-linear buckets, 64 to each power of two: a percentile is within 1.6 % of the exact one, whatever its size.
enum { SUB_BUCKET_BITS = 6, SUB_BUCKETS = 1 << SUB_BUCKET_BITS, BUCKETS = SUB_BUCKETS * (65 - SUB_BUCKET_BITS) };

typedef struct {
    uint64_t total, maximum;
    uint64_t counts[BUCKETS];
} Histogram;

static inline void histogram_add(Histogram *histogram, int64_t nanoseconds) {
    uint64_t value = nanoseconds < 0 ? 0 : (uint64_t)nanoseconds;
    size_t bucket = value;
    if (value >= SUB_BUCKETS) {
        int shift = 63 - __builtin_clzll(value) - SUB_BUCKET_BITS;
        bucket = ((size_t)(shift + 1) << SUB_BUCKET_BITS) + ((value >> shift) & (SUB_BUCKETS - 1));
    }
    histogram->counts[bucket]++;
    histogram->total++;
    if (value > histogram->maximum) histogram->maximum = value;
}

static inline void histogram_merge(Histogram *into, const Histogram *from) {
    for (size_t i = 0; i < BUCKETS; i++) into->counts[i] += from->counts[i];
    into->total += from->total;
    if (from->maximum > into->maximum) into->maximum = from->maximum;
}

// The value, in microseconds, that `fraction` of what was added does not exceed.
static inline double histogram_microseconds(const Histogram *histogram, double fraction) {
    uint64_t wanted = (uint64_t)(fraction * (double)histogram->total + 0.5), seen = 0;
    if (wanted < 1) wanted = 1;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen < wanted) continue;
        if (i < SUB_BUCKETS) return (double)i / 1000;
        int shift = (int)(i >> SUB_BUCKET_BITS) - 1;
        uint64_t lowest = (SUB_BUCKETS + (i & (SUB_BUCKETS - 1))) << shift;
        double middle = (double)lowest + (double)(1ULL << shift) / 2;
        return (middle < (double)histogram->maximum ? middle : (double)histogram->maximum) / 1000;
    }
    return 0;
}

// The members every program prints about its latencies.
static inline void histogram_print(const Histogram *histogram) {
    printf("\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, \"max\": %.1f",
           histogram_microseconds(histogram, 0.5), histogram_microseconds(histogram, 0.9),
           histogram_microseconds(histogram, 0.99), histogram_microseconds(histogram, 0.999),
           (double)histogram->maximum / 1000);
}

// The text after `name` on the command line, or `otherwise`; each program lists its options in its usage text.
static inline const char *option(int count, char **arguments, const char *name, const char *otherwise) {
    for (int i = 1; i + 1 < count; i++)
        if (strcmp(arguments[i], name) == 0) return arguments[i + 1];
    return otherwise;
}

static inline double number_option(int count, char **arguments, const char *name, double otherwise) {
    const char *text = option(count, arguments, name, NULL);
    if (!text) return otherwise;
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0)) die("%s: \"%s\" is not a number", name, text);
    return value;
}

// The whole of a file, with a zero byte after it.
static inline char *read_whole_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die("%s: %s", path, strerror(errno));
    size_t used = 0, capacity = 1 << 16;
    char *text = allocate(capacity + 1);
    for (size_t got; (got = fread(text + used, 1, capacity - used, file)) > 0;) {
        used += got;
        if (used < capacity) continue;
        capacity *= 2;
        text = realloc(text, capacity + 1);
        if (!text) die("out of memory");
    }
    fclose(file);
    text[used] = 0;
    return text;
}

#endif
