import JSON
import Mapping
import Testing

@Suite("Date formats")
struct DateFormatTests {
    @Test(
        "A text is read by its format",
        arguments: [
            ("yyyy-MM-dd", "1997-01-31", "1997-01-31T00:00:00Z"),
            ("yyyyMMdd", "19970131", "1997-01-31T00:00:00Z"),
            ("dd/MM/yyyy", "31/01/1997", "1997-01-31T00:00:00Z"),
            ("M/d/yyyy", "1/9/1997", "1997-01-09T00:00:00Z"),
            ("M/d/yyyy", "12/31/1997", "1997-12-31T00:00:00Z"),
            ("d. MMM yyyy", "29. feb 2024", "2024-02-29T00:00:00Z"),
            ("MMM d',' yyyy", "DEC 7, 1997", "1997-12-07T00:00:00Z"),
            ("yyyy-MM-dd HH:mm:ss", "1997-01-31 23:59:59", "1997-01-31T23:59:59Z"),
            ("yyyy-MM-ddTHH:mm:ss.SSSX", "1997-01-31T23:59:59.125+02:00", "1997-01-31T21:59:59.125Z"),
            ("yyyy-MM-dd'T'HH:mm:ssZ", "1997-01-31T23:59:59-0530", "1997-02-01T05:29:59Z"),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "1997-01-31 00:00:00.123456789", "1997-01-31T00:00:00.123456Z"),
            ("yyyy-MM-dd h:mm a", "1997-01-31 12:00 AM", "1997-01-31T00:00:00Z"),
            ("yyyy-MM-dd h:mm a", "1997-01-31 12:01 pm", "1997-01-31T12:01:00Z"),
            ("yyyy-MM-dd hha", "1997-01-31 11PM", "1997-01-31T23:00:00Z"),
            ("yyyy-MM-dd 'o''clock' H", "1997-01-31 o'clock 7", "1997-01-31T07:00:00Z"),
            ("rfc3339", "1997-01-31", "1997-01-31T00:00:00Z"),
            ("rfc3339", "1997-01-31 10:11", "1997-01-31T10:11:00Z"),
            ("rfc3339", "1997-01-31t10:11:12.5z", "1997-01-31T10:11:12.5Z"),
            ("iso8601", "1997-01-31T10:11:12+02", "1997-01-31T08:11:12Z"),
            ("epoch_seconds", "854668800", "1997-01-31T00:00:00Z"),
            ("epoch_seconds", "854668800.5", "1997-01-31T00:00:00.5Z"),
            ("epoch_seconds", "-1.0000009", "1969-12-31T23:59:59Z"),
            ("epoch_milliseconds", "854668800125", "1997-01-31T00:00:00.125Z"),
        ])
    func reading(_ pattern: String, _ text: String, _ expected: String) throws {
        let format = try DateFormat(pattern)
        let read = Array(text.utf8).withUnsafeBytes { format.timestamp($0) }
        #expect(read == Timestamp(expected))
    }

    @Test(
        "A text that does not follow its format, or names no day or time that there is, is refused",
        arguments: [
            ("yyyy-MM-dd", ""), ("yyyy-MM-dd", "1997-1-31"), ("yyyy-MM-dd", "1997-02-29"), ("yyyy-MM-dd", "1997-00-01"),
            ("yyyy-MM-dd", "1997-01-31 "), ("yyyy-MM-dd", " 1997-01-31"), ("yyyy-MM-dd", "97-01-31"),
            ("yyyy-MM-dd", "19970131"), ("M/d/yyyy", "13/1/1997"), ("M/d/yyyy", "001/1/1997"),
            ("d MMM yyyy", "1 Foo 1997"),
            ("yyyy-MM-dd HH:mm", "1997-01-31 24:00"), ("yyyy-MM-dd HH:mm", "1997-01-31 23:60"),
            ("yyyy-MM-dd h:mm a", "1997-01-31 13:00 PM"), ("yyyy-MM-dd h:mm a", "1997-01-31 0:00 AM"),
            ("yyyy-MM-dd HH:mm:ss", "1997-01-31 23:59:60"), ("yyyy-MM-ddTHH:mmX", "1997-01-31T10:00"),
            ("rfc3339", "1997-01-31T"), ("rfc3339", "1997-01-31T10"), ("rfc3339", "1997-01-31T10:11:12."),
            ("rfc3339", "1997-01-31T10:11:12.1234567890"), ("rfc3339", "1997-01-31T10:11+2"),
            ("rfc3339", "1997-01-31T10:11+021"),
            ("rfc3339", "1997-01-31T10:11+02:"), ("rfc3339", "1997-01-31T10:11+02:60"),
            ("rfc3339", "0000-01-01T00:00+01:00"),
            ("epoch_seconds", "soon"), ("epoch_seconds", "1e12"), ("epoch_seconds", "99999999999999999999"),
        ])
    func refusals(_ pattern: String, _ text: String) throws {
        let format = try DateFormat(pattern)
        #expect(Array(text.utf8).withUnsafeBytes { format.timestamp($0) } == nil)
    }

    @Test(
        "A pattern that cannot be read is refused with what it lacks",
        arguments: [
            ("", "the date format names no year; a day has yyyy, MM and dd"),
            ("yyyy", "the date format names no month; a day has yyyy, MM and dd"),
            ("HH:mm", "the date format names no year; a day has yyyy, MM and dd"),
            ("yyyy-MM-dd MM", "the date format names the month twice"),
            ("yyyy-MM-dd HH h a", "the date format names the hour twice"),
            ("yyyy-MM-dd hh:mm", "the date format needs both hh and a, or neither: HH counts to 23"),
            ("yyyy-MM-dd HH:mm a", "the date format needs both hh and a, or neither: HH counts to 23"),
            ("yyyy-MM-dd mm", "the date format names the minute and no hour"),
            ("yyyy-MM-dd HH ss", "the date format names the second and no minute"),
            ("yyyy-MM-dd HH:mm.SSS", "the date format names the fraction of a second and no second"),
            ("yyyy-MM-dd X", "the date format names the offset and no hour"),
            ("yyyy-MM-dd 'T", "the date format opens a quote that is never closed"),
            (String(repeating: "-", count: 65), "a date format has at most 64 characters"),
        ])
    func patterns(_ pattern: String, _ description: String) {
        let failure = #expect(throws: DateFormat.Failure.self) { try DateFormat(pattern) }
        #expect(failure?.description == description)
    }

    @Test(
        "Letters that nobody knows are named",
        arguments: ["yy-MM-dd", "YYYY-MM-dd", "yyyy-MMMM-dd", "yyyy-MM-dd EEE", "yyyy-MM-DD"])
    func letters(_ pattern: String) {
        let failure = #expect(throws: DateFormat.Failure.self) { try DateFormat(pattern) }
        #expect(failure?.description.hasPrefix("the date format has '") == true)
    }

    @Test("A pattern may have 64 characters")
    func longestPattern() throws {
        let dots = String(repeating: ".", count: DateFormat.maximumBytes - 10)
        _ = try DateFormat("yyyy-MM-dd" + dots)
        #expect(throws: DateFormat.Failure.self) { try DateFormat("yyyy-MM-dd." + dots) }
    }

    @Test("Every day that there is comes back")
    func everyDay() throws {
        let (iso, us) = (try DateFormat("yyyy-MM-dd"), try DateFormat("M/d/yyyy"))
        for number in stride(from: -719_528, through: 2_932_896, by: 331) {
            let date = try #require(CalendarDate(dayNumber: number))
            #expect(Array(date.description.utf8).withUnsafeBytes { iso.date($0) } == date)
            var year = String(date.year)
            year = String(repeating: "0", count: 4 - year.count) + year
            #expect(Array("\(date.month)/\(date.day)/\(year)".utf8).withUnsafeBytes { us.date($0) } == date)
        }
    }
}
