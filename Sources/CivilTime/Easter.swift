public import JSON

extension CalendarDate {
    /// Easter Sunday of the Western churches, in years 0 to 9999; nil in others. Before 1583, when the Gregorian reform
    /// took hold, the rule is carried back.
    ///
    /// The anonymous Gregorian algorithm ("Nature", 20 April 1876) as in J. Meeus, "Astronomical Algorithms", 2nd ed.
    /// (1998), ch. 8. The names are Meeus'.
    public static func easterSunday(in year: Int) -> CalendarDate? {
        guard 0...9_999 ~= year else { return nil }
        let a = year % 19
        let (b, c) = year.quotientAndRemainder(dividingBy: 100)
        let (d, e) = b.quotientAndRemainder(dividingBy: 4)
        let f = (b + 8) / 25
        let g = (b - f + 1) / 3
        let h = (19 * a + b - d - g + 15) % 30
        let (i, k) = c.quotientAndRemainder(dividingBy: 4)
        let l = (32 + 2 * e + 2 * i - h - k) % 7
        let m = (a + 11 * h + 22 * l) / 451
        let sum = h + l - 7 * m + 114
        return CalendarDate(year: year, month: sum / 31, day: sum % 31 + 1)
    }

    /// Easter Sunday of the Orthodox churches, by which Greece, Cyprus, Bulgaria and Romania set public holidays; the
    /// date is Gregorian. Nil outside of years 0 to 9999.
    ///
    /// J. Meeus, "Astronomical Algorithms", 2nd ed. (1998), ch. 8, Easter of the Julian calendar; the day's number by
    /// ch. 7, with a Julian leap day every fourth year.
    public static func orthodoxEasterSunday(in year: Int) -> CalendarDate? {
        guard 0...9_999 ~= year else { return nil }
        let d = (19 * (year % 19) + 15) % 30
        let e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
        let sum = d + e + 114
        // Years that begin in March, counted from −4800: the sum's month is March, 0, or April, 1.
        let shifted = year + 4_800
        let julianDay = sum % 31 + 1 + (sum / 31 - 3) * 31 + 365 * shifted + shifted / 4 - 32_083
        return CalendarDate(dayNumber: julianDay - 2_440_588)
    }
}
