import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import Testing

@Suite struct TraitTests {
    private func traits(_ service: SignalsUnderTest, _ user: String = "u") async throws -> String {
        try await service.actor(user).traits.description
    }

    @Test("Traits are those of the latest statement by its own time; null removes")
    func latest() async throws {
        try await withSignals { service in
            try await service.identify("u", #"{"plan":"gold","age":30}"#, at: "2025-02-01T00:00:00Z")
            try await service.identify("u", #"{"plan":"silver","city":"Kyiv"}"#, at: "2025-01-01T00:00:00Z")
            #expect(try await traits(service) == #"{"age":30,"city":"Kyiv","plan":"gold"}"#)
            try await service.identify("u", #"{"city":null}"#, at: "2025-03-01T00:00:00Z")
            try await service.identify("u", #"{"city":"Lviv"}"#, at: "2025-02-01T00:00:00Z")
            #expect(try await traits(service) == #"{"age":30,"plan":"gold"}"#)
            #expect(try await service.actor("u").signals == 4)
        }
    }

    @Test(
        "In whatever order statements arrive, the traits are the same, byte for byte",
        arguments: 0..<20 as Range<UInt64>)
    func permutation(seed: UInt64) async throws {
        struct Statement: Sendable {
            let id: String
            let time: String
            let traits: String
        }
        let statements = [
            Statement(id: "a", time: "2025-01-01T00:00:00Z", traits: #"{"x":1,"y":"first"}"#),
            Statement(id: "b", time: "2025-01-02T00:00:00Z", traits: #"{"x":null}"#),
            Statement(id: "c", time: "2025-01-02T00:00:00Z", traits: #"{"x":{"deep":[1,2]},"y":null}"#),
            Statement(id: "B", time: "2025-01-02T00:00:00Z", traits: #"{"x":"upper","z":1.50}"#),
            Statement(id: "d", time: "2024-01-01T00:00:00Z", traits: #"{"w":"old","x":0}"#),
            Statement(id: "e", time: "2025-01-02T00:00:00Z", traits: #"{"z":null}"#),
            Statement(id: "f", time: "2025-01-01T23:59:59.999999Z", traits: #"{"y":"almost","z":true}"#),
        ]
        try await withSignals { service in
            var generator = SeededGenerator(seed: seed)
            for statement in statements.shuffled(using: &generator) {
                try await service.identify("u", statement.traits, id: statement.id, at: statement.time)
                // Some are sent twice.
                if Bool.random(using: &generator) {
                    try await service.identify("u", statement.traits, id: statement.id, at: statement.time)
                }
            }
            #expect(try await traits(service) == #"{"w":"old","x":{"deep":[1,2]}}"#)
            let rows = try await service.rows("SELECT name, value, stated_at, message_id FROM traits ORDER BY name")
            #expect(rows.map { $0[3] } == ["d", "c", "c", "e"])
        }
    }

    @Test("A statement has to be about somebody")
    func nobody() async throws {
        try await withSignals { service in
            let error = try await failure { try await service.identify(nil, #"{"a":1}"#) }
            #expect(error?.message == "/params: needs a userId, an anonymousId or identifiers")
        }
    }

    @Test("64 traits of names of 100 characters are taken, one more of either is not")
    func limits() async throws {
        func object(_ names: [String]) -> String { "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}" }
        try await withSignals { service in
            let names = (0..<65).map { "t\($0)" }
            try await service.identify("u", object(Array(names.prefix(64))))
            let many = try await failure { try await service.identify("u", object(names)) }
            #expect(many?.message == "/params/traits: must have at most 64 members and has 65")
            let long = String(repeating: "ü", count: 101)
            try await service.identify("v", object([String(long.prefix(100))]))
            let name = try await failure { try await service.identify("v", object([long])) }
            #expect(name?.message == "/params/traits/\(long): must have a name of at most 100 characters")
            let empty = try await failure { try await service.identify("v", #"{"":1}"#) }
            #expect(empty?.message == "/params/traits/: must not have an empty name")
        }
    }

    @Test("A person has at most 256 traits of 128 KiB in all; what would pass that leaves nothing")
    func limitsOfActor() async throws {
        try await withSignals { service in
            for group in 0..<4 {
                let members = (0..<64).map { "\"t\(group)-\($0)\":1" }.joined(separator: ",")
                try await service.identify("u", "{\(members)}")
            }
            let many = try await failure { try await service.identify("u", #"{"one-more":1}"#) }
            #expect(many?.code == RPCError.Code.conflict)
            #expect(many?.message.hasPrefix("This person would have 257 traits") == true)
            #expect(try await service.number("SELECT count(*) FROM traits") == 256)

            let text = String(repeating: "x", count: 32_000)
            for name in ["a", "b", "c", "d"] { try await service.identify("v", #"{"\#(name)":"\#(text)"}"#) }
            let large = try await failure { try await service.identify("v", #"{"e":"\#(text)"}"#) }
            #expect(large?.message.hasPrefix("This person would have 5 traits of 160015 bytes") == true)
            #expect(try await service.number("SELECT count(*) FROM signals WHERE event = '$identify'") == 8)
        }
    }
}
