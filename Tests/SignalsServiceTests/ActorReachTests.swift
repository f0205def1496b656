import JSON
import JSONRPC
import JSONRPCInProcess
import ServiceContract
import SignalsAPI
import Testing

/// Who reaches only some actors: what they are answered, method by method.
@Suite struct ActorReachTests {
    /// What is asked of each method whose contract says that it answers the reached actors. A new one fails until it
    /// stands here. `{one}` is somebody who is reached, `{other}` somebody who is not.
    private static let questions: [String: [String]] = [
        "actors.count": ["{}"],
        "actors.get": [
            #"{"id": "{one}"}"#, #"{"id": "{other}"}"#, #"{"identifier": {"type": "customerId", "value": "gold"}}"#,
            #"{"identifier": {"type": "customerId", "value": "silver"}}"#,
        ],
        "actors.list": [#"{"limit": 1}"#, #"{"limit": 4}"#, #"{"limit": 5}"#, "{}"],
        "beliefs.get": [
            #"{"actorId": "{one}"}"#, #"{"actorId": "{other}"}"#,
            #"{"identifier": {"type": "customerId", "value": "silver"}, "offerKind": "gift", "channel": "email"}"#,
        ],
        "beliefs.list": [
            #"{"offerKind": "gift", "channel": "email"}"#, #"{"offerKind": "gift", "channel": "email", "limit": 1}"#,
            #"{"offerKind": "gift", "channel": "email", "limit": 4}"#,
            #"{"offerKind": "gift", "channel": "email", "limit": 5, "purpose": "coaching"}"#,
        ],
        "beliefs.log": [
            #"{"actorId": "{one}"}"#, #"{"actorId": "{other}"}"#,
            #"{"identifier": {"type": "customerId", "value": "silver"}}"#,
        ],
        "consents.check": [
            #"{"purpose": "coaching", "actorIds": ["{one}", "{other}"]}"#,
            #"{"purpose": "coaching", "identifiers": [{"type": "customerId", "value": "gold"}, {"type": "customerId", "value": "silver"}]}"#,
        ],
        "consents.history": [
            #"{"actorId": "{one}"}"#, #"{"actorId": "{other}"}"#,
            #"{"identifier": {"type": "customerId", "value": "silver"}}"#,
        ],
        "consents.list": ["{}", #"{"limit": 1}"#, #"{"limit": 4}"#, #"{"limit": 5}"#, #"{"actorId": "{other}"}"#],
        "consents.record": [
            #"{"purpose": "news", "legalBasis": "contract", "actorId": "{one}"}"#,
            #"{"purpose": "news", "legalBasis": "contract", "actorId": "{other}"}"#,
            #"{"purpose": "news", "legalBasis": "contract", "identifier": {"type": "customerId", "value": "silver"}}"#,
            #"{"purpose": "news", "legalBasis": "contract", "identifier": {"type": "customerId", "value": "new"}}"#,
        ],
        "consents.withdraw": [
            #"{"purpose": "coaching", "actorId": "{one}"}"#, #"{"purpose": "coaching", "actorId": "{other}"}"#,
        ],
        "restrictions.lift": [
            #"{"kind": "optOut", "actorId": "{other}"}"#, #"{"kind": "optOut", "actorId": "{one}"}"#,
            #"{"kind": "optOut", "identifier": {"type": "customerId", "value": "silver"}}"#,
        ],
        "restrictions.list": ["{}", #"{"limit": 1}"#, #"{"limit": 4}"#, #"{"limit": 5}"#, #"{"actorId": "{other}"}"#],
        "restrictions.place": [
            #"{"kind": "objection", "actorId": "{one}"}"#, #"{"kind": "objection", "actorId": "{other}"}"#,
            #"{"kind": "objection", "identifier": {"type": "customerId", "value": "silver"}}"#,
            #"{"kind": "objection", "identifier": {"type": "customerId", "value": "new"}}"#,
        ],
        "scores.get": [
            #"{"actorId": "{one}"}"#, #"{"actorId": "{other}"}"#, #"{"actorId": "{one}", "quintiles": false}"#,
            #"{"identifier": {"type": "customerId", "value": "silver"}}"#,
        ],
        "scores.list": [
            "{}", #"{"limit": 1}"#, #"{"limit": 4}"#, #"{"limit": 5}"#, #"{"stage": "new"}"#, #"{"quintiles": false}"#,
        ],
        "segments.members": [
            #"{"key": "visitors"}"#, #"{"key": "visitors", "limit": 1}"#, #"{"key": "visitors", "limit": 4}"#,
            #"{"key": "visitors", "purpose": "coaching"}"#,
        ],
        "segments.memberships": [#"{"actorId": "{one}"}"#, #"{"actorId": "{other}"}"#],
        "segments.preview": [
            #"{"rule": {"event": "Visit"}, "limit": 50}"#, #"{"rule": {"not": {"event": "Visit"}}, "limit": 0}"#,
        ],
        "signals.arrivals": [#"{"minutes": 5}"#],
        "signals.list": [
            "{}", #"{"limit": 8}"#, #"{"limit": 7}"#, #"{"event": "Visit"}"#, #"{"event": "Secret"}"#,
            #"{"actorId": "{one}"}"#, #"{"actorId": "{other}"}"#,
        ],
        "signals.summarize": ["{}", #"{"event": "Visit", "by": "day"}"#, #"{"event": "Secret", "by": "hour"}"#],
        "signals.tail": [#"{"after": 0, "waitMilliseconds": 0}"#, #"{"after": 0, "limit": 1, "waitMilliseconds": 0}"#],
    ]

    /// People by name, with what is stated of them, in the order in which they come.
    private static let people: [(name: String, traits: String, isReached: Bool)] = [
        ("nobody's", #"{"plan": "gold"}"#, false),
        ("gold", #"{"segment_id": "gold"}"#, true),
        ("silver", #"{"segment_id": "silver", "note": "gold"}"#, false),
        ("escaped", #"{"segment_id": "\u0067old"}"#, true),
        ("capital", #"{"segment_id": "Gold"}"#, false),
        ("object", #"{"segment_id": {"a": "gold"}}"#, false),
        ("second", #"{"segment_id": "silver", "subsegment_ids": ["a", "vip"]}"#, true),
        ("nested", #"{"subsegment_ids": [["gold"], "goldfish", null, 7]}"#, false),
        ("plain", #"{"subsegment_ids": "vip"}"#, true),
        ("list", #"{"segment_id": "[\"gold\"]"}"#, false),
        ("last", #"{"segment_id": "silver"}"#, false),
    ]
    private static let segments = ["gold", "vip"]

    /// Sends the people in, each with a visit of theirs and a purchase, a consent and an opt-out; between them signals
    /// about nobody.
    private static func fill(_ service: SignalsUnderTest, everybody: Bool) async throws {
        try await makeSegment(service)
        for person in people where everybody || person.isReached {
            try await service.identify(person.name, person.traits, id: "i-\(person.name)")
            try await service.track(
                person.isReached ? "Visit" : "Secret", person.name, id: "v-\(person.name)", revenue: "12.50",
                currency: person.isReached ? "EUR" : "USD")
            let customer = #"{"type": "customerId", "value": "\#(person.name)"}"#
            _ = try await service.call(
                "consents.record",
                #"{"purpose": "coaching", "legalBasis": "consent", "identifier": \#(customer), "noticeVersion": "1", "#
                    + #""proof": {"method": "app", "source": "onboarding/3"}}"#)
            _ = try await service.call("restrictions.place", #"{"kind": "optOut", "identifier": \#(customer)}"#)
            _ = try await service.call(
                "beliefs.record",
                #"{"items": [{"offerKind": "gift", "channel": "email", "responded": true, "at": "2025-12-01T00:00:00Z", "#
                    + #""identifier": \#(customer)}]}"#)
            if everybody { try await service.track("Visit", id: "n-\(person.name)", revenue: "99.00") }
        }
        _ = try await service.call("scoreRules.set", #"{"purchaseEvents": ["Visit", "Secret"]}"#)
    }

    private static func makeSegment(_ service: SignalsUnderTest) async throws {
        let rule = #"{"lastSeen": {"withinDays": 1}}"#
        _ = try await service.call("segments.create", #"{"key": "visitors", "name": "Visitors", "rule": \#(rule)}"#)
    }

    @Test(
        "Who reaches some segments is answered as if there were nobody else",
        arguments: SignalsContract.methods.filter { $0.actors == .reached }.map(\.name))
    func asIfAlone(method: String) async throws {
        let questions = try #require(Self.questions[method], "ask something of \(method) here")
        try await withSignals { crowded in
            try await withSignals { alone in
                try await Self.fill(crowded, everybody: true)
                try await Self.fill(alone, everybody: false)
                let other = try await crowded.actor("last").id
                for question in questions {
                    var answers: [String] = []
                    for service in [crowded, alone] {
                        let params = question.replacing("{one}", with: "\(try await service.actor("gold").id)")
                            .replacing("{other}", with: "\(other)")
                        answers.append(await Self.answer(service, method, params, reaching: Self.segments))
                    }
                    #expect(answers[0] == answers[1], "\(question)")
                    #expect(!answers[0].contains("Secret") && !answers[0].contains("USD"))
                }
            }
        }
    }

    @Test("There is something to hide: who reaches everybody is answered otherwise", arguments: questions.keys.sorted())
    func everybody(method: String) async throws {
        try await withSignals { crowded in
            try await Self.fill(crowded, everybody: true)
            let (one, other) = (try await crowded.actor("gold").id, try await crowded.actor("last").id)
            var differs = false
            for question in Self.questions[method] ?? [] {
                let params = question.replacing("{one}", with: "\(one)").replacing("{other}", with: "\(other)")
                let all = await Self.answer(crowded, method, params, reaching: nil)
                if await Self.answer(crowded, method, params, reaching: Self.segments) != all { differs = true }
            }
            #expect(differs)
        }
    }

    @Test("Who reaches nobody is answered as in a brand without anybody", arguments: questions.keys.sorted())
    func nobody(method: String) async throws {
        try await withSignals { crowded in
            try await withSignals { empty in
                try await Self.fill(crowded, everybody: true)
                try await Self.makeSegment(empty)
                let (one, other) = (try await crowded.actor("gold").id, try await crowded.actor("last").id)
                for question in Self.questions[method] ?? [] {
                    let params = question.replacing("{one}", with: "\(one)").replacing("{other}", with: "\(other)")
                    let answer = await Self.answer(crowded, method, params, reaching: [])
                    #expect(answer == (await Self.answer(empty, method, params, reaching: [])), "\(question)")
                }
            }
        }
    }

    @Test("Somebody is reached from the very next read after a statement, and no longer after the next one")
    func joinAndLeave() async throws {
        try await withSignals { service in
            func count() async throws -> Int {
                var call = service.call
                call.segments = ["gold"]
                return try await service.actors.count(Actors.Count.Params(), for: call).actors
            }
            try await service.identify("a", #"{"segment_id": "silver"}"#, at: "2025-01-01T00:00:00Z")
            #expect(try await count() == 0)
            try await service.identify("a", #"{"segment_id": "gold"}"#, at: "2025-01-02T00:00:00Z")
            #expect(try await count() == 1)
            try await service.identify("a", #"{"segment_id": null}"#, at: "2025-01-03T00:00:00Z")
            #expect(try await count() == 0)
        }
    }

    @Test(
        "What may be about anybody is refused to who reaches only some, before its parameters are read",
        arguments: SignalsContract.methods.filter { $0.actors == .everybody })
    func refused(method: MethodDescription) async throws {
        try await withSignals { service in
            let answers = [
                await Self.answer(service, method.name, "[]", reaching: ["gold"]),
                await Self.answer(service, method.name, "[]", reaching: []),
            ]
            #expect(answers.allSatisfy { $0.hasPrefix("\(RPCError.Code.forbidden) ") }, "\(answers)")
        }
    }

    @Test("Nobody is made known, and nobody who is not reached is changed, by who reaches only some")
    func unchanged() async throws {
        try await withSignals { service in
            try await Self.fill(service, everybody: true)
            let people = try await service.number("SELECT count(*) FROM actors")
            for method in ["consents.record", "restrictions.place", "restrictions.lift", "consents.withdraw"] {
                for params in Self.questions[method] ?? [] where !params.contains("{one}") {
                    let other = try await service.actor("last").id
                    let answer = await Self.answer(
                        service, method, params.replacing("{other}", with: "\(other)"), reaching: Self.segments)
                    #expect(answer.hasPrefix("\(RPCError.Code.notFound) "), "\(method) \(params): \(answer)")
                }
            }
            #expect(try await service.number("SELECT count(*) FROM actors") == people)
            #expect(try await service.number("SELECT count(*) FROM consent_entries") == Int64(Self.people.count))
            #expect(
                try await service.number("SELECT count(*) FROM processing_restrictions") == Int64(Self.people.count))
        }
    }

    // MARK: Answers

    /// What a method answers, reply or error, with ids and places in the order of arrival replaced by their rank: they
    /// count everybody's.
    private static func answer(
        _ service: SignalsUnderTest, _ method: String, _ params: String, reaching segments: [String]?
    ) async -> String {
        var call = service.call
        call.segments = segments
        do throws(RPCError) {
            let bytes = try await service.client.call(method, params: Array(params.utf8), context: call)
            var ranks: [JSONValue] = []
            guard let value = try? JSONValue(parsing: bytes) else { return "no JSON" }
            return String(decoding: ranked(value, &ranks).json(), as: UTF8.self)
        } catch {
            return "\(error.code) \(error.message)"
        }
    }

    private static func ranked(_ value: JSONValue, _ ranks: inout [JSONValue]) -> JSONValue {
        if let elements = value.array { return .array(elements.map { ranked($0, &ranks) }) }
        guard let members = value.object else { return value }
        var object = JSONObject()
        for member in members {
            switch member.name {
            case "id", "actorId", "evidenceId", "sequence":
                let rank = ranks.firstIndex(of: member.value) ?? ranks.count
                if rank == ranks.count { ranks.append(member.value) }
                object[member.name] = .string("#\(rank)")
            // How far the caller has seen, and where the next page begins.
            case "last", "nextCursor": object[member.name] = .bool(true)
            default: object[member.name] = ranked(member.value, &ranks)
            }
        }
        return .object(object)
    }
}
