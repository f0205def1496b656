/// A moment in time, to the microsecond.
public struct Timestamp: Sendable, Hashable {
    /// Since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let microseconds: Int64

    /// Any count of microseconds is a moment; those outside of `first` to `last` have no text form.
    @inlinable
    public init(microseconds: Int64) { self.microseconds = microseconds }

    static let microsecondsPerSecond: Int64 = 1_000_000
    static let microsecondsPerDay: Int64 = 86_400 * microsecondsPerSecond

    /// 0000-01-01T00:00:00Z: the first moment that has a text form.
    public static let first = Timestamp(microseconds: Int64(CalendarDate.dayNumbers.lowerBound) * microsecondsPerDay)

    /// 9999-12-31T23:59:59.999999Z: the last moment that has a text form.
    public static let last = Timestamp(
        microseconds: (Int64(CalendarDate.dayNumbers.upperBound) + 1) * microsecondsPerDay - 1)

    /// Nil unless `text` follows RFC 3339: any offset, at most nine decimals of a second, of which those beyond
    /// microseconds are dropped. Second 60 and hour 24 are refused.
    public init?(_ text: String) {
        guard let timestamp = text.withText({ Timestamp(text: $0) }) else { return nil }
        self = timestamp
    }

    init?(text: UnsafeRawBufferPointer) {
        var scan = TextScan(text)
        guard let date = CalendarDate(scanning: &scan), scan.pass(letter: 0x54),
            let hour = scan.digits(2), hour < 24, scan.pass(Ascii.colon),
            let minute = scan.digits(2), minute < 60, scan.pass(Ascii.colon),
            let second = scan.digits(2), second < 60,
            let fraction = Timestamp.fraction(&scan), let offset = Timestamp.offsetMinutes(&scan), scan.isAtEnd
        else { return nil }
        let seconds = date.dayNumber * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
        let microseconds = Int64(seconds) * Timestamp.microsecondsPerSecond + Int64(fraction)
        guard Timestamp.first.microseconds...Timestamp.last.microseconds ~= microseconds else { return nil }
        self.microseconds = microseconds
    }

    /// The most decimals of a second that are read.
    static let maximumDecimals = 9

    /// Microseconds behind the point, if there is one.
    private static func fraction(_ scan: inout TextScan) -> Int? {
        guard scan.pass(Ascii.point) else { return 0 }
        var value = 0
        var count = 0
        while count <= maximumDecimals, let digit = scan.digits(1) {
            count += 1
            if count <= 6 { value = value * 10 + digit }
        }
        guard 1...maximumDecimals ~= count else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Minutes east of UTC.
    private static func offsetMinutes(_ scan: inout TextScan) -> Int? {
        if scan.pass(letter: 0x5A) { return 0 }
        let isWest = scan.pass(Ascii.minus)
        guard isWest || scan.pass(Ascii.plus), let hours = scan.digits(2), hours < 24, scan.pass(Ascii.colon),
            let minutes = scan.digits(2), minutes < 60
        else { return nil }
        return isWest ? -(hours * 60 + minutes) : hours * 60 + minutes
    }

    /// The day, in UTC; nil outside of the years 0 to 9999.
    public var date: CalendarDate? {
        CalendarDate(dayNumber: Int(microseconds.floorDivided(by: Timestamp.microsecondsPerDay)))
    }
}

extension Int64 {
    /// The quotient rounded down, for a positive divisor.
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Timestamp: Comparable {
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with as many decimals as there are: 2026-01-01T00:00:00Z. A moment outside of the years 0 to
    /// 9999 is given as the nearest one inside.
    public var description: String {
        var writer = JSONWriter(capacity: 32)
        writer.timestamp(self)
        return writer.string()
    }
}

extension Timestamp: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readTimestamp() }

    public func write(to writer: inout JSONWriter) {
        writer.beginValue(30)
        writer.put(Ascii.quote)
        writer.timestamp(self)
        writer.put(Ascii.quote)
    }
}

extension JSONWriter {
    /// Appends at most 27 characters; there must be room.
    fileprivate mutating func timestamp(_ timestamp: Timestamp) {
        let microseconds = min(max(timestamp, .first), .last).microseconds
        let day = microseconds.floorDivided(by: Timestamp.microsecondsPerDay)
        guard let date = CalendarDate(dayNumber: Int(day)) else { return }
        let rest = Int(microseconds - day * Timestamp.microsecondsPerDay)
        let (seconds, fraction) = rest.quotientAndRemainder(dividingBy: Int(Timestamp.microsecondsPerSecond))
        self.date(date)
        put(0x54)
        digits(seconds / 3_600, size: 2)
        put(Ascii.colon)
        digits(seconds / 60 % 60, size: 2)
        put(Ascii.colon)
        digits(seconds % 60, size: 2)
        if fraction > 0 {
            var (value, size) = (fraction, 6)
            while value % 10 == 0 { (value, size) = (value / 10, size - 1) }
            put(Ascii.point)
            digits(value, size: size)
        }
        put(0x5A)
    }
}
