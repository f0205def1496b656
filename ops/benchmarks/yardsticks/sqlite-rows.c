// Rows a second that libsqlite3 itself reaches: prepared statements, transactions of N rows, nothing else.
//
//     sqlite-rows DATABASE --pragmas FILE --schema FILE --insert FILE --properties FILE
//                 [--rows-per-transaction 1000] [--rows 100000 | --seconds S]
//
// The files are SQL: pragmas for the connection, the schema of a new database, the statements of one row, with the
// parameters of `bind_row`; and the JSON text that is a row's properties.
// Prints one JSON object: rows a second, and percentiles of a transaction in microseconds.
#define _GNU_SOURCE
#include "measure.h"
#include "uuid.h"

#include <sqlite3.h>
#include <unistd.h>

enum { MAXIMUM_STATEMENTS = 8, USERS = 10000 };

static sqlite3 *database;
static uint64_t random_state = 0x9e3779b97f4a7c15;
static uint64_t row_number;
static const char *properties;

static void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE) die("SQLite: %s", sqlite3_errmsg(database));
}

static void execute(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL)); }

// One row's values, by the name of the parameter: what a signal's columns hold.
static void bind_row(sqlite3_stmt *statement, const uint8_t *id, int64_t time) {
    uint64_t user = row_number * 2654435761 % USERS;  // All in turn, scattered, as the socket client does.
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);
        if (!name) die("the statement has a parameter without a name");
        else if (!strcmp(name, ":id")) check(sqlite3_bind_blob(statement, i, id, UUID_BYTES, SQLITE_TRANSIENT));
        else if (!strcmp(name, ":actor")) check(sqlite3_bind_int64(statement, i, 1 + (int64_t)user));
        else if (!strcmp(name, ":event")) check(sqlite3_bind_text(statement, i, "Order Completed", -1, SQLITE_STATIC));
        else if (!strcmp(name, ":time")) check(sqlite3_bind_int64(statement, i, time));
        else if (!strcmp(name, ":revenue")) check(sqlite3_bind_int64(statement, i, 1299000));
        else if (!strcmp(name, ":currency")) check(sqlite3_bind_text(statement, i, "USD", -1, SQLITE_STATIC));
        else if (!strcmp(name, ":properties"))
            check(sqlite3_bind_text(statement, i, properties, -1, SQLITE_STATIC));
        else die("unknown parameter %s", name);
    }
}

static int prepare(const char *sql, sqlite3_stmt **statements) {
    int count = 0;
    while (*sql) {
        sqlite3_stmt *statement;
        check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, &sql));
        if (!statement) continue;  // A comment or white space.
        if (count == MAXIMUM_STATEMENTS) die("more than %d statements a row", MAXIMUM_STATEMENTS);
        statements[count++] = statement;
    }
    if (count == 0) die("--insert holds no statement");
    return count;
}

int main(int count, char **arguments) {
    const char *pragmas = option(count, arguments, "--pragmas", NULL);
    const char *schema = option(count, arguments, "--schema", NULL);
    const char *insert = option(count, arguments, "--insert", NULL);
    const char *properties_path = option(count, arguments, "--properties", NULL);
    if (count < 2 || !pragmas || !schema || !insert || !properties_path)
        die("usage: sqlite-rows DATABASE --pragmas FILE --schema FILE --insert FILE --properties FILE [--rows N]");
    int rows = (int)number_option(count, arguments, "--rows-per-transaction", 1000);
    double seconds = number_option(count, arguments, "--seconds", 0);
    uint64_t total = (uint64_t)number_option(count, arguments, "--rows", 100000);
    if (rows < 1) die("--rows-per-transaction: at least 1");

    int is_new = access(arguments[1], F_OK) != 0;
    if (sqlite3_open(arguments[1], &database) != SQLITE_OK) die("%s: cannot be opened", arguments[1]);
    execute(read_whole_file(pragmas));
    if (is_new) execute(read_whole_file(schema));
    sqlite3_stmt *statements[MAXIMUM_STATEMENTS], *begin, *commit;
    int statement_count = prepare(read_whole_file(insert), statements);
    check(sqlite3_prepare_v2(database, "BEGIN IMMEDIATE", -1, &begin, NULL));
    check(sqlite3_prepare_v2(database, "COMMIT", -1, &commit, NULL));

    char *text = read_whole_file(properties_path);
    text[strcspn(text, "\n")] = 0;
    properties = text;
    random_state ^= (uint64_t)now_nanoseconds();  // A database that is used again must not meet an id twice.
    Histogram *latencies = allocate(sizeof *latencies);
    int64_t start = now_nanoseconds(), end = start + (int64_t)(seconds * 1e9), before = start, after;
    do {
        sqlite3_step(begin);
        check(sqlite3_reset(begin));
        for (int i = 0; i < rows; i++, row_number++) {
            uint8_t id[UUID_BYTES];
            struct timespec t;
            uuid_make(&random_state, id);
            clock_gettime(CLOCK_REALTIME, &t);
            for (int s = 0; s < statement_count; s++) {
                bind_row(statements[s], id, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
                while (sqlite3_step(statements[s]) == SQLITE_ROW) {}
                check(sqlite3_reset(statements[s]));
            }
        }
        sqlite3_step(commit);
        check(sqlite3_reset(commit));
        after = now_nanoseconds();
        histogram_add(latencies, after - before);
        before = after;
    } while (seconds > 0 ? after < end : row_number < total);

    printf("{\"rate\": %.1f, \"rows\": %llu, ", (double)row_number / ((double)(after - start) / 1e9),
           (unsigned long long)row_number);
    histogram_print(latencies);
    printf("}\n");
    for (int s = 0; s < statement_count; s++) sqlite3_finalize(statements[s]);
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_close(database);
    return 0;
}
