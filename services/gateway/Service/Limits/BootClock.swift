import ServiceKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Nanoseconds since the machine started: a clock that nobody sets, and that goes on while processes come and go.
struct BootClock: Sendable {
    /// Which start of the machine this is; empty where the system does not tell.
    let boot: String
    let now: @Sendable () -> Int64

    /// The system's. Time in which the machine sleeps counts.
    static func system() -> BootClock {
        let id = FileBytes.read("/proc/sys/kernel/random/boot_id") ?? []
        return BootClock(boot: String(decoding: id.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) {
            var time = timespec()
            clock_gettime(CLOCK_BOOTTIME, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }
    }
}
