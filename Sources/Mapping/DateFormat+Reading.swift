public import JSON

extension DateFormat {
    /// The point in time that a text writes; nil if it does not follow the format or there is no such day or time.
    /// - Parameter offsetMinutes: minutes east of UTC, for texts that do not say their offset.
    public func timestamp(_ text: UnsafeRawBufferPointer, offsetMinutes: Int = 0) -> Timestamp? {
        if case .epoch(let unitsPerSecond) = style { return Self.epoch(text, unitsPerSecond) }
        guard let moment = moment(text) else { return nil }
        let offset = Int64(moment.offsetMinutes ?? offsetMinutes) * 60_000_000
        let midnight = Timestamp(midnightOf: moment.date).microseconds
        let timestamp = Timestamp(microseconds: midnight + moment.microsecondOfDay - offset)
        return Timestamp.first...Timestamp.last ~= timestamp ? timestamp : nil
    }

    /// The day that a text writes, as it stands there, whatever its offset; of an epoch the day in UTC.
    public func date(_ text: UnsafeRawBufferPointer) -> CalendarDate? {
        if case .epoch(let unitsPerSecond) = style { return Self.epoch(text, unitsPerSecond)?.date }
        return moment(text)?.date
    }

    /// The value of `date(text, 'format')`: a day, or a point in time (UTC unless it says otherwise) if the format has
    /// hours.
    func value(_ value: ExpressionValue) throws(EvaluationFailure) -> ExpressionValue {
        var text: String
        switch value {
        case .number(let number): text = number.plainText
        default: text = try value.string()
        }
        let read = text.withUTF8 { text -> ExpressionValue? in
            let bytes = UnsafeRawBufferPointer(text)
            return hasTime ? timestamp(bytes).map(ExpressionValue.timestamp) : date(bytes).map(ExpressionValue.date)
        }
        guard let read else { throw EvaluationFailure("this text does not follow the date format", value) }
        return read
    }

    /// A day and a time of day as written, before any offset is applied.
    private struct Moment {
        var date: CalendarDate
        var microsecondOfDay: Int64
        var offsetMinutes: Int?
    }

    private static func epoch(_ text: UnsafeRawBufferPointer, _ unitsPerSecond: Int64) -> Timestamp? {
        let decimals = unitsPerSecond == 1 ? 6 : 3
        guard let number = JSONDecimal(field: text), let rounded = number.truncated(to: decimals),
            let microseconds = rounded.scaled(by: decimals)
        else { return nil }
        let timestamp = Timestamp(microseconds: microseconds)
        return Timestamp.first...Timestamp.last ~= timestamp ? timestamp : nil
    }

    private func moment(_ text: UnsafeRawBufferPointer) -> Moment? {
        var scan = DateScan(text)
        switch style {
        case .pattern(let parts):
            for part in parts { if !scan.read(part) { return nil } }
        default:
            if !scan.readRFC3339() { return nil }
        }
        guard scan.isAtEnd, let date = CalendarDate(year: scan.year, month: scan.month, day: scan.day) else {
            return nil
        }
        return Moment(date: date, microsecondOfDay: scan.microsecondOfDay, offsetMinutes: scan.offsetMinutes)
    }
}

/// Reads the parts of a date from a text.
private struct DateScan {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private(set) var (year, month, day) = (0, 0, 0)
    private var (hour, minute, second, microsecond) = (0, 0, 0, 0)
    private var isAfternoon: Bool?
    private(set) var offsetMinutes: Int?

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    var microsecondOfDay: Int64 {
        var hour = hour
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        return Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(microsecond)
    }

    mutating func read(_ part: DateFormat.Part) -> Bool {
        switch part {
        case .year: set(&year, to: digits(4...4), in: 0...9_999)
        case .month(let isPadded): set(&month, to: digits(isPadded ? 2...2 : 1...2), in: 1...12)
        case .monthName: readMonthName()
        case .day(let isPadded): set(&day, to: digits(isPadded ? 2...2 : 1...2), in: 1...31)
        case .hour(let isPadded): set(&hour, to: digits(isPadded ? 2...2 : 1...2), in: 0...23)
        case .hour12(let isPadded): set(&hour, to: digits(isPadded ? 2...2 : 1...2), in: 1...12)
        case .halfDay: readHalfDay()
        case .minute: set(&minute, to: digits(2...2), in: 0...59)
        case .second: set(&second, to: digits(2...2), in: 0...59)
        case .fraction(let count): readFraction(count...count)
        case .offset: readOffset()
        case .literal(let byte): pass(byte)
        }
    }

