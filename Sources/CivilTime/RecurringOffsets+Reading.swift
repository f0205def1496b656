extension RecurringOffsets {
    /// Reads a TZ string such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    ///
    /// POSIX.1-2024, XBD 8.3 "TZ", third format, with the wider hours of RFC 9636, section 3.3.1 (−167 to 167), which
    /// are taken whatever the file's version. Daylight saving time without its two dates is refused: POSIX leaves to
    /// the system when it begins.
    /// - Parameter start: the string's place in the file, for the errors.
    init(parsing text: ArraySlice<UInt8>, start: Int) throws(TimeZoneFailure) {
        var scan = PosixScan(text: text, start: start)
        let name = try scan.name()
        let standardSeconds = -(try scan.time(maximumHours: 24))
        standard = TimeZoneRules.Offset(seconds: standardSeconds, isDaylightSaving: false, abbreviation: name)
        guard !scan.isAtEnd else { return }
        let daylightName = try scan.name()
        let isStated = !scan.isAtEnd && scan.next != UInt8(ascii: ",")
        let daylightSeconds = isStated ? -(try scan.time(maximumHours: 24)) : standardSeconds + 3_600
        try scan.expect(",")
        let dayStart = try scan.yearlyMoment()
        try scan.expect(",")
        let dayEnd = try scan.yearlyMoment()
        guard scan.isAtEnd else { throw scan.failure("the TZ string goes on behind its rules") }
        let offset = TimeZoneRules.Offset(
            seconds: daylightSeconds, isDaylightSaving: true, abbreviation: daylightName)
        daylight = Daylight(offset: offset, start: dayStart, end: dayEnd)
    }
}

/// Reads the parts of a TZ string.
private struct PosixScan {
    private let text: ArraySlice<UInt8>
    /// What to add to an index for the place in the file.
    private let shift: Int
    private var index: Int

    init(text: ArraySlice<UInt8>, start: Int) {
        self.text = text
        shift = start - text.startIndex
        index = text.startIndex
    }

    var isAtEnd: Bool { index == text.endIndex }
    /// The next byte; 0 at the end.
    var next: UInt8 { isAtEnd ? 0 : text[index] }

    func failure(_ reason: String) -> TimeZoneFailure { TimeZoneFailure(byte: index + shift, reason: reason) }

    private mutating func pass(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(TimeZoneFailure) {
        guard pass(character) else { throw failure("the TZ string needs '\(character)' here") }
    }

    /// Three letters or more; between angle brackets digits and signs too.
    mutating func name() throws(TimeZoneFailure) -> String {
        let isQuoted = pass("<")
        let start = index
        while Self.isLetter(next) || isQuoted && (Self.isDigit(next) || next == 0x2B || next == 0x2D) { index += 1 }
        let name = text[start..<index]
        guard name.count >= 3 else { throw failure("a name in the TZ string has three letters at least") }
        guard name.count <= TimeZoneRules.maximumAbbreviationBytes else {
            throw failure("a name in the TZ string has \(TimeZoneRules.maximumAbbreviationBytes) letters at most")
        }
        if isQuoted { try expect(">") }
        return String(decoding: name, as: UTF8.self)
    }

    /// `[+|-]hh[:mm[:ss]]` in seconds.
    mutating func time(maximumHours: Int) throws(TimeZoneFailure) -> Int {
        let isNegative = pass("-")
        if !isNegative { _ = pass("+") }
        var seconds = try number(in: 0...maximumHours) * 3_600
        if pass(":") {
            seconds += try number(in: 0...59) * 60
            if pass(":") { seconds += try number(in: 0...59) }
        }
        return isNegative ? -seconds : seconds
    }

    /// A date, and the time of day at which it takes effect: 02:00 unless it says otherwise.
    mutating func yearlyMoment() throws(TimeZoneFailure) -> RecurringOffsets.YearlyMoment {
        let day: RecurringOffsets.YearlyMoment.Day
        if pass("J") {
            day = .ofCommonYear(try number(in: 1...365))
        } else if pass("M") {
            let month = try number(in: 1...12)
            try expect(".")
            let week = try number(in: 1...5)
            try expect(".")
            day = .weekday(month: month, week: week, weekday: try number(in: 0...6))
        } else {
            day = .ofYear(try number(in: 0...365))
        }
        return RecurringOffsets.YearlyMoment(day: day, seconds: pass("/") ? try time(maximumHours: 167) : 7_200)
    }

    private mutating func number(in range: ClosedRange<Int>) throws(TimeZoneFailure) -> Int {
        let start = index
        var value = 0
        while Self.isDigit(next), index - start < 3 {
            value = value * 10 + Int(next - 0x30)
            index += 1
        }
        guard index > start, range ~= value else {
            index = start
            throw failure("the TZ string needs a number from \(range.lowerBound) to \(range.upperBound) here")
        }
        return value
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
}
