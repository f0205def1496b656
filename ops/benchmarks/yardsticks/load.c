// The client that measures every server on a Unix socket, or a port on loopback (127.0.0.1:PORT), ours and those it is
// compared with.
//
//     load SOCKET --lines FILE [--connections 1] [--depth 1] [--seconds 3 | --count N] [--warm-up 0.5]
//                 [--rate R] [--check yes] [--redis STREAM] [--http PATH] [--key KEY]
//
// Each line of FILE is a request; they are sent in turn, their holes filled anew each time:
//     {{id}}    a number of ten digits, the request's id: the reply must carry it (as "id":N)
//     {{uuid}}  a UUID of version 7       {{time}}  now, in UTC, with milliseconds
//     {{user}}  one of 10,000 numbers of six digits, all in turn, scattered
//     {{key}}   the text of --key
//
// Closed loop (the default): every connection keeps --depth requests in flight. Open loop (--rate): requests are due
// at even intervals whether or not replies come, and a latency counts from the moment a request was *due*, so that a
// server which stalls is charged for everything it kept waiting (no coordinated omission).
// --check looks for an "error" member in every reply. --redis STREAM sends each line as the body of an XADD, --http PATH
// as that of a POST; its reply counts from its head, any status but 200 is an error.
//
// Prints one JSON object: replies a second, latency percentiles in microseconds, errors (error replies, and replies
// nobody waits for) with the first one. One thread a connection; what is due together is sent with one write.
#define _GNU_SOURCE
#include "measure.h"
#include "uuid.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MAXIMUM_HOLES = 8,
    ID_DIGITS = 10,
    USER_DIGITS = 6,
    USERS = 10000,
    TIME_TEXT = 24,             // 2026-01-31T12:00:00.000Z
    RING = 1 << 16,             // requests of one connection that may be in flight
    IN_BYTES = 1 << 21,         // holds a reply of the largest size, 1 MiB
    OUT_BYTES = 1 << 20,        // where this is full, the rest stays due
    TICK_NANOSECONDS = 1000000, // open loop: threads wake no more often, or the client would take the server's CPU
    PATIENCE_SECONDS = 30,
};
static const uint64_t FIRST_ID = 1000000000;  // so that every id has ten digits

typedef enum { HOLE_ID, HOLE_KEY, HOLE_TIME, HOLE_USER, HOLE_UUID } HoleKind;
typedef struct {
    size_t offset;
    HoleKind kind;
} Hole;
typedef struct {
    char *bytes;
    size_t length;
    int hole_count;
    Hole holes[MAXIMUM_HOLES];
} Line;

typedef struct {
    int descriptor;
    int number;
    pthread_t thread;
    uint64_t random_state;
    uint64_t sent, answered;        // requests
    uint64_t quota;                 // requests to send in all, 0: until time is up
    int64_t next_due;               // open loop
    time_t second;                  // what second_text says
    char second_text[TIME_TEXT + 8];
    int64_t *due;                   // by request number modulo RING: when it was due; 0: not in flight
    size_t id_offset;               // where the last reply had its id
    char *in, *out;
    size_t in_used, out_used, out_sent;
    uint64_t counted, errors;
    int64_t last_reply;
    char first_error[256];
    char status[16];                // HTTP: of the reply whose head arrives
    Histogram *latencies;
} Connection;

static Line *lines;
static size_t line_count;
static int connection_count, depth;
static double rate;
static int64_t begun, start, end;  // what happens from start to end is counted
static int check_errors;
static const char *redis_stream, *http_path, *key;

// --- requests

