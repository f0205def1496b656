public import JSON
public import ServiceContract
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a process gets the time from: the system's clock, or in tests one that stands still.
public struct Clock: Sendable {
    public let now: @Sendable () -> Timestamp

    public init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// The system's clock, in UTC.
    public static let system = Clock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// Ids of UUID version 7 (RFC 9562, section 5.7), each larger than the one before, whatever the clock does.
///
/// Within a millisecond, and while the clock is behind, the 74 random bits count up from where they were.
public final class MonotonicIdentifiers: IdentifierSource {
    private struct State {
        var milliseconds: UInt64 = 0
        /// 12 bits.
        var randomA: UInt64 = 0
        /// 62 bits.
        var randomB: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    public func next(at time: Timestamp) -> UUIDv7 {
        let milliseconds = UInt64(max(0, time.microseconds) / 1_000) & 0xFFFF_FFFF_FFFF
        return state.withLock { state in
            if milliseconds > state.milliseconds {
                var generator = SystemRandomNumberGenerator()
                let random = generator.next()
                state.milliseconds = milliseconds
                // The top bit starts at zero, so that counting up has room.
                state.randomA = random >> 53
                state.randomB = generator.next() >> 2
            } else {
                Self.countUp(&state)
            }
            return UUIDv7(
                milliseconds: state.milliseconds, sequence: UInt16(state.randomA), random: state.randomB)
        }
    }

    private static func countUp(_ state: inout State) {
        state.randomB += 1
        guard state.randomB >> 62 != 0 else { return }
        state.randomB = 0
        state.randomA += 1
        guard state.randomA >> 12 != 0 else { return }
        state.randomA = 0
        state.milliseconds += 1
    }
}
