import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct SpecialPropertyTests {
    @Test("A property that the brand declares is refused without a recorded basis, by name and with a remedy")
    func refused() async throws {
        try await withSignals { service in
            try await service.declare("Symptoms", .health)
            let error = try await failure {
                try await service.track("Diary Kept", "u", properties: #"{"day":3,"symptoms":["cough"]}"#)
            }
            #expect(error?.code == RPCError.Code.consentMissing)
            #expect(
                error?.message
                    == "/params/properties/symptoms: is specially protected (health), and no basis for it is "
                    + "recorded of this person; record one with consents.record, or leave it out.")
            #expect(try await service.number("SELECT count(*) FROM signals") == 0)
            #expect(try await service.number("SELECT count(*) FROM actors") == 0)
            // Nothing is stated by null, and another name is another property.
            try await service.track("Diary Kept", "u", properties: #"{"symptoms":null,"symptom":1,"day":3}"#)
            try await service.allow([.beliefs])
            #expect(try await failure { try await service.track("A", "u", properties: #"{"symptoms":1}"#) } != nil)
            service.advance(milliseconds: 1)
            try await service.allow([.health])
            try await service.track("A", "u", properties: #"{"symptoms":1}"#)
            // Of nobody nothing can be recorded.
            #expect(try await failure { try await service.track("A", properties: #"{"symptoms":1}"#) } != nil)
            // A trait of that name is another matter.
            try await service.identify("v", #"{"symptoms-of-nothing":1}"#)
        }
    }

    @Test("It is found at any depth, and named by where it stands")
    func nested() async throws {
        try await withSignals { service in
            try await service.declare("score", .health)
            let error = try await failure {
                try await service.track("Quiz", "u", properties: #"{"pages":[{"q":1},{"a/b":{"Score":4}}]}"#)
            }
            #expect(error?.message.hasPrefix("/params/properties/pages/1/a~1b/Score: is specially protected") == true)
        }
    }

    @Test("In a batch only the item fails, and in a file only the row, of which nothing but the line is kept")
    func oneByOne() async throws {
        try await withSignals { service in
            try await service.declare("symptoms", .health)
            let verdicts = try await service.call(
                "signals.batch",
                #"""
                {"items":[{"type":"track","event":"A","userId":"u"},
                    {"type":"track","event":"A","userId":"u","properties":{"symptoms":"hoarse-throat"}},
                    {"type":"track","event":"A","userId":"v","properties":{"day":1}}]}
                """#)
            #expect(verdicts["verdicts"]?.array?.map { $0["status"]?.string } == ["accepted", "rejected", "accepted"])
            let message = verdicts["verdicts"]?.array?[1]["message"]?.string
            #expect(message?.hasPrefix("/params/items/1/properties/symptoms: is specially protected") == true)
            let mapping =
                #"{"kind":"signals","source_fields":{"id":"identifier.customerId","what":"event","at":"timestamp","symptoms":"properties.symptoms"}}"#
            let done = try await service.load(
                Array(
                    "id,what,at,symptoms\nu,Diary,2025-01-01T00:00:00Z,\nu,Diary,2025-01-01T00:00:00Z,asthmatic-bronchitis\n"
                        .utf8), mapping: mapping)
            #expect([done.rows, done.accepted, done.rejected] == [2, 1, 1])
            let rejected = try await service.rejected(by: done)
            #expect(rejected.map(\.line) == [3] && rejected.map(\.row) == [""])
            #expect(rejected.first?.reason.hasPrefix("properties/symptoms: is specially protected (health)") == true)
            #expect(try await service.filesHolding(["asthmatic-bronchitis", "hoarse-throat"]) == [])
        }
    }

    @Test("What was taken before it was declared, and what lost its basis, is withheld from every read")
    func withheld() async throws {
        try await withSignals { service in
            try await service.track("A", "u", properties: #"{"day":1,"log":[{"symptoms":"cough","at":2}]}"#)
            try await service.track("B", properties: #"{"symptoms":"cough"}"#)
            func seen() async throws -> [String?] {
                let listed = try await service.signals.list(Signals.List.Params(), for: service.call).items
                let tailed = try await service.signals.tail(
                    Signals.Tail.Params(after: 0, waitMilliseconds: 0), for: service.call
                ).items
                #expect(listed == tailed)
                return listed.map { $0.properties?.description }
            }
            let whole = #"{"day":1,"log":[{"symptoms":"cough","at":2}]}"#
            #expect(try await seen() == [whole, #"{"symptoms":"cough"}"#])
            try await service.declare("symptoms", .health)
            #expect(try await seen() == [#"{"day":1,"log":[{"at":2}]}"#, "{}"])
            try await service.allow([.health], until: "2026-01-01T00:00:01Z")
            #expect(try await seen() == [whole, "{}"])
            service.advance(milliseconds: 1_000)
            #expect(try await seen() == [#"{"day":1,"log":[{"at":2}]}"#, "{}"])
            try await service.declare("symptoms", nil)
            #expect(try await seen() == [whole, #"{"symptoms":"cough"}"#])
        }
    }

    @Test("What a brand declares holds from the very next call on, both ways, and is listed")
    func registry() async throws {
        try await withSignals { service in
            try await service.track("A", "u", properties: #"{"sleep":1}"#)
            try await service.declare("Sleep", .health)
            #expect(try await failure { try await service.track("A", "u", properties: #"{"sleep":1}"#) } != nil)
            let client = SpecialProperties.Client(service.client)
            let listed = try await client.list(SpecialProperties.List.Params(), for: service.call).items
            #expect(listed == [SpecialProperty(name: "sleep", category: .health)])
            try await service.declare("SLEEP", nil)
            try await service.track("A", "u", properties: #"{"sleep":1}"#)
            #expect(
                try await failure { try await service.declare("--", .health) }?.message
                    == "/params/name: needs a letter or a digit")
        }
    }

    @Test("A thousand properties can be declared, and no more")
    func limit() async throws {
        try await withSignals { service in
            let count = SpecialPropertyRegistry.maximumDeclarations
            try await service.write { transaction throws(RPCError) in
                for number in 1..<count {
                    try SpecialPropertyStore().set("p\(number)", .health, in: transaction)
                }
            }
            try await service.declare("last", .health)
            #expect(try await failure { try await service.declare("further", .health) }?.code == RPCError.Code.conflict)
            try await service.declare("last", .genetic)
            #expect(try await service.number("SELECT count(*) FROM special_properties") == Int64(count))
        }
    }

    @Test("A brand that declares none asks the database nothing more for an event than before")
    func cost() async throws {
        try await withSignals { service in
            try await service.track("A", "u", properties: #"{"symptoms":1}"#)
            let connection = try Connection(path: service.file.path, OpenOptions(authorizer: false))
            try connection.execute("DROP TABLE special_properties")
            try await service.track("A", "u", properties: #"{"symptoms":1}"#)
        }
    }
}

extension SignalsUnderTest {
    func declare(_ property: String, _ category: SpecialCategory?) async throws {
        _ = try await SpecialProperties.Client(client).set(
            SpecialProperties.Set.Params(name: property, category: category), for: call)
    }
}
