extension TimeZoneRules {
    /// The longest file, in bytes; those of the time zone database have less than 4,000.
    public static let maximumBytes = 64 << 10

    /// The longest abbreviation, in bytes; those of the database have six at most.
    public static let maximumAbbreviationBytes = 32

    /// Reads a TZif file, RFC 9636, of version 1 to 4.
    ///
    /// From version 2 on the first block, of 32-bit times, is passed over. Before the first change the first offset
    /// holds, behind the last one what the footer says or, without one, the last offset (3.2). A file with a table of
    /// leap seconds is refused: its times count them, those of `Timestamp` do not (section 5; in the database such files
    /// lie in a directory `right`). Which changes were stated in standard or universal time does not matter here.
    /// - Throws: what is wrong with the file, and where.
    public init(parsing bytes: [UInt8]) throws(TimeZoneFailure) {
        guard bytes.count <= Self.maximumBytes else {
            throw TimeZoneFailure(byte: Self.maximumBytes, reason: "a file has at most \(Self.maximumBytes) bytes")
        }
        var scan = TZifScan(bytes: bytes)
        var header = try scan.header()
        guard header.version >= 2 else {
            self = try scan.rules(header, timeBytes: 4, hasFooter: false)
            return
        }
        try scan.skip(header.blockBytes(timeBytes: 4))
        let version = header.version
        header = try scan.header()
        guard header.version == version else { throw scan.failure("the two headers name different versions") }
        self = try scan.rules(header, timeBytes: 8, hasFooter: true)
    }

    /// Reads a rule that holds for all years, as the environment's TZ says it: `CET-1CEST,M3.5.0,M10.5.0/3` is central
    /// European time as it is since 1996. POSIX.1-2024, XBD 8.3; see RFC 9636, section 3.3.1 for hours beyond 24.
    /// - Throws: what is wrong with it, and where.
    public init(posix text: String) throws(TimeZoneFailure) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw TimeZoneFailure(byte: Self.maximumBytes, reason: "a rule has at most \(Self.maximumBytes) bytes")
        }
        let tail = try RecurringOffsets(parsing: Array(text.utf8)[...], start: 0)
        self.init(transitions: [], offsets: [tail.standard], tail: tail)
    }
}

/// A header's version and its six counts. RFC 9636, section 3.1.
private struct TZifHeader {
    var version: Int
    var (universalCount, standardCount, leapCount): (Int, Int, Int)
    var (timeCount, typeCount, characterCount): (Int, Int, Int)

    /// The size of the block behind the header; a count has 32 bits, so that the sum fits.
    func blockBytes(timeBytes: Int) -> Int {
        timeCount * (timeBytes + 1) + typeCount * 6 + characterCount + leapCount * (timeBytes + 4) + standardCount
            + universalCount
    }
}

/// Reads the parts of a TZif file.
private struct TZifScan {
    private let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    func failure(_ reason: String) -> TimeZoneFailure { TimeZoneFailure(byte: index, reason: reason) }

    mutating func skip(_ count: Int) throws(TimeZoneFailure) {
        guard count <= bytes.count - index else { throw failure("the file ends too early") }
        index += count
    }

    /// A big-endian number of one to eight bytes, of which there must be enough.
    private mutating func signed(_ size: Int) -> Int64 {
        var value = Int64(Int8(bitPattern: bytes[index]))
        for byte in bytes[(index + 1)..<(index + size)] { value = value << 8 | Int64(byte) }
        index += size
        return value
    }

    mutating func header() throws(TimeZoneFailure) -> TZifHeader {
        guard bytes.count - index >= 44 else { throw failure("the file ends within a header of 44 bytes") }
        guard bytes[index..<(index + 4)].elementsEqual("TZif".utf8) else { throw failure("there is no 'TZif' here") }
        index += 4
        let versions: [UInt8: Int] = [0: 1, 0x32: 2, 0x33: 3, 0x34: 4]
        guard let version = versions[bytes[index]] else { throw failure("the version is not 1, 2, 3 or 4") }
        index += 16
        let counts = (0..<6).map { _ in Int(signed(4) & 0xFFFF_FFFF) }
        return TZifHeader(
            version: version, universalCount: counts[0], standardCount: counts[1], leapCount: counts[2],
            timeCount: counts[3], typeCount: counts[4], characterCount: counts[5])
    }

