#ifndef GYRE_CUNIXSOCKET_H
#define GYRE_CUNIXSOCKET_H

// Who is at the other end of a Unix domain socket: the kernel's `struct ucred`, which glibc shows only to programs
// that define _GNU_SOURCE, and Swift therefore never.
struct gyre_peer_credentials {
    int pid;
    unsigned int uid;
    unsigned int gid;
};

// SO_PEERCRED, a macro whose value differs between architectures.
extern const int gyre_so_peercred;

#endif
