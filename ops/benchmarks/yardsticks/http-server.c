// The least that answers HTTP: one thread a connection, and the same reply to whatever comes.
//
//     http-server PORT FILE
//
// It finds the ends of requests, as any server must, and looks at nothing else; FILE is the body of its replies. What a
// real server takes longer is what it takes to read the request, to know who asks, and to decide.
#define _GNU_SOURCE
#include "measure.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16 };
static char *reply;
static size_t reply_length;

// The length of the first request that is held, or 0 while it is not whole.
static size_t request_length(const char *bytes, size_t held) {
    static const char end[] = "\r\n\r\n", name[] = "content-length:";
    const char *found = memmem(bytes, held, end, sizeof end - 1);
    if (!found) return 0;
    size_t body = 0;
    for (const char *line = bytes; line < found; line = strchr(line, '\n') + 1)
        if (strncasecmp(line, name, sizeof name - 1) == 0) body = strtoul(line + sizeof name - 1, NULL, 10);
    size_t length = (size_t)(found - bytes) + sizeof end - 1 + body;
    return length <= held ? length : 0;
}

static void *serve(void *argument) {
    int descriptor = (int)(intptr_t)argument;
    char *buffer = allocate(BUFFER_BYTES + 1);
    size_t held = 0;
    while (held < BUFFER_BYTES) {
        ssize_t got = read(descriptor, buffer + held, BUFFER_BYTES - held);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        held += (size_t)got;
        buffer[held] = 0;
        for (size_t length; (length = request_length(buffer, held)) > 0; held -= length) {
            if (send(descriptor, reply, reply_length, MSG_NOSIGNAL) != (ssize_t)reply_length) goto gone;
            memmove(buffer, buffer + length, held - length);
        }
    }
gone:
    close(descriptor);
    free(buffer);
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 3) die("usage: http-server PORT FILE");
    char *body = read_whole_file(arguments[2]);
    reply = allocate(strlen(body) + 256);
    reply_length = (size_t)sprintf(
        reply, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 128) < 0)
        die("%s: %s", arguments[1], strerror(errno));
    for (;;) {
        int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor < 0) continue;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)descriptor) != 0) die("no thread");
        pthread_detach(thread);
    }
}
