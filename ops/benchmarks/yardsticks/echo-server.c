// The fastest line echo that is reasonable to write: one thread a connection, one write for all that one read brought.
//
//     echo-server SOCKET
//
// It sends back whole lines only, as any server of a line protocol must, and otherwise looks at nothing: what a real
// server reaches of its rate is what framing, parsing and routing cost.
#define _GNU_SOURCE
#include "measure.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 21 };  // more than two lines of the largest size, 1 MiB

static void send_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = write(descriptor, bytes, count);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return;  // The client is gone: the next read says so.
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void *serve(void *argument) {
    int descriptor = (int)(intptr_t)argument;
    char *buffer = allocate(BUFFER_BYTES);
    size_t held = 0;
    while (held < BUFFER_BYTES) {
        ssize_t got = read(descriptor, buffer + held, BUFFER_BYTES - held);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        char *last = memrchr(buffer + held, '\n', (size_t)got);
        held += (size_t)got;
        if (!last) continue;
        size_t whole = (size_t)(last + 1 - buffer);
        send_all(descriptor, buffer, whole);
        memmove(buffer, buffer + whole, held - whole);
        held -= whole;
    }
    close(descriptor);
    free(buffer);
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 2) die("usage: echo-server SOCKET");
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(arguments[1]) >= sizeof address.sun_path) die("%s: too long for a socket", arguments[1]);
    strcpy(address.sun_path, arguments[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 128) < 0)
        die("%s: %s", arguments[1], strerror(errno));
    for (;;) {
        int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor < 0) continue;
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)descriptor) != 0) die("no thread");
        pthread_detach(thread);
    }
}
