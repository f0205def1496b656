/// Writes TZif files, also wrong ones. RFC 9636, section 3.
struct TZifFixture {
    var version: UInt8 = 0x32
    var transitions: [Int64] = []
    var kinds: [UInt8] = []
    /// Offset, daylight saving, index of the abbreviation.
    var types: [(seconds: Int32, isDaylightSaving: UInt8, name: UInt8)] = [(3_600, 0, 0)]
    var names: [UInt8] = Array("CET\0CEST\0".utf8)
    var leapCount = 0
    var standardCount = 0
    var universalCount = 0
    var footer = "CET-1CEST,M3.5.0,M10.5.0/3"

    /// Two changes in 2020, Berlin's, and Berlin's rule behind them.
    static let berlin = TZifFixture(
        transitions: [1_585_443_600, 1_603_587_600], kinds: [1, 0], types: [(3_600, 0, 0), (7_200, 1, 4)])

    var bytes: [UInt8] {
        let footer = Array("\n\(footer)\n".utf8)
        guard version >= 0x32 else { return header + block(timeBytes: 4) }
        // The first block is written empty but for what must be there, as zic does by default.
        let first = TZifFixture(version: version, types: [(0, 0, 0)], names: [0])
        return first.header + first.block(timeBytes: 4) + header + block(timeBytes: 8) + footer
    }

    private var header: [UInt8] {
        let counts = [universalCount, standardCount, leapCount, transitions.count, types.count, names.count]
        return Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
            + counts.flatMap { Self.bigEndian(Int64($0), 4) }
    }

    private func block(timeBytes: Int) -> [UInt8] {
        var bytes = transitions.flatMap { Self.bigEndian($0, timeBytes) } + kinds
        for type in types { bytes += Self.bigEndian(Int64(type.seconds), 4) + [type.isDaylightSaving, type.name] }
        bytes += names + [UInt8](repeating: 0, count: leapCount * (timeBytes + 4) + standardCount + universalCount)
        return bytes
    }

    private static func bigEndian(_ value: Int64, _ size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
