import Glibc
import JSON

/// The values of one row: what a signal's columns hold.
struct Row {
    private static let users = 10_000

    let properties: String
    private(set) var number = 0
    private(set) var id = UUIDv7(milliseconds: 0, sequence: 0, random: 0)
    /// Since 1970.
    private(set) var microseconds: Int64 = 0
    private var generator = SystemRandomNumberGenerator()

    init(properties: String) { self.properties = properties }

    /// All in turn, scattered, as the socket client does.
    var user: Int { number &* 2_654_435_761 % Self.users }

    mutating func advance() {
        number += 1
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        // The twelve bits after the version: the fraction of the millisecond, so that ids keep the order of their making.
        id = UUIDv7(
            milliseconds: UInt64(microseconds / 1_000), sequence: UInt16(time.tv_nsec % 1_000_000 * 4_096 / 1_000_000),
            random: generator.next())
    }
}
