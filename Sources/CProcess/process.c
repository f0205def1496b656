#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

// Only async-signal-safe calls from here to exec: the parent has other threads. Reports errno through `report`.
static void run_child(const struct cprocess_start *start, pid_t parent, int report, const sigset_t *signals) {
    enum { INHERITED = 3, REPORT = 4, FIRST_CLOSED = 5 };
    // Both are moved out of the way first, so that neither is overwritten by the other.
    int inherited = start->inherited >= 0 ? fcntl(start->inherited, F_DUPFD, FIRST_CLOSED) : -1;
    int output = start->output >= 0 ? fcntl(start->output, F_DUPFD, FIRST_CLOSED) : -1;
    report = fcntl(report, F_DUPFD, FIRST_CLOSED);
    if (report < 0 || (start->inherited >= 0 && inherited < 0) || (start->output >= 0 && output < 0)) _exit(127);

    if (start->dies_with_parent && prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) goto failed;
    // The parent may have died before prctl: then nobody would ever send the signal.
    if (start->dies_with_parent && getppid() != parent) _exit(127);
    if ((start->new_session ? setsid() : setpgid(0, 0)) < 0) goto failed;

    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) goto failed;
    if (output >= 0 && (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)) goto failed;
    if (dup2(report, REPORT) < 0) goto failed;
    report = REPORT;
    if (fcntl(report, F_SETFD, FD_CLOEXEC) != 0) goto failed;
    if (inherited >= 0) {
        if (dup2(inherited, INHERITED) < 0) goto failed;
    } else {
        close(INHERITED);
    }
    close_range(FIRST_CLOSED, ~0U, 0);

    for (int number = 1; number < NSIG; number++) {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(number, &standard, NULL);
    }
    sigprocmask(SIG_SETMASK, signals, NULL);
    execve(start->path, start->arguments, start->environment);

failed:;
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    (void)written;
    _exit(127);
}

int cprocess_spawn(const struct cprocess_start *start) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;

    // No handler of this process may run in the child before it has its own dispositions.
    sigset_t all, none, before;
    sigfillset(&all);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) run_child(start, parent, report[1], &none);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return -error;
    }

    // The pipe closes when exec succeeds.
    ssize_t count;
    do { count = read(report[0], &error, sizeof error); } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == (ssize_t)sizeof error) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        return -error;
    }
    return child;
}

static int signal_pipe[2];

static void forward_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    // When the pipe is full, enough signals wait already.
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;
    errno = saved;
}

int cprocess_signal_pipe(void) {
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -errno;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (unsigned index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        struct sigaction action = {.sa_handler = forward_signal, .sa_flags = SA_RESTART};
        sigfillset(&action.sa_mask);
        if (sigaction(numbers[index], &action, NULL) != 0) return -errno;
    }
    return signal_pipe[0];
}

int cprocess_lock(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
}

int cprocess_open(const char *path, int flags, unsigned mode) {
    int descriptor = open(path, flags | O_CLOEXEC, mode);
    return descriptor >= 0 ? descriptor : -errno;
}

int cprocess_reap(int child, int *status, int *signal) {
    int state;
    pid_t reaped = waitpid(child, &state, WNOHANG);
    if (reaped < 0) return -errno;
    if (reaped == 0) return 0;
    *status = WIFEXITED(state) ? WEXITSTATUS(state) : 0;
    *signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    return 1;
}

int cprocess_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

long cprocess_file_system_type(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : 0;
}
