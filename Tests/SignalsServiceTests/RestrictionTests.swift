import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct RestrictionTests {
    private let person = Identifier(type: "customerId", value: "u")

    @Test("Data of a restricted person is kept and counted, and no read gives it out")
    func restricted() async throws {
        try await withSignals { service in
            try await service.track("A", "v", revenue: "1.00", currency: "EUR")
            try await service.track("A", "u", revenue: "2.00", currency: "EUR")
            let id = try await service.actor("u").id
            try await service.place(.restriction, on: person)
            // New facts are kept too.
            try await service.track("B", "u")

            #expect(try await failure { try await service.actor("u") }?.code == RPCError.Code.restricted)
            let byID = try await failure { try await service.actors.get(Actors.Get.Params(id: id), for: service.call) }
            #expect(byID?.code == RPCError.Code.restricted)
            let actors = try await service.actors.list(Actors.List.Params(), for: service.call).items
            #expect(actors.flatMap(\.identifiers).map(\.value) == ["v"])
            let signals = try await service.signals.list(Signals.List.Params(), for: service.call).items
            #expect(signals.map(\.event) == ["A"] && !signals.map(\.actorId).contains(id))
            let own = try await service.signals.list(Signals.List.Params(actorId: id), for: service.call).items
            #expect(own.isEmpty)
            let tail = try await service.signals.tail(
                Signals.Tail.Params(after: 0, waitMilliseconds: 0), for: service.call)
            #expect(tail.items.count == 1)
            // Sums say nothing of a person, and what was sold stays sold.
            let sums = try await service.summary()
            #expect(sums.signals == 3 && sums.actors == 2 && sums.revenue.map(\.amount) == [Amount("3.00")])
            #expect(try await service.actors.count(Actors.Count.Params(), for: service.call).actors == 2)

            let silent = try await failure { try await service.lift(.restriction) }
            #expect(silent?.message.hasPrefix("/params/noticeGivenAt: is needed") == true)
            try await service.lift(.restriction, told: "2026-01-01T00:00:00Z")
            #expect(try await service.actor("u").signals == 2)
            let again = try await failure { try await service.lift(.restriction, told: "2026-01-01T00:00:00Z") }
            #expect(again?.code == RPCError.Code.notFound)
        }
    }

    @Test("An objection and an opt-out leave a person in sight, and end what they are for")
    func others() async throws {
        try await withSignals { service in
            try await service.agree(person)
            service.advance(milliseconds: 1)
            try await service.place(.objection, on: person)
            try await service.place(.optOut, on: person)
            #expect(try await service.actor("u").identifiers.count == 1)
            #expect(try await service.mayUse("marketing", person) == .objected)
            #expect(try await service.mayUse("sale", person) == .optedOut)
            let usable = try await service.actors.list(Actors.List.Params(purpose: "marketing"), for: service.call)
            #expect(usable.items.isEmpty)
            try await service.lift(.objection)
            #expect(try await service.mayUse("marketing", person) == .basis)
            let again = try await service.actors.list(Actors.List.Params(purpose: "marketing"), for: service.call)
            #expect(again.items.count == 1)
            let listed = try await service.restrictions.list(
                Restrictions.List.Params(identifier: person), for: service.call)
            #expect(listed.items.map(\.kind) == [.optOut] && listed.items.map(\.source) == [.controller])
        }
    }

    @Test("Identifiers that are learned of a restricted person later are told to experiments, also by a correction")
    func learnedLater() async throws {
        try await withSignals { service in
            func told(since: Int = 0) async throws -> [String] {
                try await service.rows("SELECT body FROM outbox WHERE topic = 'restrictions.changed' ORDER BY sequence")
                    .dropFirst(since).map { $0[0] }
            }
            func message(_ kind: UseStopped.Kind, _ isStopped: Bool, _ type: String, _ value: String) -> String {
                let digest = service.tombstones.digestText(Identifier(type: type, value: value))
                let message = UseStopped(kind: kind, isStopped: isStopped, digests: [digest])
                return String(decoding: message.json(), as: UTF8.self)
            }
            let mail = Identifier(type: "email", value: "u@example.org")
            try await service.track("A", "u")
            try await service.identify("v", identifiers: [Identifier(type: "email", value: "v@example.org")])
            try await service.place(.restriction, on: person)
            try await service.place(.optOut, on: person)
            let before = try await told().count
            try await service.identify("u", identifiers: [mail])
            // What is known already is no news, and an opt-out is of nothing that experiments do.
            try await service.identify("u", identifiers: [mail])
            #expect(try await told(since: before) == [message(.restriction, true, "email", mail.value)])
            _ = try await Subjects.Client(service.client).correct(
                Subjects.Correct.Params(
                    request: CountedIdentifiers.id(1 << 42), identifiers: [person], actors: [],
                    corrections: [Correction(of: .identifier, name: "email", was: mail.value, value: "w@example.org")]),
                for: service.gateway)
            #expect(
                try await told(since: before + 1) == [
                    message(.restriction, true, "email", "w@example.org"),
                    message(.restriction, false, "email", mail.value),
                ])
        }
    }

    @Test("Placed twice, the first one stays, with its time")
    func twice() async throws {
        try await withSignals { service in
            try await service.place(.optOut, on: person)
            service.advance(milliseconds: 5_000)
            try await service.place(.optOut, on: person)
            let listed = try await service.restrictions.list(Restrictions.List.Params(), for: service.call)
            #expect(listed.items.map(\.since) == [SignalsUnderTest.start])
        }
    }

    @Test("Sec-GPC opts the person of a signal out of sale and sharing, in whatever way the signal comes")
    func globalPrivacyControl() async throws {
        try await withSignals { service in
            var call = service.call
            call.globalPrivacyControl = true
            _ = try await service.signals.track(Signals.Track.Params(event: "A", userId: "u"), for: call)
            _ = try await service.signals.identify(Signals.Identify.Params(userId: "v"), for: call)
            _ = try await service.signals.batch(
                Signals.Batch.Params(items: [
                    try JSONRaw(validating: #"{"type":"track","event":"A","anonymousId":"w"}"#),
                    try JSONRaw(validating: #"{"type":"track","event":"A"}"#),
                ]), for: call)
            try await service.track("A", "x")
            let listed = try await service.restrictions.list(Restrictions.List.Params(), for: service.call).items
            #expect(listed.count == 3)
            #expect(Set(listed.map(\.kind)) == [.optOut] && Set(listed.map(\.source)) == [.globalPrivacyControl])
            #expect(try await service.mayUse("sharing", person) == .optedOut)
            // Agreeing to it later, in so many words, counts more than what the browser goes on to say.
            service.advance(milliseconds: 1)
            _ = try await service.consents.record(
                Consents.Record.Params(
                    purpose: "sharing", legalBasis: .consent, identifier: person, noticeVersion: "1",
                    proof: ConsentProof(method: .webForm, source: "form/1")), for: service.call)
            _ = try await service.signals.track(Signals.Track.Params(event: "A", userId: "u"), for: call)
            #expect(try await service.mayUse("sharing", person) == .basis)
            #expect(try await service.mayUse("sale", person) == .optedOut)
        }
    }
}

extension SignalsUnderTest {
    /// Lifts what stops uses of the data of the customer `u`.
    func lift(_ kind: RestrictionKind, told: String? = nil) async throws {
        let person = Identifier(type: "customerId", value: "u")
        _ = try await restrictions.lift(
            Restrictions.Lift.Params(kind: kind, identifier: person, noticeGivenAt: told.flatMap { Timestamp($0) }),
            for: call)
    }
}
