import Beliefs
import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct BeliefsServiceTests {
    private static let now = SignalsUnderTest.start
    private static let day: Int64 = 86_400_000_000
    private static let u = Identifier(type: "customerId", value: "u")

    private static func id(_ number: UInt64) -> UUIDv7 { UUIDv7(milliseconds: 9, sequence: 0, random: number) }

    private static func item(
        _ number: UInt64, _ person: String = "u", _ kind: OfferKind = .percentOff, responded: Bool = true,
        daysAgo: Int64 = 0, campaign: UInt64? = nil, sources: [UUIDv7] = []
    ) -> RecordedResponse {
        RecordedResponse(
            offerKind: kind, channel: .email, responded: responded,
            at: Timestamp(microseconds: now.microseconds - daysAgo * day),
            identifier: Identifier(type: "customerId", value: person), evidenceId: id(number),
            campaignId: campaign.map(id), sources: sources)
    }

    /// A service's answer about `u`, without its version.
    private static func said(_ service: SignalsUnderTest) async throws -> [UInt64] {
        let belief = try #require(try await service.believed(u, .percentOff))
        return [belief.mean, belief.alpha, belief.beta, belief.effectiveEvidence].map(\.bitPattern)
            + [belief.interval.lower.bitPattern, belief.interval.upper.bitPattern, UInt64(belief.evidenceCount)]
            + [UInt64(bitPattern: belief.lastEvidenceAt?.microseconds ?? -1)]
    }

    @Test("Likeliest first, each with its interval, its campaigns, and as much evidence as there is")
    func get() async throws {
        try await withSignals { service in
            let verdicts = try await service.record(
                Self.item(1, campaign: 70), Self.item(2, responded: false, daysAgo: 90, campaign: 71),
                Self.item(3, "u", .gift, responded: false, campaign: 72), Self.item(4, "v"))
            #expect(verdicts.map(\.status) == [.accepted, .accepted, .accepted, .accepted])
            let beliefs = try await service.beliefs.get(
                Beliefs.Get.Params(identifier: Self.u), for: service.call
            ).items
            #expect(beliefs.map(\.offerKind) == [.percentOff, .gift])
            let first = try #require(beliefs.first)
            #expect(first.alpha == 1.5 && first.beta == 10 && first.mean == 1.5 / 11.5)
            #expect(first.effectiveEvidence == 1.5 && first.evidenceCount == 2 && first.version == 2)
            #expect(first.campaignIds == [Self.id(70), Self.id(71)] && first.lastEvidenceAt == Self.now)
            #expect(first.interval.lower < first.mean && first.mean < first.interval.upper)
            // Of what nothing is known the prior stands in, where both are named.
            let none = try #require(try await service.believed(Self.u, .trial))
            #expect(none.mean == 0.05 && none.version == 0 && none.evidenceCount == 0 && none.lastEvidenceAt == nil)
            let stranger = try await failure {
                try await service.believed(Identifier(type: "customerId", value: "w"), .trial)
            }
            #expect(stranger?.code == RPCError.Code.notFound)
        }
    }

    @Test("Only the ten campaigns with the newest evidence are named")
    func campaigns() async throws {
        try await withSignals { service in
            for number in UInt64(0)..<11 {
                try await service.record(Self.item(number, daysAgo: Int64(number), campaign: 100 + number))
            }
            try await service.record(Self.item(50, daysAgo: 20, campaign: 100))
            let belief = try #require(try await service.believed(Self.u, .percentOff))
            #expect(belief.campaignIds == (UInt64(100)..<110).map { Self.id($0) })
        }
    }

    @Test("Whatever order it comes in, and whatever was withdrawn or said otherwise before, the same is believed")
    func order() async throws {
        let told: [RecordedResponse] = (0..<60).map { (index: Int) -> RecordedResponse in
            let daysAgo = Int64(index * 37 % 200)
            return Self.item(UInt64(index), responded: index % 3 == 0, daysAgo: daysAgo)
        }
        var answers: [[UInt64]] = []
        for seed in UInt64(0)..<4 {
            try await withSignals { service in
                var generator = SeededGenerator(seed: seed)
                let shuffled = seed == 0 ? told : told.shuffled(using: &generator)
                if seed > 0 {
                    // What no longer holds: other people's, other answers, and some that are withdrawn.
                    for index in told.indices where index % 4 == 0 {
                        try await service.record(Self.item(UInt64(index), "v", responded: index % 2 == 0, daysAgo: 3))
                    }
                    let others = (UInt64(200)..<230).map { (number: UInt64) -> RecordedResponse in
                        Self.item(number, responded: number % 2 == 0, daysAgo: Int64(number) - 190)
                    }
                    try await service.record(others)
                    try await service.record(Array(shuffled.prefix(20)))
                    #expect(try await service.withdraw((UInt64(200)..<230).map(Self.id)).withdrawn == 30)
                    try await service.record(Array(shuffled.dropFirst(20)))
                } else {
                    try await service.record(shuffled)
                }
                answers.append(try await Self.said(service))
            }
        }
        #expect(answers.count == 4 && Set(answers).count == 1)
    }

    @Test("What is withdrawn counts as if it had never been told, and the version goes on")
    func withdrawn() async throws {
        try await withSignals { service in
            try await service.record(Self.item(1), Self.item(2, responded: false, daysAgo: 40))
            let before = try await Self.said(service)
            try await service.record(Self.item(3, daysAgo: 10), Self.item(4, responded: false))
            #expect(try await Self.said(service) != before)
            let reply = try await service.withdraw([Self.id(3), Self.id(99), Self.id(4), Self.id(3)])
            #expect(reply.withdrawn == 2 && reply.unknownIds == [Self.id(99), Self.id(3)])
            #expect(try await Self.said(service) == before)
            #expect(try await service.believed(Self.u, .percentOff)?.version == 6)
            // All of it: what is left is the prior, which is no longer version 0.
            try await service.withdraw([Self.id(1), Self.id(2)])
            let rest = try #require(try await service.believed(Self.u, .percentOff))
            #expect(rest.mean == 0.05 && rest.evidenceCount == 0 && rest.version == 8)
        }
    }

    @Test("The same again changes nothing, and another answer under the same id takes the first one's place")
    func again() async throws {
        try await withSignals { service in
            try await service.record(Self.item(1))
            #expect(try await service.record(Self.item(1)).map(\.status) == [.duplicate])
            #expect(try await service.believed(Self.u, .percentOff)?.version == 1)
            #expect(try await service.record(Self.item(1, responded: false)).map(\.status) == [.replaced])
            let belief = try #require(try await service.believed(Self.u, .percentOff))
            #expect(belief.alpha == 0.5 && belief.beta == 10.5 && belief.evidenceCount == 1 && belief.version == 3)
            // Somebody else's after all.
            #expect(try await service.record(Self.item(1, "v", .gift)).map(\.status) == [.replaced])
            #expect(try await service.believed(Self.u, .percentOff)?.evidenceCount == 0)
            #expect(
                try await service.believed(Identifier(type: "customerId", value: "v"), .gift)?.evidenceCount == 1)
        }
    }

    @Test("Asked of an earlier moment, it knows what had happened by then, with the weights of then")
    func asOf() async throws {
        try await withSignals { service in
            try await service.record(Self.item(1, daysAgo: 100), Self.item(2, responded: false, daysAgo: 10))
            try await service.record(Self.item(3, daysAgo: -1))
            func belief(daysAgo: Int64) async throws -> ResponseBelief {
                try #require(
                    try await service.believed(
                        Self.u, .percentOff,
                        asOf: Timestamp(microseconds: Self.now.microseconds - daysAgo * Self.day)))
            }
            #expect(try await belief(daysAgo: 101).evidenceCount == 0)
            #expect(try await belief(daysAgo: 100).alpha == 1.5)
            #expect(try await belief(daysAgo: 10).alpha == 1)
            #expect(try await belief(daysAgo: 10).beta == 10.5)
            // What is ahead of now counts when it is there.
            #expect(try await belief(daysAgo: 0).evidenceCount == 2)
            #expect(try await belief(daysAgo: -1).evidenceCount == 3)
        }
    }

    @Test("The log says what came, what went, what it cites and who told it, in order and in pages")
    func log() async throws {
        try await withSignals { service in
            let outcome = Self.id(500)
            try await service.record(Self.item(1, campaign: 7, sources: [outcome]))
            try await service.record(Self.item(2, "u", .gift))
            try await service.record(Self.item(1, responded: false))
            try await service.withdraw([Self.id(1)])
            let params = Beliefs.Log.Params(identifier: Self.u)
            let log = try await service.beliefs.log(params, for: service.call)
            #expect(
                log.items.map(\.change) == [.added, .added, .withdrawn, .added, .withdrawn] && log.nextCursor == nil)
            #expect(log.items.map(\.version) == [1, 1, 2, 3, 4])
            #expect(log.items[0].sources == [outcome] && log.items[2].sources == [outcome])
            #expect(log.items[0].campaignId == Self.id(7) && log.items[3].campaignId == nil)
            #expect(log.items.map(\.responded) == [true, true, true, false, false])
            #expect(Set(log.items.map(\.changedBy)) == ["key:test"])
            let gifts = try await service.beliefs.log(
                Beliefs.Log.Params(identifier: Self.u, offerKind: .gift), for: service.call)
            #expect(gifts.items.map(\.evidenceId) == [Self.id(2)])
            let page = try await service.beliefs.log(
                Beliefs.Log.Params(identifier: Self.u, limit: 4), for: service.call)
            let rest = try await service.beliefs.log(
                Beliefs.Log.Params(identifier: Self.u, cursor: page.nextCursor, limit: 4),
                for: service.call)
            #expect(page.items + rest.items == log.items && rest.nextCursor == nil)
            // Even who writes SQL does not change it.
            await #expect(throws: RPCError.self) {
                try await service.write { transaction throws(RPCError) in
                    _ = try transaction.run("UPDATE belief_log SET responded = 0")
                }
            }
        }
    }

    @Test("A list has everybody of whom there is evidence, page after page")
    func list() async throws {
        try await withSignals { service in
            try await service.record((0..<5).map { Self.item(UInt64($0), "p\($0)") } + [Self.item(9, "q", .gift)])
            var seen: [UUIDv7] = []
            var cursor: String?
            repeat {
                let page = try await service.beliefs.list(
                    Beliefs.List.Params(
                        offerKind: .percentOff, channel: .email, cursor: cursor, limit: 2), for: service.call)
                seen += page.items.map(\.actorId)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen.count == 5 && Set(seen).count == 5)
            let usable = try await service.beliefs.list(
                Beliefs.List.Params(offerKind: .percentOff, channel: .email, purpose: "marketing"),
                for: service.call)
            #expect(usable.items.isEmpty)
            try await service.agree(Identifier(type: "customerId", value: "p3"))
            let agreed = try await service.beliefs.list(
                Beliefs.List.Params(offerKind: .percentOff, channel: .email, purpose: "marketing"),
                for: service.call)
            #expect(agreed.items.map(\.actorId) == [seen[3]])
        }
    }

    @Test("Rules hold from the next read on, for what was told before them too")
    func rules() async throws {
        try await withSignals { service in
            try await service.record(Self.item(1, daysAgo: 30), Self.item(2, "u", .gift, daysAgo: 30))
            let client = BeliefRules.Client(service.client)
            func set(_ version: Int, _ exceptions: [LearningRule]) async throws -> LearningRules {
                try await client.set(
                    BeliefRules.Set.Params(
                        version: version, priorAlpha: 1, priorBeta: 1, halfLifeDays: 30, exceptions: exceptions),
                    for: service.call)
            }
            let gift = LearningRule(
                offerKind: .gift, channel: .email, priorAlpha: 4, priorBeta: 6, halfLifeDays: 15)
            #expect(try await set(0, [gift]).version == 1)
            #expect(try await service.believed(Self.u, .percentOff)?.alpha == 1.5)
            let belief = try #require(try await service.believed(Self.u, .gift))
            #expect(belief.alpha == 4.25 && belief.beta == 6)
            #expect(try await failure { try await set(0, []) }?.code == RPCError.Code.versionMismatch)
            #expect(try await failure { try await set(1, [gift, gift]) }?.code == RPCError.Code.invalidParams)
            #expect(try await set(1, []).exceptions.isEmpty)
            #expect(try await service.believed(Self.u, .gift)?.alpha == 1.5)
        }
    }

    // MARK: From siblings

    @Test("What a sibling learned arrives by message, once; who is gone is passed over, and the later word holds")
    func messages() async throws {
        try await withSignals { service in
            try await service.track("A", "u")
            let actor = try await service.actor("u").id
            func learned(_ number: UInt64, _ responded: Bool, of actor: UUIDv7) -> LearnedResponse {
                LearnedResponse(
                    evidenceId: Self.id(number), actorId: actor, offerKind: .percentOff, channel: .email,
                    responded: responded, at: Self.now, campaignId: Self.id(70), sources: [Self.id(71)])
            }
            let first = ResponsesLearned(items: [
                learned(1, true, of: actor), learned(2, true, of: Self.id(12_345)), learned(3, false, of: actor),
            ])
            try await service.deliver(1, first)
            try await service.deliver(1, first)
            try await service.deliver(2, first)
            var belief = try #require(try await service.believed(Self.u, .percentOff))
            #expect(belief.alpha == 1.5 && belief.beta == 10.5 && belief.version == 2)
            #expect(belief.campaignIds == [Self.id(70)])
            try await service.deliver(
                3, ResponsesLearned(items: [learned(3, true, of: actor)], withdrawn: [Self.id(1), Self.id(99)]))
            belief = try #require(try await service.believed(Self.u, .percentOff))
            #expect(belief.alpha == 1.5 && belief.beta == 9.5 && belief.version == 5)
            let log = try await service.beliefs.log(
                Beliefs.Log.Params(identifier: Self.u), for: service.call)
            #expect(log.items.last?.changedBy == "service:experiments" && log.items.last?.sources == [Self.id(71)])
            // Withdrawn first: what a message both withdraws and says is there.
            try await service.deliver(
                4, ResponsesLearned(items: [learned(1, true, of: actor)], withdrawn: [Self.id(1)]))
            #expect(try await service.believed(Self.u, .percentOff)?.evidenceCount == 2)
            // After an erasure a message that was on its way leaves nothing.
            try await service.erase(Self.u)
            try await service.deliver(5, first)
            #expect(try await service.number("SELECT count(*) FROM belief_evidence") == 0)
            #expect(try await service.number("SELECT count(*) FROM dead_letters") == 0)
        }
    }

    // MARK: Privacy

    @Test("Of a restricted person evidence is kept, and nothing is said")
    func restricted() async throws {
        try await withSignals { service in
            try await service.record(Self.item(1), Self.item(2, "v"))
            try await service.place(.restriction, on: Self.u)
            try await service.record(Self.item(3))
            #expect(
                try await failure { try await service.believed(Self.u, .percentOff) }?.code
                    == RPCError.Code.restricted)
            let log = try await failure {
                try await service.beliefs.log(Beliefs.Log.Params(identifier: Self.u), for: service.call)
            }
            #expect(log?.code == RPCError.Code.restricted)
            let list = try await service.beliefs.list(
                Beliefs.List.Params(offerKind: .percentOff, channel: .email), for: service.call)
            #expect(list.items.map(\.actorId) == [try await service.actor("v").id])
            try await service.lift(.restriction, told: "2026-01-01T00:00:00Z")
            #expect(try await service.believed(Self.u, .percentOff)?.evidenceCount == 2)
        }
    }

    @Test("An erasure leaves nothing that was believed, and who was erased is refused alone")
    func erasure() async throws {
        try await withSignals { service in
            let outcome = "01930000-0000-7000-8000-0000000abcde"
            let cited = try #require(UUIDv7(outcome))
            try await service.record(Self.item(1, sources: [cited]), Self.item(2, "v"))
            try await service.withdraw([Self.id(1)])
            try await service.record(Self.item(3, sources: [cited]))
            let rows = try await service.erase(Self.u)
            #expect(rows["belief_evidence"] == 1 && rows["beliefs"] == 1 && rows["belief_log"] == 3)
            #expect(try await service.filesHolding([outcome]) == [])
            for count in [
                try await service.number("SELECT count(*) FROM belief_evidence"),
                try await service.number("SELECT count(*) FROM beliefs"),
                try await service.number("SELECT count(*) FROM belief_log"),
            ] {
                #expect(count == 1)
            }
            let verdicts = try await service.record(Self.item(4), Self.item(5, "v"))
            #expect(verdicts.map(\.status) == [.rejected, .accepted])
            #expect(verdicts[0].code == RPCError.Code.suppressed && verdicts[0].evidenceId == nil)
        }
    }

    @Test("What retention takes away counts no more, and raises the version")
    func retention() async throws {
        try await withSignals { service in
            try await service.record(Self.item(1), Self.item(2, daysAgo: 800))
            try await service.write { transaction throws(RPCError) in
                _ = try transaction.run("DELETE FROM belief_evidence WHERE at < 1700000000000000")
            }
            let belief = try #require(try await service.believed(Self.u, .percentOff))
            #expect(belief.evidenceCount == 1 && belief.version == 3)
        }
    }

    // MARK: Limits

    @Test("500 items are taken at once and no more, and each is judged alone")
    func items() async throws {
        try await withSignals { service in
            let items = (0..<500).map { Self.item(UInt64($0), "p\($0 % 50)") }
            #expect(try await service.record(items).allSatisfy { $0.status == .accepted })
            let tooMany = try await failure { try await service.record(items + [Self.item(900)]) }
            #expect(tooMany?.code == RPCError.Code.invalidParams)
            let late = Timestamp(microseconds: Self.now.microseconds + Self.day + 1)
            func odd(at: Timestamp, actor: UUIDv7? = nil, _ identifier: Identifier? = nil) -> RecordedResponse {
                RecordedResponse(
                    offerKind: .none, channel: .mailbox, responded: true, at: at, actorId: actor,
                    identifier: identifier)
            }
            let verdicts = try await service.record([
                odd(at: late, Self.u), odd(at: Timestamp(microseconds: late.microseconds - 1), Self.u),
                odd(at: Self.now), odd(at: Self.now, actor: Self.id(1), Self.u), odd(at: Self.now, actor: Self.id(1)),
                odd(at: Self.now, Identifier(type: "email", value: "no address")),
            ])
            #expect(verdicts.map(\.status) == [.rejected, .accepted, .rejected, .rejected, .rejected, .rejected])
            #expect(verdicts[0].message?.contains("/params/items/0/at") == true)
            #expect(verdicts[4].code == RPCError.Code.notFound)
            #expect(try await service.number("SELECT count(*) FROM belief_evidence WHERE offer_kind = 'none'") == 1)
        }
    }

    @Test("A belief looks at its newest ten thousand pieces", arguments: [9_999, 10_000, 10_001])
    func pieces(count: Int) async throws {
        try await withSignals { service in
            try await service.track("A", "u")
            let actor = ActorStore.Key(number: 1, id: try await service.actor("u").id)
            try await service.write { transaction throws(RPCError) in
                for index in 0..<count {
                    // The oldest is the only response.
                    let response = ResponseEvidence(
                        id: Self.id(UInt64(index)),
                        at: Timestamp(microseconds: Self.now.microseconds - Int64(count - index)), responded: index == 0
                    )
                    try BeliefStore().add(
                        CitedEvidence(
                            topic: BeliefTopic(actor: actor, offerKind: .percentOff, channel: .email),
                            response: response, campaign: nil, sources: []),
                        at: Self.now, by: "test", in: transaction)
                }
            }
            let belief = try #require(try await service.believed(Self.u, .percentOff))
            #expect(belief.evidenceCount == min(count, 10_000) && belief.version == count)
            #expect((belief.alpha > 1) == (count <= 10_000))
        }
    }
}