    /// A date, and then as much of a time as there is.
    mutating func readRFC3339() -> Bool {
        guard read(.year), pass(UInt8(ascii: "-")), read(.month(isPadded: true)), pass(UInt8(ascii: "-")),
            read(.day(isPadded: true))
        else { return false }
        if isAtEnd { return true }
        guard pass(UInt8(ascii: "T")) || pass(UInt8(ascii: "t")) || pass(UInt8(ascii: " ")),
            read(.hour(isPadded: true)),
            pass(UInt8(ascii: ":")), read(.minute)
        else { return false }
        if pass(UInt8(ascii: ":")) {
            guard read(.second) else { return false }
            if pass(UInt8(ascii: ".")), !readFraction(1...9) { return false }
        }
        return isAtEnd || readOffset()
    }

    /// A number of so many digits; where there is none, nothing is passed.
    private mutating func digits(_ counts: ClosedRange<Int>) -> Int? {
        var (value, end) = (0, index)
        while end < bytes.count, end - index < counts.upperBound {
            let digit = bytes[end] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + Int(digit)
            end += 1
        }
        guard counts ~= end - index else { return nil }
        index = end
        return value
    }

    private mutating func readFraction(_ counts: ClosedRange<Int>) -> Bool {
        let start = index
        guard let value = digits(counts) else { return false }
        microsecond = value
        for _ in (index - start)..<max(6, index - start) { microsecond *= 10 }
        for _ in 6..<max(6, index - start) { microsecond /= 10 }
        return true
    }

    private mutating func readMonthName() -> Bool {
        let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
        guard index + 3 <= bytes.count else { return false }
        for number in 0..<12 {
            let name = names.utf8Start + 3 * number
            if (0..<3).allSatisfy({ bytes[index + $0] | 0x20 == name[$0] }) {
                month = number + 1
                index += 3
                return true
            }
        }
        return false
    }

    private mutating func readHalfDay() -> Bool {
        guard index + 2 <= bytes.count, bytes[index + 1] | 0x20 == UInt8(ascii: "m") else { return false }
        switch bytes[index] | 0x20 {
        case UInt8(ascii: "a"): isAfternoon = false
        case UInt8(ascii: "p"): isAfternoon = true
        default: return false
        }
        index += 2
        return true
    }

    private mutating func readOffset() -> Bool {
        if pass(UInt8(ascii: "Z")) || pass(UInt8(ascii: "z")) {
            offsetMinutes = 0
            return true
        }
        let isWest = pass(UInt8(ascii: "-"))
        guard isWest || pass(UInt8(ascii: "+")), let hours = digits(2...2), hours < 24 else { return false }
        var minutes = 0
        let hasColon = pass(UInt8(ascii: ":"))
        if let read = digits(2...2) {
            guard read < 60 else { return false }
            minutes = read
        } else if hasColon {
            return false
        }
        offsetMinutes = (hours * 60 + minutes) * (isWest ? -1 : 1)
        return true
    }

    private mutating func pass(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }
}

private func set(_ field: inout Int, to value: Int?, in values: ClosedRange<Int>) -> Bool {
    guard let value, values ~= value else { return false }
    field = value
    return true
}

extension JSONDecimal {
    /// The number without its further decimals.
    fileprivate func truncated(to decimals: Int) -> JSONDecimal? {
        guard exponent < -decimals else { return self }
        guard let unit = Int128.powerOfTen(-decimals - exponent) else {
            return JSONDecimal(coefficient: 0, exponent: 0)
        }
        return JSONDecimal(coefficient: coefficient / unit, exponent: -decimals)
    }
}