static void add_line(const char *text, size_t length) {
    const struct { const char *name; HoleKind kind; size_t width; } kinds[] = {
        {"{{id}}", HOLE_ID, ID_DIGITS}, {"{{key}}", HOLE_KEY, strlen(key)}, {"{{time}}", HOLE_TIME, TIME_TEXT},
        {"{{user}}", HOLE_USER, USER_DIGITS}, {"{{uuid}}", HOLE_UUID, UUID_TEXT}};
    size_t widest = strlen(key) > UUID_TEXT ? strlen(key) : UUID_TEXT;
    lines = realloc(lines, (line_count + 1) * sizeof *lines);
    if (!lines) die("out of memory");
    Line *line = &lines[line_count++];
    *line = (Line){.bytes = allocate(length + MAXIMUM_HOLES * widest + 1)};
    for (size_t i = 0; i < length;) {
        int found = 0;
        for (size_t k = 0; text[i] == '{' && k < sizeof kinds / sizeof *kinds && !found; k++) {
            size_t name_length = strlen(kinds[k].name);
            if (length - i < name_length || memcmp(text + i, kinds[k].name, name_length) != 0) continue;
            if (line->hole_count == MAXIMUM_HOLES) die("more than %d holes in a line", MAXIMUM_HOLES);
            line->holes[line->hole_count++] = (Hole){line->length, kinds[k].kind};
            memset(line->bytes + line->length, '0', kinds[k].width);
            line->length += kinds[k].width;
            i += name_length;
            found = 1;
        }
        if (!found) line->bytes[line->length++] = text[i++];
    }
    if (http_path) {
        char head[1024];
        int length = snprintf(head, sizeof head,
                              "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                              "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                              http_path, key, line->length);
        if (length >= (int)sizeof head) die("--http and --key: too long");
        char *request = allocate((size_t)length + line->length);
        memcpy(request, head, (size_t)length);
        memcpy(request + length, line->bytes, line->length);
        for (int h = 0; h < line->hole_count; h++) line->holes[h].offset += (size_t)length;
        line->length += (size_t)length;
        line->bytes = request;
    } else if (redis_stream) {
        size_t room = line->length + strlen(redis_stream) + 128;
        char *command = allocate(room);
        int head = snprintf(command, room, "*5\r\n$4\r\nXADD\r\n$%zu\r\n%s\r\n$1\r\n*\r\n$4\r\nbody\r\n$%zu\r\n",
                            strlen(redis_stream), redis_stream, line->length);
        memcpy(command + head, line->bytes, line->length);
        memcpy(command + head + line->length, "\r\n", 2);
        for (int h = 0; h < line->hole_count; h++) line->holes[h].offset += (size_t)head;
        line->length += (size_t)head + 2;
        line->bytes = command;
    } else {
        line->bytes[line->length++] = '\n';
    }
    if (line->length > OUT_BYTES) die("a line of %zu bytes is too long", line->length);
}

static void read_lines(const char *path) {
    char *text = read_whole_file(path);
    for (char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        if (length > 0) add_line(at, length);
        at += length + (at[length] == '\n');
    }
    if (line_count == 0) die("%s: no lines", path);
}

// The place of a connection's next request in the order of all connections' requests.
static uint64_t turn(const Connection *connection) {
    return connection->sent * (uint64_t)connection_count + (uint64_t)connection->number;
}

static void write_digits(char *to, uint64_t number, int digits) {
    for (int i = digits - 1; i >= 0; i--, number /= 10) to[i] = (char)('0' + number % 10);
}

static void write_time(Connection *connection, char *to) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (t.tv_sec != connection->second) {
        struct tm parts;
        connection->second = t.tv_sec;
        strftime(connection->second_text, sizeof connection->second_text, "%Y-%m-%dT%H:%M:%S.000Z",
                 gmtime_r(&t.tv_sec, &parts));
    }
    memcpy(to, connection->second_text, TIME_TEXT);
    write_digits(to + TIME_TEXT - 4, (uint64_t)t.tv_nsec / 1000000, 3);
}

