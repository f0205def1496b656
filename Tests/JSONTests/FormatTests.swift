import JSON
import Testing

@Suite("Formats")
struct FormatTests {
    private func problem<R>(_ document: String, _ body: (inout JSONReader) throws(JSONError) -> R) -> String? {
        failure(document, body).map(\.message)
    }

    @Test("A UUID of version 7 is read in either case and written in lower case")
    func uuids() throws {
        let id = try UUIDv7(json: #""0193ABCD-ef01-7234-8567-89abCDEF0123""#)
        #expect(id.high == 0x0193_ABCD_EF01_7234 && id.low == 0x8567_89AB_CDEF_0123)
        #expect(id.description == "0193abcd-ef01-7234-8567-89abcdef0123")
        #expect(id.json() == Array("\"\(id)\"".utf8))
        #expect(
            id.bytes == [
                0x01, 0x93, 0xAB, 0xCD, 0xEF, 0x01, 0x72, 0x34, 0x85, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23,
            ])
        #expect(UUIDv7(bytes: id.bytes) == id)
        #expect(UUIDv7(id.description) == id)
        #expect(id.milliseconds == 0x0193_ABCD_EF01)
        #expect(try UUIDv7(json: #""0193abcd-ef01-7234-8567-89abcdef012\u0033""#) == id)
        #expect(UUIDv7(bytes: id.bytes.dropLast()) == nil && UUIDv7(bytes: id.bytes + [0]) == nil)
    }

    @Test(
        "Other versions, variants and shapes are no UUIDs here",
        arguments: [
            "0193abcd-ef01-4234-8567-89abcdef0123", "0193abcd-ef01-7234-c567-89abcdef0123",
            "0193abcd-ef01-7234-7567-89abcdef0123",
            "0193abcdef017234856789abcdef0123", "0193abcd-ef01-7234-8567-89abcdef012",
            "0193abcd-ef01-7234-8567-89abcdef01234",
            "{0193abcd-ef01-7234-8567-89abcdef0123}", "0193abcd-ef01-7234-8567-89abcdef012g",
            "0193abcd_ef01-7234-8567-89abcdef0123",
            "0193abcdе-f01-7234-8567-89abcdef012", "", "0193abcd-ef01-7234-8567--9abcdef0123",
        ])
    func noUUIDs(text: String) {
        #expect(UUIDv7(text) == nil)
        #expect(problem("\"\(text)\"") { (r) throws(JSONError) in try r.readUUID() } == "must be a UUID of version 7")
    }

    @Test("UUIDs are ordered by their time, then by the rest, as their bytes and texts are")
    func uuidOrder() {
        var random = SplitMix(state: 9)
        let ids = (0..<200).map { _ in
            UUIDv7(milliseconds: random.next() % 3, sequence: UInt16(random.next() % 3), random: random.next())
        }
        let texts = ids.sorted().map(\.description)
        #expect(texts == texts.sorted())
        #expect(ids.allSatisfy { UUIDv7(high: $0.high, low: $0.low) == $0 })
        let full = UUIDv7(milliseconds: .max, sequence: .max, random: .max)
        #expect(full.description == "ffffffff-ffff-7fff-bfff-ffffffffffff")
    }

