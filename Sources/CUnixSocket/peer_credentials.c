#include "CUnixSocket.h"

#include <sys/socket.h>

const int gyre_so_peercred = SO_PEERCRED;