// Appends the next request to what is to be sent; false where there is no room for it or too much is in flight.
static int add_request(Connection *connection, int64_t due) {
    const Line *line = &lines[turn(connection) % line_count];
    int64_t *slot = &connection->due[connection->sent % RING];
    if (connection->out_used + line->length > OUT_BYTES || *slot) return 0;
    char *to = connection->out + connection->out_used;
    memcpy(to, line->bytes, line->length);
    for (int h = 0; h < line->hole_count; h++) {
        char *hole = to + line->holes[h].offset;
        uint8_t uuid[UUID_BYTES];
        switch (line->holes[h].kind) {
        case HOLE_ID: write_digits(hole, FIRST_ID + connection->sent, ID_DIGITS); break;
        case HOLE_KEY: memcpy(hole, key, strlen(key)); break;
        case HOLE_TIME: write_time(connection, hole); break;
        case HOLE_USER: write_digits(hole, turn(connection) * 2654435761 % USERS, USER_DIGITS); break;
        case HOLE_UUID:
            uuid_make(&connection->random_state, uuid);
            uuid_write(uuid, hole);
            break;
        }
    }
    *slot = due;
    connection->out_used += line->length;
    connection->sent++;
    return 1;
}

// When the next request of an open loop is due. From the count, not by adding up: rounding must not change the rate.
static int64_t due_time(const Connection *connection) {
    return begun + (int64_t)((double)turn(connection) * 1e9 / rate);
}

// Appends what is due by now.
static void add_due_requests(Connection *connection, int64_t now) {
    if (connection->quota ? connection->sent >= connection->quota : now >= end) return;
    if (rate == 0) {
        while (connection->sent - connection->answered < (uint64_t)depth
               && (!connection->quota || connection->sent < connection->quota) && add_request(connection, now)) {}
        return;
    }
    while (connection->next_due <= now && connection->next_due < end && add_request(connection, connection->next_due))
        connection->next_due = due_time(connection);
}

// --- replies

// The number of the request that a reply answers, or -1.
static int64_t request_number(Connection *connection, const char *reply, size_t length) {
    static const char member[] = "\"id\":";
    const size_t width = sizeof member - 1;
    // A server writes its ids at the same place in every reply: look there first.
    size_t at = connection->id_offset;
    if (at + width + ID_DIGITS > length || memcmp(reply + at, member, width) != 0) at = 0;
    for (;; at++) {
        const char *found = at < length ? memmem(reply + at, length - at, member, width) : NULL;
        if (!found) return -1;
        at = (size_t)(found - reply);
        if (at + width + ID_DIGITS > length) return -1;
        if (reply[at + width] >= '0' && reply[at + width] <= '9') break;  // A text is some other id, in the result.
    }
    connection->id_offset = at;
    uint64_t id = 0;
    for (int i = 0; i < ID_DIGITS; i++) id = id * 10 + (uint64_t)(reply[at + width + (size_t)i] - '0');
    return id >= FIRST_ID && id - FIRST_ID < connection->sent ? (int64_t)(id - FIRST_ID) : -1;
}

static void note_error(Connection *connection, const char *reply, size_t length) {
    if (connection->errors++ > 0) return;
    snprintf(connection->first_error, sizeof connection->first_error, "%.*s", (int)length, reply);
}

static void take_reply(Connection *connection, const char *reply, size_t length, int64_t now) {
    int64_t number;
    int failed;
    if (redis_stream) {
        if (length > 0 && reply[0] == '$') return;  // The length of the entry's id, which is the next line.
        number = (int64_t)connection->answered;     // Redis answers in order.
        failed = length > 0 && reply[0] == '-';
    } else if (http_path) {
        // A body has no line end: what follows it, the next reply's status, is on its line.
        const char *status = memmem(reply, length, "HTTP/1.1 ", 9);
        if (status) snprintf(connection->status, sizeof connection->status, "%.12s", status);
        if (length != 1 || reply[0] != '\r') return;
        number = (int64_t)connection->answered;     // HTTP answers in order, too.
        failed = strncmp(connection->status + 9, "200", 3) != 0;
        if (failed) reply = connection->status, length = strlen(connection->status);
    } else {
        number = request_number(connection, reply, length);
        failed = check_errors && memmem(reply, length, "\"error\":", 8) != NULL;
    }
    int64_t *slot = number < 0 ? NULL : &connection->due[number % RING];
    if (!slot || !*slot) {
        note_error(connection, reply, length);
        return;
    }
    if (failed) note_error(connection, reply, length);
    int64_t due = *slot;
    *slot = 0;
    connection->answered++;
    connection->last_reply = now;
    // A closed loop counts what arrives in its time, an open one what was due in it, however late it arrives.
    int64_t moment = rate > 0 ? due : now;
    if (connection->quota || (moment >= start && moment < end)) {
        connection->counted++;
        histogram_add(connection->latencies, now - due);
    }
}