    mutating func rules(
        _ header: TZifHeader, timeBytes: Int, hasFooter: Bool
    ) throws(TimeZoneFailure) -> TimeZoneRules {
        try check(header)
        guard header.blockBytes(timeBytes: timeBytes) <= bytes.count - index else {
            throw failure("the file ends before the data that its header counts")
        }
        let transitions = try transitions(header.timeCount, timeBytes: timeBytes)
        let kinds = try kinds(header)
        let types = try types(header)
        // Whether changes were stated in standard or universal time.
        try skip(header.standardCount + header.universalCount)
        let tail = hasFooter ? try footer() : nil
        guard index == bytes.count else { throw failure("the file goes on behind its end") }
        return TimeZoneRules(
            transitions: transitions, offsets: [types[0]] + kinds.map { types[$0] }, tail: tail)
    }

    private func check(_ header: TZifHeader) throws(TimeZoneFailure) {
        guard header.leapCount == 0 else {
            throw failure("the file counts leap seconds; use the one without, outside of 'right'")
        }
        guard 1...256 ~= header.typeCount else { throw failure("a file has 1 to 256 kinds of local time") }
        guard header.characterCount > 0 else { throw failure("a file has abbreviations") }
        for count in [header.standardCount, header.universalCount] where count != 0 && count != header.typeCount {
            throw failure("there are indicators for all kinds of local time, or for none")
        }
    }

    private mutating func transitions(_ count: Int, timeBytes: Int) throws(TimeZoneFailure) -> [Int64] {
        var transitions: [Int64] = []
        transitions.reserveCapacity(count)
        for _ in 0..<count {
            let start = index
            let time = signed(timeBytes)
            if let last = transitions.last, last >= time {
                throw TimeZoneFailure(byte: start, reason: "the times of change do not ascend")
            }
            transitions.append(time)
        }
        return transitions
    }

    /// The kind of local time that begins with each transition.
    private mutating func kinds(_ header: TZifHeader) throws(TimeZoneFailure) -> [Int] {
        let kinds = bytes[index..<(index + header.timeCount)].map { Int($0) }
        if let wrong = kinds.firstIndex(where: { $0 >= header.typeCount }) {
            throw TimeZoneFailure(byte: index + wrong, reason: "there is no kind \(kinds[wrong]) of local time")
        }
        index += header.timeCount
        return kinds
    }

    private mutating func types(_ header: TZifHeader) throws(TimeZoneFailure) -> [TimeZoneRules.Offset] {
        let names = bytes[(index + 6 * header.typeCount)...].prefix(header.characterCount)
        var types: [TimeZoneRules.Offset] = []
        for _ in 0..<header.typeCount {
            let start = index
            let seconds = Int(signed(4))
            guard TimeZoneRules.offsetSeconds ~= seconds else {
                throw TimeZoneFailure(byte: start, reason: "an offset of \(seconds) seconds is more than a day")
            }
            let isDaylightSaving = bytes[index]
            guard isDaylightSaving <= 1 else { throw failure("daylight saving is 0 or 1") }
            index += 1
            let name = names.dropFirst(Int(bytes[index]))
            guard let end = name.firstIndex(of: 0) else { throw failure("an abbreviation has no end") }
            guard end - name.startIndex <= TimeZoneRules.maximumAbbreviationBytes,
                name[..<end].allSatisfy({ 0x21...0x7E ~= $0 })
            else {
                throw failure(
                    "an abbreviation has at most \(TimeZoneRules.maximumAbbreviationBytes) visible ASCII characters")
            }
            index += 1
            types.append(
                TimeZoneRules.Offset(
                    seconds: seconds, isDaylightSaving: isDaylightSaving == 1,
                    abbreviation: String(decoding: name[..<end], as: UTF8.self)))
        }
        index += header.characterCount
        return types
    }

    /// A TZ string between two line feeds; nothing between them if there is no rule. RFC 9636, section 3.3.
    private mutating func footer() throws(TimeZoneFailure) -> RecurringOffsets? {
        guard index < bytes.count, bytes[index] == 0x0A else { throw failure("the footer begins with a line feed") }
        index += 1
        guard let end = bytes[index...].firstIndex(of: 0x0A) else { throw failure("the footer has no end") }
        let text = bytes[index..<end]
        let tail = text.isEmpty ? nil : try RecurringOffsets(parsing: text, start: index)
        index = end + 1
        return tail
    }
}
