/// A day of the Gregorian calendar, without a time zone; years 0 to 9999.
public struct CalendarDate: Sendable, Hashable {
    /// 0 to 9999.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int

    /// Nil if there is no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard 0...9999 ~= year, 1...12 ~= month, day >= 1, day <= CalendarDate.days(inMonth: month, of: year) else {
            return nil
        }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that lies `dayNumber` days after 1970-01-01; nil outside of the years 0 to 9999.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2021), `civil_from_days`: years start in March
    /// and are counted in eras of 400.
    public init?(dayNumber: Int) {
        guard CalendarDate.dayNumbers ~= dayNumber else { return nil }
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The numbers of 0000-01-01 and 9999-12-31.
    static let dayNumbers = -719_528...2_932_896

    /// Days since 1970-01-01. Hinnant, `days_from_civil`.
    public var dayNumber: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// How many days a month, 1 to 12, has.
    public static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Nil unless `text` has the form 2026-01-31 and the day exists.
    public init?(_ text: String) {
        guard let date = text.withText({ CalendarDate(text: $0) }) else { return nil }
        self = date
    }

    init?(text: UnsafeRawBufferPointer) {
        var scan = TextScan(text)
        guard let date = CalendarDate(scanning: &scan), scan.isAtEnd else { return nil }
        self = date
    }

    init?(scanning scan: inout TextScan) {
        guard let year = scan.digits(4), scan.pass(Ascii.minus), let month = scan.digits(2), scan.pass(Ascii.minus),
            let day = scan.digits(2)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }
}

extension CalendarDate: Comparable {
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

extension CalendarDate: CustomStringConvertible {
    /// 2026-01-31.
    public var description: String {
        var writer = JSONWriter(capacity: 16)
        writer.date(self)
        return writer.string()
    }
}

extension CalendarDate: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readDate() }

    public func write(to writer: inout JSONWriter) {
        writer.beginValue(12)
        writer.put(Ascii.quote)
        writer.date(self)
        writer.put(Ascii.quote)
    }
}

extension JSONWriter {
    /// Appends the ten characters of a date; there must be room.
    mutating func date(_ date: CalendarDate) {
        digits(date.year, size: 4)
        put(Ascii.minus)
        digits(date.month, size: 2)
        put(Ascii.minus)
        digits(date.day, size: 2)
    }
}