// A request that was misunderstood is answered without its id, and then waited for in vain: tell of such replies.
__attribute__((noreturn)) static void die_waiting(const Connection *connection) {
    die("no reply for %d s; %llu errors %s", PATIENCE_SECONDS, (unsigned long long)connection->errors,
        connection->first_error);
}

static void receive(Connection *connection, int flags) {
    size_t held = connection->in_used;
    ssize_t got = recv(connection->descriptor, connection->in + held, IN_BYTES - held, flags);
    if (got < 0 && (errno == EINTR || (errno == EAGAIN && flags))) return;
    if (got < 0 && errno == EAGAIN) die_waiting(connection);
    if (got < 0) die("receiving: %s", strerror(errno));
    if (got == 0) die("the server closed the connection, %llu requests unanswered",
                      (unsigned long long)(connection->sent - connection->answered));
    int64_t now = now_nanoseconds();
    char *line = connection->in, *limit = connection->in + held + got;
    for (char *newline, *from = line + held; (newline = memchr(from, '\n', (size_t)(limit - from))); from = line) {
        take_reply(connection, line, (size_t)(newline - line), now);
        line = newline + 1;
    }
    connection->in_used = (size_t)(limit - line);
    if (connection->in_used == IN_BYTES) die("a reply of more than %d bytes", IN_BYTES);
    memmove(connection->in, line, connection->in_used);
}

// --- a connection's life

static void transmit(Connection *connection) {
    while (connection->out_sent < connection->out_used) {
        ssize_t sent = send(connection->descriptor, connection->out + connection->out_sent,
                            connection->out_used - connection->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) return;  // The server does not read now; go on receiving.
        if (sent < 0) die("sending: %s", strerror(errno));
        connection->out_sent += (size_t)sent;
    }
    connection->out_used = connection->out_sent = 0;
}

static void *run(void *argument) {
    Connection *connection = argument;
    prctl(PR_SET_TIMERSLACK, 1);
    for (;;) {
        int64_t now = now_nanoseconds();
        add_due_requests(connection, now);
        transmit(connection);
        int unsent = connection->out_used > 0;
        int in_flight = connection->sent > connection->answered;
        int sending = connection->quota ? connection->sent < connection->quota : now < end;
        if (!sending && !in_flight) return NULL;
        if (rate == 0 && !unsent) {
            receive(connection, 0);  // Nothing to do before a reply comes: one system call less than with ppoll.
            continue;
        }
        // What is due within a tick is sent together; its latency still counts from when each was due.
        int64_t wait = sending && rate > 0 ? connection->next_due - now : (int64_t)PATIENCE_SECONDS * 1000000000;
        if (wait < TICK_NANOSECONDS) wait = TICK_NANOSECONDS;
        struct timespec limit = {wait / 1000000000, wait % 1000000000};
        struct pollfd ready = {connection->descriptor, (short)(POLLIN | (unsent ? POLLOUT : 0)), 0};
        int happened = ppoll(&ready, 1, &limit, NULL);
        if (happened == 0 && (!sending || rate == 0)) die_waiting(connection);
        if (happened > 0 && (ready.revents & ~POLLOUT)) receive(connection, MSG_DONTWAIT);
    }
}

// A connected socket: of a port on loopback, or of a path.
static int connect_to(const char *place) {
    static const char loopback[] = "127.0.0.1:";
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int is_port = strncmp(place, loopback, sizeof loopback - 1) == 0;
    int descriptor = socket(is_port ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) die("%s: %s", place, strerror(errno));
    if (is_port) {
        port.sin_port = htons((uint16_t)atoi(place + sizeof loopback - 1));
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        if (connect(descriptor, (struct sockaddr *)&port, sizeof port) < 0) die("%s: %s", place, strerror(errno));
        return descriptor;
    }
    if (strlen(place) >= sizeof path.sun_path) die("%s: too long for a socket", place);
    strcpy(path.sun_path, place);
    if (connect(descriptor, (struct sockaddr *)&path, sizeof path) < 0) die("%s: %s", place, strerror(errno));
    return descriptor;
}