    @Test(
        "Times are read with any offset and written in UTC, with as many decimals as there are",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-01-31T12:34:56.789Z", 1_769_862_896_789_000, "2026-01-31T12:34:56.789Z"),
            ("2026-01-31t12:34:56.78z", 1_769_862_896_780_000, "2026-01-31T12:34:56.78Z"),
            ("2026-01-31T12:34:56.123456789Z", 1_769_862_896_123_456, "2026-01-31T12:34:56.123456Z"),
            ("2026-01-31T13:34:56+01:00", 1_769_862_896_000_000, "2026-01-31T12:34:56Z"),
            ("2026-01-31T00:34:56-12:00", 1_769_862_896_000_000, "2026-01-31T12:34:56Z"),
            ("2026-01-31T12:34:56-00:00", 1_769_862_896_000_000, "2026-01-31T12:34:56Z"),
            ("1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"),
            ("2000-02-29T00:00:00.000000Z", 951_782_400_000_000, "2000-02-29T00:00:00Z"),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
            ("2026-03-01T00:30:00+23:59", 1_772_238_660_000_000, "2026-02-28T00:31:00Z"),
        ])
    func timestamps(text: String, microseconds: Int64, written: String) throws {
        let time = try Timestamp(json: "\"\(text)\"")
        #expect(time.microseconds == microseconds)
        #expect(time.description == written)
        #expect(time.json() == Array("\"\(written)\"".utf8))
        #expect(Timestamp(written) == time)
    }

    @Test(
        "What RFC 3339 does not allow, leap seconds, and moments outside of the years 0 to 9999 are refused",
        arguments: [
            "2026-01-31", "2026-01-31T12:34:56", "2026-01-31 12:34:56Z", "2026-01-31T12:34Z", "2026-01-31T12:34:56.Z",
            "2026-01-31T12:34:56.1234567890Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:34:60Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-01-31T12:34:56+1:00",
            "2026-01-31T12:34:56+0100", "2026-01-31T12:34:56+24:00", "2026-01-31T12:34:56+00:60",
            "2026-01-31T12:34:56ZZ", "2026-01-31T12:34:56,5Z",
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "+2026-01-31T12:34:56Z", "-001-01-31T12:34:56Z",
            "", "2026-1-31T12:34:56Z",
        ])
    func noTimestamps(text: String) {
        #expect(Timestamp(text) == nil)
        let message = "must be a date and time such as 2026-01-31T12:00:00Z"
        #expect(problem("\"\(text)\"") { (r) throws(JSONError) in try r.readTimestamp() } == message)
    }

    @Test("A moment without a text form is written as the nearest one that has")
    func extremeTimestamps() {
        #expect(Timestamp(microseconds: .min).description == "0000-01-01T00:00:00Z")
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: .max).date == nil)
        #expect(Timestamp(microseconds: -1).date == CalendarDate(year: 1969, month: 12, day: 31))
    }

    @Test("Every day of ten thousand years has a number, and comes back from it")
    func dates() throws {
        var expected = CalendarDate.dayNumberOfFirst
        for year in 0...9999 {
            for month in [1, 2, 3, 12] {
                let date = try #require(CalendarDate(year: year, month: month, day: 1))
                #expect(CalendarDate(dayNumber: date.dayNumber) == date)
                if month == 1 { #expect(date.dayNumber == expected) }
            }
            let isLeap = CalendarDate(year: year, month: 2, day: 29) != nil
            #expect(isLeap == (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
            expected += isLeap ? 366 : 365
        }
        #expect(CalendarDate(dayNumber: expected - 1)?.description == "9999-12-31")
        #expect(CalendarDate(dayNumber: expected) == nil)
        #expect(CalendarDate(dayNumber: CalendarDate.dayNumberOfFirst - 1) == nil)
        #expect(CalendarDate(dayNumber: 0)?.description == "1970-01-01")
        #expect(CalendarDate(dayNumber: 20_484)?.json() == Array("\"2026-01-31\"".utf8))
        #expect(try CalendarDate(json: "\"2026-01-31\"") < CalendarDate(json: "\"2026-02-01\""))
        for text in ["2026-02-29", "2026-1-31", "2026-01-31Z", "20260131", "2026-01-32", "2026/01/31", ""] {
            #expect(CalendarDate(text) == nil)
            #expect(
                problem("\"\(text)\"") { (r) throws(JSONError) in try r.readDate() }
                    == "must be a date such as 2026-01-31")
        }
    }

    @Test(
        "Amounts are exact to four decimals, and written with two or as many as they need",
        arguments: [
            ("0", 0, "0.00"), ("-0", 0, "0.00"), ("12.34", 123_400, "12.34"), ("12", 120_000, "12.00"),
            ("12.3450", 123_450, "12.345"), ("0.0001", 1, "0.0001"),
            ("-0.01", -100, "-0.01"), ("922337203685477.5807", Int64.max, "922337203685477.5807"),
            ("-922337203685477.5808", Int64.min, "-922337203685477.5808"),
        ])
    func amounts(text: String, tenThousandths: Int64, written: String) throws {
        let amount = try Amount(json: "\"\(text)\"")
        #expect(amount.tenThousandths == tenThousandths)
        #expect(amount.description == written)
        #expect(amount.json() == Array("\"\(written)\"".utf8))
        #expect(Amount(written) == amount)
    }

    @Test(
        "An amount is a plain decimal string that fits",
        arguments: [
            "", "-", ".", "1.", ".5", "+1", "01", "-01", "00", "1.23456", "1e3", "1,000", " 1", "1 ", "0x1", "١",
            "1.2.3", "--1", "1-", "NaN",
            "922337203685477.5808", "-922337203685477.5809", "9223372036854775807", "99999999999999999999999999",
        ])
    func noAmounts(text: String) {
        #expect(Amount(text) == nil)
        #expect(
            problem("\"\(text)\"") { (r) throws(JSONError) in try r.readAmount() }?.hasPrefix(
                "must be an amount such as") == true)
    }

    @Test("An amount as a number is refused, and sums say when they do not fit")
    func amountRules() {
        #expect(problem("12.34") { (r) throws(JSONError) in try r.readAmount() } == "must be a string")
        #expect(Amount.maximum.adding(Amount(tenThousandths: 1)) == nil)
        #expect(Amount(tenThousandths: .min).subtracting(Amount(tenThousandths: 1)) == nil)
        #expect(Amount("1.50")?.adding(Amount.zero)?.subtracting(Amount(tenThousandths: 15_001)) == Amount("-0.0001"))
    }

    @Test("A currency is three capital letters")
    func currencies() throws {
        #expect(try Currency(json: "\"EUR\"").code == "EUR")
        #expect(try Currency(json: "\"E\\u0055R\"").json() == Array("\"EUR\"".utf8))
        for text in ["", "EU", "EURO", "eur", "E1R", "ЕUR", "EU "] {
            #expect(Currency(text) == nil)
            #expect(
                problem("\"\(text)\"") { (r) throws(JSONError) in try r.readCurrency() }
                    == "must be a currency code such as EUR")
        }
    }

    @Test(
        "E-mail addresses that people have",
        arguments: [
            "a@b", "ada@example.com", "ada.lovelace+news@mail.example.co.uk", "o'hara_99@example-shop.com",
            "x@1.2.3.example", "A!#$%&'*+/=?^_`{|}~-@x.y",
            String(repeating: "a", count: 64) + "@" + String(repeating: "b", count: 63) + ".com",
        ])
    func emails(text: String) throws {
        #expect(EmailAddress.isValid(text))
        #expect(try read(JSONValue.string(text).description) { (r) throws(JSONError) in try r.readEmail() } == text)
        #expect(try read(#""\u0061\#(text)""#) { (r) throws(JSONError) in try r.readString() } == "a" + text)
    }

    @Test(
        "What is no address",
        arguments: [
            "", "@", "a@", "@b", "a", "a@b@c", "a..b@c", ".a@c", "a.@c", "a b@c", "a@-b", "a@b-", "a@b..c", "a@.b",
            "a@b.", "a@b_c", "ä@b", "a@ä.com",
            "\"a\"@b", "a@[127.0.0.1]", "a@b ", "a,b@c", String(repeating: "a", count: 65) + "@b",
            "a@" + String(repeating: "b", count: 64),
            "a@" + String(repeating: "b.", count: 127) + "com",
        ])
    func noEmails(text: String) {
        #expect(!EmailAddress.isValid(text))
        let document = JSONValue.string(text).description
        #expect(problem(document) { (r) throws(JSONError) in try r.readEmail() } == "must be an e-mail address")
    }

    @Test("The longest address has 254 characters")
    func emailLength() {
        func address(_ count: Int) -> String {
            "a@" + String(repeating: "b.", count: (count - 4) / 2) + (count % 2 == 0 ? "cd" : "c" + "de")
        }
        #expect(address(254).utf8.count == 254 && EmailAddress.isValid(address(254)))
        #expect(address(255).utf8.count == 255 && !EmailAddress.isValid(address(255)))
    }
}

extension CalendarDate {
    /// The day number of 0000-01-01, from the number of days in 1970 years of the proleptic Gregorian calendar.
    static var dayNumberOfFirst: Int { -(1970 * 365 + 1970 / 4 + 1 - 1970 / 100 - 1 + 1970 / 400 + 1) }
}
