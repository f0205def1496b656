// Starting processes whose life is tied to their parent's, and signals as bytes in a pipe: what Swift cannot do
// safely between fork and exec, or inside a signal handler, and the calls that it does not import.
#ifndef CPROCESS_H
#define CPROCESS_H

struct cprocess_start {
    const char *path;          // of the executable
    char *const *arguments;    // NULL at the end
    char *const *environment;  // NULL at the end
    int output;                // becomes standard output and standard error; -1: the parent's
    int inherited;             // becomes descriptor 3; -1: none
    int dies_with_parent;      // SIGTERM once the calling thread ends, however it does
    int new_session;           // away from the terminal, instead of only in a process group of its own
};

// Starts a program with nothing on standard input and no other descriptors than those named above.
// Returns its process id, or -errno when it could not be started or `path` could not be executed.
int cprocess_spawn(const struct cprocess_start *start);

// From now on the signals SIGTERM, SIGINT, SIGHUP and SIGCHLD arrive as bytes, one signal number each.
// Returns the descriptor to read them from, which never blocks, or -errno. Call it once.
int cprocess_signal_pipe(void);

// Takes an exclusive lock on the whole file for the open file description of `descriptor`: it is held until every
// copy of the descriptor is closed, those in child processes too. Returns 0, or -errno (-EWOULDBLOCK: held already).
int cprocess_lock(int descriptor);

// open(2) for Swift, where it is variadic. Sets O_CLOEXEC. Returns a descriptor or -errno.
int cprocess_open(const char *path, int flags, unsigned mode);

// What became of a child: 0 while it runs; 1 once it ended, with its exit status (`signal` 0) or its signal.
// Returns -errno when there is no such child.
int cprocess_reap(int child, int *status, int *signal);

// Columns of the terminal behind `descriptor`; 0 when it is none.
int cprocess_terminal_columns(int descriptor);

// The magic number of the file system that holds `path`, as statfs(2) lists them; 0 when there is no telling.
long cprocess_file_system_type(const char *path);

#endif
