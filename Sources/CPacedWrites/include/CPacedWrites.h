#ifndef GYRE_CPACEDWRITES_H
#define GYRE_CPACEDWRITES_H

// Writes that go to disk a few at a time.
//
// What a program writes lies in memory until it syncs, and then goes to disk all at once; whoever syncs another file
// meanwhile waits behind it. A thread that asks for it here waits for the disk after every few of its writes instead.
// It is slower for that, and others hardly notice it. Its sync at the end is needed as ever.

// From now on, SQLite's writes of the calling thread, in any file of the system's VFS, go to disk `writes` at a time.
// Returns 0, or -1 where SQLite does not let itself be told: its writes then go on as before.
int gyre_pace_writes(unsigned writes);

#endif
