#ifndef GYRE_CSQLITE_SHIM_H
#define GYRE_CSQLITE_SHIM_H

#include <sqlite3.h>

// What Swift does not import: macros that are casts, and functions with variable arguments.

// SQLite copies the bytes before the call returns. SQLITE_STATIC has no place here: a Swift buffer never promises to
// outlive a step. A null pointer would bind NULL; an empty text or blob needs an address.
static inline int gyre_sqlite3_bind_text(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    const char *start = count == 0 ? "" : (const char *)bytes;
    return sqlite3_bind_text64(statement, index, start, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int gyre_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, count == 0 ? "" : bytes, count, SQLITE_TRANSIENT);
}

// sqlite3_db_config for the options that take a number and tell the new value.
static inline int gyre_sqlite3_db_config(sqlite3 *database, int option, int value) {
    int now = 0;
    return sqlite3_db_config(database, option, value, &now);
}

#endif
