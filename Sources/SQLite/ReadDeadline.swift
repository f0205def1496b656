internal import CSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Interrupts what a connection runs when its time is over.
final class ReadDeadline {
    /// How many instructions of SQLite's machine run between two looks at the clock: some tens of microseconds.
    private static let instructions: Int32 = 2_000

    /// In nanoseconds of the monotonic clock.
    var nanoseconds: UInt64 = .max

    /// Starts watching `database`, which must be closed before this object goes.
    func watch(_ database: OpaquePointer) {
        sqlite3_progress_handler(
            database, Self.instructions,
            { context in
                guard let context else { return 0 }
                let deadline = Unmanaged<ReadDeadline>.fromOpaque(context).takeUnretainedValue()
                return monotonicNanoseconds() > deadline.nanoseconds ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

/// The monotonic clock, for measuring how long something takes.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

extension Connection {
    /// Lets whatever runs from now on end with ``SQLiteError/isInterrupted`` after this time; nil lifts the limit.
    func limitTime(nanoseconds: UInt64?) {
        let deadline: ReadDeadline
        if let existing = self.deadline {
            deadline = existing
        } else {
            deadline = ReadDeadline()
            self.deadline = deadline
            deadline.watch(database)
        }
        deadline.nanoseconds = nanoseconds.map { monotonicNanoseconds() &+ $0 } ?? .max
    }
}
