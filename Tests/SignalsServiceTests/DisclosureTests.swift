import CommonAPI
import Foundation
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import ServiceKit
@testable import SignalsService

/// What is handed over of a person, and what is put right.
@Suite struct DisclosureTests {
    private let email = Identifier(type: "email", value: "ann@example.org")
    private let header = "customer_id,date,quantity,amount_usd\n"

    private func plant(_ service: SignalsUnderTest) async throws {
        try await service.identify(
            "c-1", #"{"name":"Ann","age":41,"tags":["a", "b"]}"#, id: "m-1", at: "2025-12-01T00:00:00Z",
            identifiers: [email, Identifier(type: "phone", value: "+1 555 012 3456")])
        try await service.track(
            "Order Completed", "c-1", id: "01930000-0000-7000-8000-0000000000aa", at: "2025-12-02T10:00:00.000001Z",
            revenue: "12.50", currency: "EUR", properties: #"{"sku":"\u0061-1", "note":"line one"}"#)
        try await service.track("Page Viewed", "c-1", at: "2025-12-02T09:00:00Z")
        try await service.identify("c-1", #"{"age":42,"nickname":null}"#, id: "m-3", at: "2025-12-03T00:00:00Z")
        try await service.track("Page Viewed", "c-2", properties: #"{"note":"of somebody else"}"#)
    }

    @Test("Everything that is known of a person is handed over under any of their identifiers, and of nobody else")
    func access() async throws {
        try await withSignals { service in
            try await plant(service)
            let begun = try await service.begin()
            _ = try await service.append(Array((header + "c-1,never,1,1.00\nc-2,never,1,1.00\n").utf8), to: begun)
            let found = try await service.find([Identifier(type: "email", value: "Ann@Example.org")], .access)
            let counts = Dictionary(uniqueKeysWithValues: found.tables.map { ($0.table, $0.rows) })
            #expect(counts["signals"] == 4 && counts["traits"] == 4 && counts["identifiers"] == 3)
            #expect(counts["actors"] == 1 && counts["corrections"] == 0)
            #expect(Set(found.identifiers.map(\.type)) == ["customerId", "email", "phone"])
            // A row that names the person by an identifier that was found is theirs too.
            #expect(counts["rejected_rows"] == 1)
            #expect(found.tables.first { $0.table == "idempotency_replies" }?.withheld?.isEmpty == false)
            let rows = try await service.export([email], .access)
            let signals = rows.filter { $0.table == "signals" }.map { $0.row.description }
            #expect(signals.count == 4)
            #expect(
                signals[2] == #"{"person":1,"messageId":"01930000-0000-7000-8000-0000000000aa","#
                    + #""event":"Order Completed","timestamp":"2025-12-02T10:00:00.000001Z","revenue":"12.50","#
                    + #""currency":"EUR","properties":{"sku":"\u0061-1", "note":"line one"},"#
                    + #""receivedAt":"2026-01-01T00:00:00Z","source":"api"}"#)
            #expect(rows.contains { $0.table == "rejected_rows" && $0.row.description.contains("c-1,never") })
            #expect(!rows.contains { $0.row.description.contains("c-2") || $0.row.description.contains("else") })
        }
    }

    @Test("What a person takes elsewhere is taken in there, and handed over again in the same bytes")
    func roundTrip() async throws {
        var first: [ExportedRow] = []
        try await withSignals { service in
            try await plant(service)
            first = try await service.export([email], .portability)
        }
        #expect(Set(first.map(\.table)) == ["signals", "traits", "identifiers"])
        let lines = first
        try await withSignals { service in
            service.advance(milliseconds: 86_400_000)
            try await service.take(lines)
            let again = try await service.export([email], .portability)
            #expect(again.map { "\($0.table) \($0.row)" } == lines.map { "\($0.table) \($0.row)" })
            let params = Subjects.Export.Params(identifiers: [email], actors: [], purpose: .portability)
            let answered = try await Subjects.Client(service.client).export(params, for: service.gateway)
            #expect(answered.rows.map(\.table) == lines.map(\.table) && answered.nextCursor == nil)
        }
    }

    @Test("Pages end where they are full, and the next one goes on behind, in every table")
    func pages() async throws {
        try await withSignals { service in
            let people = [Identifier(type: "customerId", value: "p-1"), Identifier(type: "customerId", value: "p-2")]
            let large = #"{"note":""# + String(repeating: "x", count: 30_000) + #""}"#
            for index in 0..<40 {
                // Two at each moment: their order is that of arrival.
                let time = Timestamp(microseconds: SignalsUnderTest.start.microseconds - 1_000_000 * Int64(index / 2))
                for person in people {
                    try await service.track(
                        "A", person.value, id: "\(person.value)-\(index)", at: time.description, properties: large)
                }
            }
            let whole = try await service.export(people, .access)
            let pages = try await service.pages(people, .access)
            #expect(pages.count > 4 && pages.allSatisfy { $0.reduce(0) { $0 + $1.row.bytes.count } < 600_000 })
            let ids = whole.filter { $0.table == "signals" }.compactMap { row in
                (try? JSONValue(parsing: row.row.bytes))?["messageId"]?.string
            }
            #expect(ids.count == 80 && Set(ids).count == 80)
            #expect(ids.prefix(3) == ["p-1-38", "p-1-39", "p-1-36"])
        }
    }

    @Test("A page has a thousand rows and no more", arguments: [999, 1_000, 1_001])
    func fullPage(count: Int) async throws {
        try await withSignals { service in
            try await service.write { transaction throws(RPCError) in
                _ = try transaction.run(
                    """
                    INSERT INTO actors (number, id, kind, created_at)
                    VALUES (1, x'01930000000070008000000000000021', 'individual', 0)
                    """)
                _ = try transaction.run(
                    """
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
                    INSERT INTO identifiers (type, value, actor, first_seen_at) SELECT 'number', i, 1, 0 FROM n
                    """, [":count": count])
            }
            let pages = try await service.pages([Identifier(type: "number", value: "1")], .portability)
            // A page that is full does not know whether there are more.
            #expect(pages.map(\.count) == (count < 1_000 ? [count] : [1_000, count - 1_000]))
        }
    }

    @Test("A cursor that is none is refused", arguments: ["x", "{}", #"{"table":"none","key":[]}"#])
    func cursors(cursor: String) async throws {
        try await withSignals { service in
            try await service.track("A", "c-1")
            let params = Subjects.Export.Params(
                identifiers: [Identifier(type: "customerId", value: "c-1")], actors: [], purpose: .access,
                cursor: cursor)
            let error = try await failure {
                try await Subjects.Client(service.client).export(params, for: service.gateway)
            }
            #expect(error?.code == RPCError.invalidCursor.code)
        }
    }

    // MARK: Correction

    private static let request = CountedIdentifiers.id(1 << 42)

    @Test("A wrong trait is put right, whatever was stated before and by whichever clock, and what it said is kept")
    func trait() async throws {
        try await withSignals { service in
            try await service.identify("c-1", #"{"city":"Berm"}"#, at: "2026-01-01T20:00:00Z")
            let right = Correction(of: .trait, name: "city", value: #""Bern""#)
            for _ in 0..<2 {
                let reply = try await service.correct([right])
                #expect(reply.outcomes.map(\.outcome) == [.corrected])
            }
            #expect(try await service.actor("c-1").traits.description == #"{"city":"Bern"}"#)
            #expect(
                try await service.rows("SELECT subject, name, was FROM corrections") == [["trait", "city", #""Berm""#]])
            // It is one statement like any other, so that others understand it when it is taken elsewhere.
            #expect(try await service.number("SELECT count(*) FROM signals") == 2)
            let handedOver = try await service.export([Identifier(type: "customerId", value: "c-1")], .access)
            #expect(handedOver.contains { $0.table == "corrections" && $0.row.description.contains("Berm") })
            // Who sends something else later still says what is.
            try await service.identify("c-1", #"{"city":"Basel"}"#, at: "2026-01-01T21:00:00Z")
            #expect(try await service.actor("c-1").traits.description == #"{"city":"Basel"}"#)
        }
    }

    @Test("A correction says what became of it: right already, not known, or another person's")
    func outcomes() async throws {
        try await withSignals { service in
            try await service.identify("c-1", #"{"city":"Bern","x":1}"#, identifiers: [email])
            try await service.track("A", "c-2")
            try await service.track("A", "c-3")
            try await service.erase(Identifier(type: "customerId", value: "c-3"))
            let reply = try await service.correct([
                Correction(of: .trait, name: "city", value: #""Bern""#), Correction(of: .trait, name: "x"),
                Correction(of: .trait, name: "y"),
                Correction(of: .identifier, name: "email", was: "Ann@example.org", value: "Anne@Example.org"),
                Correction(of: .identifier, name: "phone", was: "+49301234", value: "+49301235"),
            ])
            #expect(
                reply.outcomes.map { "\($0.name) \($0.outcome)" } == [
                    "city unchanged", "x corrected", "y unknown", "email corrected", "phone unknown",
                ])
            #expect(
                reply.rows.map { "\($0.table) \($0.rows)" } == ["corrections 2", "identifiers 1", "traits 1"])
            for taken in ["c-2", "c-3"] {
                let other = try await service.correct(
                    [Correction(of: .identifier, name: "customerId", was: "c-1", value: taken)])
                #expect(other.outcomes.map(\.outcome) == [.taken])
            }
            let known = try await service.actor("c-1")
            #expect(known.identifiers.contains(Identifier(type: "email", value: "anne@example.org")))
            #expect(!known.identifiers.contains(email))
            // The wrong one may be another person's: it is nowhere.
            #expect(try await service.filesHolding(["ann@example.org"]) == [])
        }
    }

    @Test("Asked again, as after a crash, it finds who was known by the wrong identifier only, and says the same")
    func again() async throws {
        try await withSignals { service in
            try await service.identify("c-1", #"{"city":"Berm"}"#)
            let wrongs = [
                Correction(of: .identifier, name: "customerId", was: "c-1", value: "c-9"),
                Correction(of: .trait, name: "city", value: #""Bern""#),
            ]
            let first = try await service.correct(wrongs)
            #expect(first.outcomes.map(\.outcome) == [.corrected, .corrected] && first.actors.count == 1)
            #expect(first.identifiers == [Identifier(type: "customerId", value: "c-9")])
            #expect(try await service.correct(wrongs) == first)
            #expect(try await service.number("SELECT count(*) FROM signals") == 2)
        }
    }

    @Test("What is specially protected is not added without a basis")
    func special() async throws {
        try await withSignals { service in
            try await service.track("A", "c-1")
            let added = try await service.correct([Correction(of: .trait, name: "medications", value: #""x""#)])
            #expect(added.outcomes.map(\.outcome) == [.basisMissing] && added.rows.isEmpty)
            #expect(try await service.number("SELECT count(*) FROM traits") == 0)
            // Neither within another trait, though there is one of that name.
            try await service.identify("c-1", #"{"profile":{"size":3}}"#)
            let within = Correction(of: .trait, name: "profile", value: #"{"size":4,"medications":["x"]}"#)
            #expect(try await service.correct([within]).outcomes.map(\.outcome) == [.basisMissing])
            let harmless = Correction(of: .trait, name: "profile", value: #"{"size":4}"#)
            #expect(try await service.correct([harmless]).outcomes.map(\.outcome) == [.corrected])
        }
    }

    @Test("An erasure removes what was corrected too")
    func erased() async throws {
        try await withSignals { service in
            try await service.identify("c-1", #"{"city":"Unmistakable"}"#)
            try await service.correct([Correction(of: .trait, name: "city", value: #""Bern""#)])
            let rows = try await service.erase(Identifier(type: "customerId", value: "c-1"))
            #expect(rows["corrections"] == 1 && rows["traits"] == 1 && rows["signals"] == 2)
            #expect(try await service.filesHolding(["Unmistakable"]) == [])
        }
    }
}

extension SignalsUnderTest {
    fileprivate func find(
        _ identifiers: [Identifier], _ purpose: DisclosurePurpose
    ) async throws -> Subjects.Find.Reply {
        try await Subjects.Client(client).find(
            Subjects.Find.Params(identifiers: identifiers, actors: [], purpose: purpose), for: gateway)
    }

    /// From the database itself: the client of these tests writes JSON anew.
    fileprivate func pages(_ identifiers: [Identifier], _ purpose: DisclosurePurpose) async throws -> [[ExportedRow]] {
        let disclosure = SubjectDisclosure(
            dataMap: DataMap(DataMap.ground.tables + SignalsService.definition.brandDataMap.tables),
            directory: SignalsService.definition.directory)
        var pages: [[ExportedRow]] = []
        var cursor: String?
        repeat {
            let page = try await runtime.read(try file) { [cursor] transaction throws(RPCError) in
                let person = try disclosure.person(identifiers, actors: [], in: transaction)
                return try disclosure.page(of: person, for: purpose, after: cursor, in: transaction)
            }
            pages.append(page.rows)
            cursor = page.next
        } while cursor != nil
        return pages
    }

    fileprivate func export(_ identifiers: [Identifier], _ purpose: DisclosurePurpose) async throws -> [ExportedRow] {
        try await pages(identifiers, purpose).flatMap(\.self)
    }

    @discardableResult
    fileprivate func correct(_ corrections: [Correction]) async throws -> Subjects.Correct.Reply {
        try await Subjects.Client(client).correct(
            Subjects.Correct.Params(
                request: CountedIdentifiers.id(1 << 42), identifiers: [Identifier(type: "customerId", value: "c-1")],
                actors: [], corrections: corrections), for: gateway)
    }

    /// Takes portable rows in as `gyre privacy import-archive` does: the first signal brings all identifiers.
    fileprivate func take(_ rows: [ExportedRow]) async throws {
        var identifiers = rows.filter { $0.table == "identifiers" }.map { row in
            let value = (try? JSONValue(parsing: row.row.bytes)) ?? .null
            return Identifier(type: value["type"]?.string ?? "", value: value["value"]?.string ?? "")
        }
        for row in rows where row.table == "signals" {
            let value = try JSONValue(parsing: row.row.bytes)
            // As it was sent, spelling and spaces included.
            let text = row.row.description
            let properties = text.range(of: #""properties":"#).map { String(text[$0.upperBound...].dropLast()) }
            let id = value["messageId"]?.string
            let time = value["timestamp"]?.string
            if value["event"]?.string == "$identify" {
                try await identify(nil, properties, id: id, at: time, identifiers: identifiers)
            } else {
                try await track(
                    value["event"]?.string ?? "", id: id, at: time, revenue: value["revenue"]?.string,
                    currency: value["currency"]?.string, properties: properties, identifiers: identifiers)
            }
            identifiers = Array(identifiers.prefix(1))
        }
    }
}
