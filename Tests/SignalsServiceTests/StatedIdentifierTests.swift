import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import ServiceKit
@testable import SignalsService

@Suite struct StatedIdentifierTests {
    @Test(
        "A request by what one person has as a trait is about them, with all their identifiers, however it is written",
        arguments: [
            (#"{"email":"Ann@Example.org"}"#, "email", "ann@example.org "),
            (#"{"E-Mail":"ann@example.org"}"#, "email", "ANN@example.org"),
            (#"{"phone":"+49 (30) 1234"}"#, "phone", "+49301234"), (#"{"phone":49301234}"#, "phone", "49 30 1234"),
            (#"{"customer_number":"K-7"}"#, "customerNumber", "K-7"),
        ])
    func one(traits: String, type: String, value: String) async throws {
        try await withSignals { service in
            let device = Identifier(type: "device", value: "d-1")
            try await service.identify("ann", traits, identifiers: [device])
            try await service.identify(
                "ben", #"{"email":"ben@example.org","phone":"+4930999","note":"ann@example.org"}"#)
            let named = Identifier(type: type, value: value)
            #expect(try await service.recognize(named) == 1)
            let found = try await service.find(named)
            #expect(found.identifiers.map(\.value).sorted() == ["ann", "d-1"])
            #expect(found.actors == [try await service.actor("ann").id])
            #expect(try await service.erase(named)["actors"] == 1)
            #expect(try await failure { try await service.track("A", "ann") }?.code == RPCError.Code.suppressed)
            #expect(try await service.actor("ben").identifiers.map(\.value) == ["ben"])
        }
    }

    @Test("Of several people who have it as a trait nobody is guessed; whoever has it as an identifier is meant alone")
    func several() async throws {
        try await withSignals { service in
            let shared = Identifier(type: "email", value: "family@example.org")
            #expect(try await service.recognize(shared) == 0)
            try await service.identify("ann", #"{"email":"family@example.org"}"#)
            #expect(try await service.recognize(shared) == 1)
            try await service.identify("ben", #"{"email":"Family@example.org"}"#)
            #expect(try await service.recognize(shared) == 2)
            #expect(try await service.find(shared).actors.isEmpty)
            // Named by what they have, the other stays.
            let ann = Identifier(type: "customerId", value: "ann")
            #expect(try await service.recognize(ann, shared) == 0)
            #expect(try await service.find(ann, shared).actors == [try await service.actor("ann").id])
            try await service.identify("cid", identifiers: [shared])
            #expect(try await service.recognize(shared) == 0)
            #expect(try await service.find(shared).actors == [try await service.actor("cid").id])
        }
    }

    @Test("Asked again after it erased somebody, it does not turn to whoever has their identifier as a trait")
    func again() async throws {
        try await withSignals { service in
            let email = Identifier(type: "email", value: "ann@example.org")
            try await service.identify("ann", identifiers: [email])
            try await service.identify("ben", #"{"email":"ann@example.org"}"#)
            let request = CountedIdentifiers.id(1 << 41)
            let first = try await service.eraseOnce([email], [], for: request)
            let ann = try await service.actor("ann").id
            #expect(first.actors == [ann] && first.isPostponed)
            for _ in 0..<2 {
                let done = try await service.eraseOnce([email] + first.identifiers, [ann], for: request)
                #expect(done.actors.isEmpty && !done.isPostponed && done.hasErased)
            }
            #expect(try await service.actor("ben").identifiers.count == 1)
        }
    }

    @Test("An opt-out by a trait stops the use of whom it means, and makes nobody known")
    func optOut() async throws {
        try await withSignals { service in
            try await service.identify("ann", #"{"email":"ann@example.org"}"#)
            let reply = try await Subjects.Client(service.client).restrict(
                Subjects.Restrict.Params(
                    request: CountedIdentifiers.id(1 << 41), kind: .optOut,
                    identifiers: [Identifier(type: "email", value: "ann@example.org")], actors: []),
                for: service.gateway)
            #expect(reply.rows.map(\.table) == ["processing_restrictions"])
            #expect(reply.actors == [try await service.actor("ann").id])
            #expect(try await service.number("SELECT count(*) FROM actors") == 1)
        }
    }

    @Test("A consent by what one person has as a trait is theirs, who is known by it from then on; of several nobody's")
    func consent() async throws {
        try await withSignals { service in
            let email = Identifier(type: "email", value: "Ann@Example.org")
            try await service.identify("ann", #"{"email":"aNN@example.org"}"#)
            func agree(_ identifier: Identifier) async throws {
                _ = try await service.consents.record(
                    Consents.Record.Params(purpose: "orders", legalBasis: .contract, identifier: identifier),
                    for: service.call)
            }
            try await agree(email)
            #expect(try await service.number("SELECT count(*) FROM actors") == 1)
            #expect(try await service.actor("ann").identifiers.map(\.value) == ["ann", "ann@example.org"])
            let phone = Identifier(type: "phone", value: "+49 30 1234")
            try await service.identify("ben", #"{"phone":"+49 30 1234"}"#)
            try await service.identify("cid", #"{"phone":"+49301234"}"#)
            try await agree(phone)
            #expect(try await service.number("SELECT count(*) FROM actors") == 4)
            let plan = try await service.rows(
                """
                EXPLAIN QUERY PLAN SELECT DISTINCT actor FROM traits
                WHERE name IN ('email', 'phone') AND name = 'email' AND lower(value) IN (lower('a'), lower('b')) LIMIT 2
                """)
            #expect(plan.contains { $0.last?.contains("traits_by_contact") == true })
        }
    }

    @Test("Who was erased is refused where their address or number comes as a trait or a property, by every way in")
    func refused() async throws {
        try await withSignals { service in
            let email = Identifier(type: "email", value: "unmistakable@example.org")
            let phone = Identifier(type: "phone", value: "+49 30 12345678")
            try await service.identify("gone", identifiers: [email, phone])
            // Nobody is refused before they are erased.
            try await service.track("A", "early", properties: #"{"email":"unmistakable@example.org"}"#)
            try await service.erase(Identifier(type: "customerId", value: "early"))
            try await service.erase(email)
            let attempts: [() async throws -> Receipt] = [
                { try await service.identify("ben", #"{"city":"Ulm","email":"Unmistakable@example.org"}"#) },
                { try await service.identify("ben", #"{"Phone":"+493012345678"}"#) },
                { try await service.track("A", "ben", properties: #"{"E_Mail":" unmistakable@example.org "}"#) },
                { try await service.track("A", properties: #"{"n":[1],"phone":"+49 (30) 1234-5678"}"#) },
            ]
            for attempt in attempts {
                let error = try #require(try await failure(attempt))
                #expect(error.code == RPCError.Code.suppressed && !error.message.contains("unmistakable"))
            }
            let batch = try await service.call(
                "signals.batch",
                #"""
                {"items":[{"type":"identify","userId":"cid","traits":{"email":"unmistakable@example.org"}},
                    {"type":"track","event":"A","userId":"cid","properties":{"email":"other@example.org"}}]}
                """#)
            #expect(batch["verdicts"]?.array?.map { $0["status"]?.string } == ["rejected", "accepted"])
            let mapping =
                #"{"kind":"actors","source_fields":{"id":"identifier.customerId","mail":"traits.email"}}"#
            let done = try await service.load(
                Array("id,mail\ncid,unmistakable@example.org\ncid,other@example.org\n".utf8), mapping: mapping)
            #expect([done.rows, done.accepted, done.rejected] == [2, 1, 1])
            #expect(try await service.rejected(by: done).map(\.row) == [""])
            #expect(try await service.filesHolding(["unmistakable", "Unmistakable"]) == [])
            #expect(try await service.number("SELECT count(*) FROM actors") == 1)
            // Neither does a correction bring them back.
            let wrong = Correction(of: .trait, name: "email", value: #""unmistakable@example.org""#)
            let corrected = try await Subjects.Client(service.client).correct(
                Subjects.Correct.Params(
                    request: CountedIdentifiers.id(1 << 41),
                    identifiers: [Identifier(type: "customerId", value: "cid")],
                    actors: [], corrections: [wrong]), for: service.gateway)
            #expect(corrected.outcomes.map(\.outcome) == [.taken])
        }
    }
}

extension SignalsUnderTest {
    fileprivate func recognize(_ identifiers: Identifier...) async throws -> Int {
        try await Subjects.Client(client).recognize(
            Subjects.Recognize.Params(identifiers: identifiers), for: gateway
        ).people
    }

    fileprivate func find(_ identifiers: Identifier...) async throws -> Subjects.Find.Reply {
        try await Subjects.Client(client).find(
            Subjects.Find.Params(identifiers: identifiers, actors: [], purpose: .access), for: gateway)
    }
}