static void open_connection(Connection *connection, int number, const char *place) {
    struct timeval patience = {PATIENCE_SECONDS, 0};
    *connection = (Connection){
        .descriptor = connect_to(place), .number = number,
        .random_state = 0x9e3779b97f4a7c15 * (uint64_t)(now_nanoseconds() + number) | 1,
        .due = allocate(RING * sizeof(int64_t)), .in = allocate(IN_BYTES), .out = allocate(OUT_BYTES),
        .latencies = allocate(sizeof(Histogram))};
    setsockopt(connection->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void print_text(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') putchar('\\');
        if ((unsigned char)*text >= ' ') putchar(*text);
    }
    putchar('"');
}

int main(int count, char **arguments) {
    const char *path = option(count, arguments, "--lines", NULL);
    if (count < 2 || !path) die("usage: load SOCKET --lines FILE [--connections N] [--depth N] [--seconds S]");
    redis_stream = option(count, arguments, "--redis", NULL);
    http_path = option(count, arguments, "--http", NULL);
    key = option(count, arguments, "--key", "");
    check_errors = option(count, arguments, "--check", NULL) != NULL;
    connection_count = (int)number_option(count, arguments, "--connections", 1);
    depth = (int)number_option(count, arguments, "--depth", 1);
    rate = number_option(count, arguments, "--rate", 0);
    uint64_t total = (uint64_t)number_option(count, arguments, "--count", 0);
    double seconds = number_option(count, arguments, "--seconds", 3);
    double warm_up = number_option(count, arguments, "--warm-up", total > 0 ? 0 : 0.5);
    if (connection_count < 1 || depth < 1 || depth > RING) die("--connections and --depth: at least 1");
    if (total > 0 && (rate > 0 || total < (uint64_t)connection_count)) die("--count: closed loops, one a connection");
    read_lines(path);
    signal(SIGPIPE, SIG_IGN);

    Connection *connections = allocate((size_t)connection_count * sizeof *connections);
    for (int i = 0; i < connection_count; i++) open_connection(&connections[i], i, arguments[1]);
    begun = now_nanoseconds();
    start = begun + (int64_t)(warm_up * 1e9);
    end = start + (int64_t)(seconds * 1e9);
    for (int i = 0; i < connection_count; i++) {
        Connection *connection = &connections[i];
        connection->next_due = rate > 0 ? due_time(connection) : 0;
        connection->quota = total / (uint64_t)connection_count + ((uint64_t)i < total % (uint64_t)connection_count);
        if (pthread_create(&connection->thread, NULL, run, connection) != 0) die("no thread");
    }

    Histogram *latencies = allocate(sizeof *latencies);
    uint64_t counted = 0, errors = 0;
    int64_t last_reply = 0;
    const char *first_error = "";
    for (int i = 0; i < connection_count; i++) {
        Connection *connection = &connections[i];
        pthread_join(connection->thread, NULL);
        close(connection->descriptor);
        counted += connection->counted;
        errors += connection->errors;
        histogram_merge(latencies, connection->latencies);
        if (connection->last_reply > last_reply) last_reply = connection->last_reply;
        if (!*first_error) first_error = connection->first_error;
    }
    double elapsed = total > 0 ? (double)(last_reply - begun) / 1e9 : seconds;
    printf("{\"rate\": %.1f, \"count\": %llu, \"seconds\": %.3f, ", (double)counted / elapsed,
           (unsigned long long)counted, elapsed);
    histogram_print(latencies);
    printf(", \"errors\": %llu, \"firstError\": ", (unsigned long long)errors);
    print_text(first_error);
    printf("}\n");
    return 0;
}
