import Testing

@testable import Limits

@Suite struct CalendarPeriodTests {
    private let day: Int64 = 86_400_000_000

    @Test(
        "Moments lie in their UTC day and their calendar month",
        arguments: [
            // Days since 1970, the month since 1970, and the month's first day: of Python's datetime.
            (0, 0, 0), (30, 0, 0), (31, 1, 31), (58, 1, 31), (59, 2, 59), (364, 11, 334), (365, 12, 365),
            (789, 25, 761), (790, 26, 790), (-1, -1, -31), (-31, -1, -31), (-32, -2, -61), (11_016, 361, 10_988),
            (11_017, 362, 11_017), (20_778, 682, 20_758), (47_540, 1_561, 47_513), (47_541, 1_562, 47_541),
        ] as [(Int64, Int64, Int64)])
    func periods(number: Int64, month: Int64, firstDay: Int64) {
        for time in [number * day, (number + 1) * day - 1] {
            #expect(CalendarPeriod.day.number(at: time) == number)
            #expect(CalendarPeriod.month.number(at: time) == month)
        }
        #expect(CalendarPeriod.day.start(of: number) == number * day)
        #expect(CalendarPeriod.month.start(of: month) == firstDay * day)
    }

    @Test("For four hundred years, after which the calendar repeats, each month begins where the last one ends")
    func months() {
        var last = CalendarPeriod.month.number(at: 0)
        for number in 1...Int64(146_097) {
            let month = CalendarPeriod.month.number(at: number * day)
            if month == last { continue }
            #expect(month == last + 1)
            #expect(CalendarPeriod.month.start(of: month) == number * day)
            last = month
        }
        #expect(last == 4_800)
    }
}
