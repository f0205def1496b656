import CommonAPI
import JSON
import JSONRPC
import ServiceKit
import SignalsAPI
import Testing

@Suite struct IdentityTests {
    private func identifier(_ type: String, _ value: String) -> Identifier { Identifier(type: type, value: value) }

    @Test("A new identifier next to a known one points to the same person from then on")
    func attach() async throws {
        try await withSignals { service in
            let anonymous = try await service.track("Page Viewed", anonymousID: "a-1")
            let known = try await service.track("Signed Up", "u-1", anonymousID: "a-1")
            let later = try await service.track("Order Completed", "u-1")
            #expect(anonymous.actorId == known.actorId && known.actorId == later.actorId)
            let actor = try await service.actor("u-1")
            #expect(actor.identifiers == [identifier("anonymousId", "a-1"), identifier("customerId", "u-1")])
            #expect(actor.signals == 3)
        }
    }

    @Test("Identifiers of two people in one call are a conflict that names both types, and nothing is left of it")
    func twoPeople() async throws {
        try await withSignals { service in
            try await service.track("A", "u-1")
            try await service.track("A", anonymousID: "a-1")
            let error = try await failure {
                try await service.track(
                    "A", "u-1", anonymousID: "a-1", identifiers: [identifier("email", "new@example.org")])
            }
            #expect(error?.code == RPCError.Code.conflict)
            #expect(
                error?.message
                    == "This customerId and this anonymousId belong to two different people; send each with a call of its own."
            )
            #expect(try await service.number("SELECT count(*) FROM signals") == 2)
            #expect(try await service.number("SELECT count(*) FROM identifiers") == 2)
        }
    }

    @Test(
        "An identifier is one, however it is written",
        arguments: [
            ("customerId", "00001", " 00001\t"), ("email", "Ann@Example.org", "ann@example.org"),
            ("phone", "+1 (555) 010-9999", "+15550109999"), ("loyaltyId", "ü", "\u{2003}ü"),
        ])
    func canonical(type: String, first: String, second: String) async throws {
        try await withSignals { service in
            let one = try await service.track("A", identifiers: [identifier(type, first)])
            let two = try await service.track("A", identifiers: [identifier(type, second), identifier(type, first)])
            #expect(one.actorId == two.actorId)
            #expect(try await service.number("SELECT count(*) FROM identifiers") == 1)
            let found = try await service.actors.get(
                Actors.Get.Params(identifier: identifier(type, first)), for: service.call)
            #expect(found.id == one.actorId)
        }
    }

    @Test("Case counts where a type gives it meaning, and types do not mix")
    func distinct() async throws {
        try await withSignals { service in
            let ids = [
                try await service.track("A", "abc").actorId, try await service.track("A", "ABC").actorId,
                try await service.track("A", anonymousID: "abc").actorId,
                try await service.track("A", identifiers: [identifier("phone", "15550109999")]).actorId,
                try await service.track("A", identifiers: [identifier("phone", "+15550109999")]).actorId,
            ]
            #expect(Set(ids).count == 5)
        }
    }

    @Test("A person has at most 64 identifiers")
    func limit() async throws {
        try await withSignals { service in
            for group in 0..<4 {
                let count = group == 3 ? 15 : 16
                let further = (0..<count).map { identifier("card", "\(group)-\($0)") }
                try await service.identify("u-1", identifiers: further)
            }
            #expect(try await service.actor("u-1").identifiers.count == 64)
            let error = try await failure {
                try await service.track("A", "u-1", identifiers: [identifier("card", "more")])
            }
            #expect(error?.code == RPCError.Code.conflict)
            #expect(error?.message == "This person has 64 identifiers; with 1 more there would be over 64.")
            #expect(try await service.number("SELECT count(*) FROM signals") == 4)
        }
    }

    @Test("An actor is found by id or by identifier, and by neither or both is a wrong call")
    func get() async throws {
        try await withSignals { service in
            let receipt = try await service.track("A", "u-1", at: "2025-03-01T00:00:00Z")
            try await service.track("A", "u-1", at: "2024-03-01T00:00:00Z")
            let id = try #require(receipt.actorId)
            let actor = try await service.actors.get(Actors.Get.Params(id: id), for: service.call)
            #expect(actor == (try await service.actor("u-1")))
            #expect(actor.firstSeenAt == Timestamp("2024-03-01T00:00:00Z"))
            #expect(actor.lastSeenAt == Timestamp("2025-03-01T00:00:00Z"))
            #expect(actor.kind == .individual)
            let both = Actors.Get.Params(id: id, identifier: identifier("customerId", "u-1"))
            for params in [Actors.Get.Params(), both] {
                let error = try await failure { try await service.actors.get(params, for: service.call) }
                #expect(error?.code == RPCError.Code.invalidParams)
            }
            for unknown in [identifier("customerId", "u-2"), identifier("email", "no address")] {
                let error = try await failure {
                    try await service.actors.get(Actors.Get.Params(identifier: unknown), for: service.call)
                }
                #expect(error?.code == RPCError.Code.notFound)
                #expect(error?.message.contains(unknown.value) == false)
            }
        }
    }

    @Test("Actors are listed and counted, oldest first, page by page")
    func list() async throws {
        try await withSignals { service in
            for number in 1...7 { try await service.track("A", "u-\(number)") }
            var found: [String] = []
            var cursor: String?
            var pages = 0
            repeat {
                let page = try await service.actors.list(
                    Actors.List.Params(cursor: cursor, limit: 3), for: service.call)
                found += page.items.map(\.identifiers[0].value)
                cursor = page.nextCursor
                pages += 1
            } while cursor != nil
            #expect(found == (1...7).map { "u-\($0)" })
            #expect(pages == 3)
            #expect(try await service.actors.count(Actors.Count.Params(), for: service.call).actors == 7)
            for cursor in ["x", "0", "-1", "01", "9223372036854775808"] {
                let error = try await failure {
                    try await service.actors.list(Actors.List.Params(cursor: cursor), for: service.call)
                }
                #expect(error == .invalidCursor)
            }
        }
    }
}