extension SignalsUnderTest {
    var beliefs: Beliefs.Client { Beliefs.Client(client) }

    @discardableResult
    func record(_ items: RecordedResponse...) async throws -> [EvidenceVerdict] { try await record(items) }

    @discardableResult
    func record(_ items: [RecordedResponse]) async throws -> [EvidenceVerdict] {
        try await beliefs.record(Beliefs.Record.Params(items: items), for: call).verdicts
    }

    @discardableResult
    func withdraw(_ ids: [UUIDv7]) async throws -> Beliefs.Withdraw.Reply {
        try await beliefs.withdraw(Beliefs.Withdraw.Params(evidenceIds: ids), for: call)
    }

    /// What is believed of somebody's response to a kind of offer by e-mail.
    func believed(
        _ person: Identifier, _ kind: OfferKind, asOf: Timestamp? = nil
    ) async throws -> ResponseBelief? {
        try await beliefs.get(
            Beliefs.Get.Params(identifier: person, offerKind: kind, channel: .email, asOf: asOf), for: call
        ).items.first
    }

    /// Delivers a message of a sibling's.
    func deliver(_ sequence: Int, _ message: ResponsesLearned) async throws {
        var sibling = call
        sibling.principal = "service:experiments"
        _ = try await BrandMessages.Client(client).deliver(
            BrandMessages.Deliver.Params(
                sender: "experiments", incarnation: String(repeating: "0", count: 32),
                messages: [Message(sequence: sequence, topic: "beliefs.evidence", body: JSONRaw(message))]),
            for: sibling)
    }
}
