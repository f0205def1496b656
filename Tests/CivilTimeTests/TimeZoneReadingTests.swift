import CivilTime
import JSON
import Testing

@Suite("Reading time zones")
struct TimeZoneReadingTests {
    private func seconds(_ text: String, _ zone: TimeZoneRules) throws -> Int {
        zone.offset(at: try #require(Timestamp(text))).seconds
    }

    @Test("Versions 2, 3 and 4 are read alike", arguments: [0x32, 0x33, 0x34] as [UInt8])
    func versions(_ version: UInt8) throws {
        var file = TZifFixture.berlin
        file.version = version
        let zone = try TimeZoneRules(parsing: file.bytes)
        #expect(try seconds("2020-03-29T00:59:59.999999Z", zone) == 3_600)
        #expect(try seconds("2020-03-29T01:00:00Z", zone) == 7_200)
        #expect(try seconds("2020-10-25T00:59:59Z", zone) == 7_200)
        #expect(try seconds("2020-10-25T01:00:00Z", zone) == 3_600)
        #expect(try seconds("2100-07-01T00:00:00Z", zone) == 7_200)
        #expect(zone.offset(at: try #require(Timestamp("2100-07-01T00:00:00Z"))).abbreviation == "CEST")
    }

    @Test("A file of version 1 has no rule behind its last change: the last offset stays")
    func version1() throws {
        var file = TZifFixture.berlin
        file.version = 0
        let zone = try TimeZoneRules(parsing: file.bytes)
        #expect(try seconds("2020-07-01T00:00:00Z", zone) == 7_200)
        #expect(try seconds("2100-07-01T00:00:00Z", zone) == 3_600)
    }

    @Test("An empty footer leaves the last offset, and without changes the rule holds always")
    func footers() throws {
        var file = TZifFixture.berlin
        file.footer = ""
        #expect(try seconds("2100-07-01T00:00:00Z", try TimeZoneRules(parsing: file.bytes)) == 3_600)
        let zone = try TimeZoneRules(parsing: TZifFixture().bytes)
        #expect(try seconds("1900-07-01T00:00:00Z", zone) == 7_200)
        #expect(zone.offset(at: Timestamp(microseconds: .min)).abbreviation.hasPrefix("CE"))
        #expect(zone.offset(at: Timestamp(microseconds: .max)).abbreviation.hasPrefix("CE"))
    }

    @Test(
        "A rule holds for every year",
        arguments: [
            ("EST5", "2026-07-01T00:00:00Z", -18_000),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T06:59:59Z", -18_000),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", -14_400),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-11-01T06:00:00Z", -18_000),
            // Daylight saving that is negative, and in winter; and half an hour of it.
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3_600),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", 39_600),
            // Daylight saving all year, at its seam too (RFC 9636, section 3.3.1).
            ("EST5EDT,0/0,J365/25", "2026-01-01T04:59:59Z", -14_400),
            ("EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", -14_400),
            ("EST5EDT,0/0,J365/25", "2024-12-31T23:59:59Z", -14_400),
            // Hours before midnight and days later: the evening of 28 March 2026; the Thursday behind the 26th at 02:00.
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7_200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3_600),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-26T23:59:59Z", 7_200),
            ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z", 10_800),
            // Days of the year, without and with 29 February.
            ("AAA0BBB,J60/0,J300", "2024-02-29T23:59:59Z", 0), ("AAA0BBB,J60/0,J300", "2024-03-01T00:00:00Z", 3_600),
            ("AAA0BBB,59/0,J300", "2024-02-28T23:59:59Z", 0), ("AAA0BBB,59/0,J300", "2024-02-29T00:00:00Z", 3_600),
            // A week off the day: the start of 2027 lies in 2026.
            ("AAA0BBB,J1/-167,J60", "2026-12-25T00:59:59Z", 0), ("AAA0BBB,J1/-167,J60", "2026-12-25T01:00:00Z", 3_600),
            // Both changes of a year lie in the next: on 2 January the last one was two years ago.
            ("AAA0BBB,J365/167,J364/167", "2026-01-02T00:00:00Z", 3_600),
            ("AAA0BBB,J365/167,J364/167", "2026-01-06T00:00:00Z", 0),
        ])
    func rules(_ rule: String, _ moment: String, _ expected: Int) throws {
        #expect(try seconds(moment, try TimeZoneRules(posix: rule)) == expected)
    }

    @Test(
        "A rule that is none is refused, with the place",
        arguments: [
            ("", 0), ("CE-1", 2), ("CET", 3), ("CET-", 4), ("CET-25", 4), ("CET-1:60", 6), ("<CET-1", 6), ("<CE", 3),
            ("CET-1CEST", 9), ("CET-1CEST,M3.5.0", 16), ("CET-1CEST,M13.5.0,M10.5.0", 11),
            ("CET-1CEST,M3.6.0,M10.5.0", 13), ("CET-1CEST,M3.5.7,M10.5.0", 15), ("CET-1CEST,M3.5.0/168,M10.5.0", 17),
            ("CET-1CEST,J0,J300", 11), ("CET-1CEST,J366,J300", 11), ("CET-1CEST,366,J300", 10),
            ("CET-1CEST,M3.5.0,M10.5.0 ", 24), ("CET-1CEST,M3.5.0,M10.5.0/9999", 25), ("Ö-1", 0),
        ])
    func wrongRules(_ rule: String, _ byte: Int) {
        #expect { _ = try TimeZoneRules(posix: rule) } throws: { ($0 as? TimeZoneFailure)?.byte == byte }
    }

    @Test("A file that breaks a rule of the format is refused by name")
    func wrongFiles() throws {
        func reason(_ change: (inout TZifFixture) -> Void) -> String {
            var file = TZifFixture.berlin
            change(&file)
            do {
                _ = try TimeZoneRules(parsing: file.bytes)
                return "read"
            } catch { return error.reason }
        }
        #expect(reason { _ in } == "read")
        #expect(reason { $0.version = 0x35 }.contains("version"))
        #expect(reason { $0.leapCount = 1 }.contains("leap seconds"))
        #expect(reason { $0.types = [] }.contains("1 to 256"))
        #expect(reason { $0.names = [] }.contains("abbreviations"))
        #expect(reason { $0.standardCount = 1 }.contains("indicators"))
        #expect(reason { $0.universalCount = 3 }.contains("indicators"))
        #expect(reason { ($0.standardCount, $0.universalCount) = (2, 2) } == "read")
        #expect(reason { $0.transitions.reverse() }.contains("ascend"))
        #expect(reason { $0.transitions[1] = $0.transitions[0] }.contains("ascend"))
        #expect(reason { $0.kinds[1] = 2 }.contains("kind 2"))
        #expect(reason { $0.types[0].seconds = 93_599 } == "read")
        #expect(reason { $0.types[0].seconds = 93_600 }.contains("93600"))
        #expect(reason { $0.types[0].seconds = -89_999 } == "read")
        #expect(reason { $0.types[0].seconds = .min }.contains("-2147483648"))
        #expect(reason { $0.types[1].isDaylightSaving = 2 }.contains("0 or 1"))
        #expect(reason { $0.types[1].name = 9 }.contains("no end"))
        #expect(reason { $0.names.removeLast() }.contains("no end"))
        #expect(reason { $0.names[0] = 0xC3 }.contains("ASCII"))
        #expect(reason { $0.footer = "CET" }.contains("number"))
    }

    @Test("Every file that ends too early is refused, and so is one that goes on")
    func lengths() throws {
        let bytes = TZifFixture.berlin.bytes
        for count in 0..<bytes.count {
            #expect(throws: TimeZoneFailure.self) { try TimeZoneRules(parsing: Array(bytes[..<count])) }
        }
        #expect(throws: TimeZoneFailure.self) { try TimeZoneRules(parsing: bytes + [0]) }
    }

    @Test("A file may have 65,536 bytes and not one more")
    func maximumBytes() throws {
        var file = TZifFixture()
        file.names += [UInt8](repeating: 0, count: TimeZoneRules.maximumBytes - file.bytes.count)
        #expect(file.bytes.count == TimeZoneRules.maximumBytes)
        _ = try TimeZoneRules(parsing: file.bytes)
        file.names.append(0)
        #expect(throws: TimeZoneFailure.self) { try TimeZoneRules(parsing: file.bytes) }
    }

    @Test("An abbreviation may have 32 letters and not one more")
    func abbreviations() throws {
        let longest = String(repeating: "A", count: TimeZoneRules.maximumAbbreviationBytes)
        _ = try TimeZoneRules(posix: "\(longest)0")
        #expect(throws: TimeZoneFailure.self) { try TimeZoneRules(posix: "\(longest)A0") }
        var file = TZifFixture(types: [(0, 0, 0)], names: Array("\(longest)\0".utf8), footer: "")
        _ = try TimeZoneRules(parsing: file.bytes)
        file.names = Array("\(longest)A\0".utf8)
        #expect(throws: TimeZoneFailure.self) { try TimeZoneRules(parsing: file.bytes) }
    }

    @Test("Forty thousand mutated files are refused or work at every moment; none traps")
    func mutations() throws {
        var generator = SeededGenerator(seed: 9_636)
        var (read, refused) = (0, 0)
        let seeds = ([0, 0x32, 0x33] as [UInt8]).map { version -> [UInt8] in
            var file = TZifFixture.berlin
            file.version = version
            return file.bytes
        }
        for round in 0..<40_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...generator.below(3) {
                let index = generator.below(bytes.count)
                switch generator.below(20) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(bytes[index], at: index)
                case 2...5: bytes[index] = UInt8(generator.below(256))
                case 6...9: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF][generator.below(5)]
                case 10...13: bytes[index] = bytes[generator.below(bytes.count)]
                default: bytes[index] ^= 1 << UInt8(generator.below(8))
                }
            }
            guard let zone = try? TimeZoneRules(parsing: bytes) else {
                refused += 1
                continue
            }
            read += 1
            if read % 4 == 0 { try use(zone, &generator) }
        }
        #expect(read > 5_000 && refused > 5_000, "\(read) and \(refused)")
    }

    /// Asks everything at the ends of time, near the changes, and anywhere.
    private func use(_ zone: TimeZoneRules, _ generator: inout SeededGenerator) throws {
        let window = try #require(DailyWindow("21:00", "08:00"))
        let moments: [Int64] = [
            .min, .min + 1, -1, 0, 1_585_443_600_000_000, .max - 1, .max, Int64(bitPattern: generator.next()),
        ]
        for moment in moments.map(Timestamp.init(microseconds:)) {
            #expect(-89_999...93_599 ~= zone.offset(at: moment).seconds)
            let end = window.firstMomentOutside(onOrAfter: moment, in: zone)
            #expect(end >= moment)
            #expect(end.microseconds == .max || !window.contains(end, in: zone))
            guard let local = zone.localTime(at: moment) else { continue }
            switch zone.moments(at: local) {
            case .once(let other): #expect(other == moment)
            case .twice(let earlier, let later): #expect(earlier <= moment && moment <= later)
            case .skipped: Issue.record("\(local) is shown at \(moment)")
            }
            #expect(zone.startOfDay(local.date) <= moment && moment < zone.endOfDay(local.date))
        }
        for year in [0, 1, 2020, 9_999] {
            let date = try #require(CalendarDate(year: year, month: 12, day: 31))
            #expect(zone.startOfDay(date) <= zone.endOfDay(date))
        }
    }
}
