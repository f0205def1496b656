import CommonAPI
import JSON
import JSONRPC
import JSONRPCInProcess
import PlatformAPI
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct SegmentTests {
    @Test("Somebody is in a segment from the very next read on, and no longer after the next one")
    func nextRead() async throws {
        try await withSignals { service in
            try await service.segment(
                "regulars",
                #"{"all": [{"trait": "city", "is": "Berlin"}, {"event": "order", "times": {"atLeast": 2}, "withinDays": 90}]}"#
            )
            try await service.identify("u", #"{"city": "Berlin"}"#)
            try await service.track("order", "u", at: "2025-12-01T00:00:00Z")
            #expect(try await service.members("regulars") == [])
            try await service.track("order", "u", id: "second", at: "2025-12-02T00:00:00Z")
            #expect(try await service.members("regulars") == ["u"])
            #expect(try await service.memberships("u") == ["regulars"])
            try await service.identify("u", #"{"city": "Bonn"}"#, at: "2026-01-01T00:00:00.5Z")
            #expect(try await service.members("regulars") == [])
            try await service.identify("u", #"{"city": "Berlin"}"#, at: "2026-01-01T00:00:00.6Z")
            #expect(try await service.members("regulars") == ["u"])
            // Time passes: the last moment at which the first order counts, and the next.
            let day: Int64 = 86_400_000
            service.advance(milliseconds: 59 * day)
            #expect(try await service.members("regulars") == ["u"])
            service.advance(milliseconds: 1)
            #expect(try await service.members("regulars") == [])
            // Another rule holds from the next read on.
            let segment = try await service.segments.get(Segments.Get.Params(key: "regulars"), for: service.call)
            _ = try await service.segments.update(
                Segments.Update.Params(
                    id: segment.id, version: 1, rule: try JSONRaw(validating: #"{"event": "order"}"#)),
                for: service.call)
            #expect(try await service.members("regulars") == ["u"])
            try await service.erase(Identifier(type: "customerId", value: "u"))
            #expect(try await service.members("regulars") == [])
        }
    }

    @Test("A trait that must not be given out is not there, for rules and for audiences")
    func withheld() async throws {
        try await withSignals { service in
            try await service.segment("ill", #"{"trait": "diagnosis", "exists": true}"#)
            try await service.segment("asthmatic", #"{"trait": "diagnosis", "is": "asthma"}"#)
            try await service.segment("others", #"{"trait": "diagnosis", "isNot": "asthma"}"#)
            try await service.allowHealth(of: "u")
            try await service.identify("u", #"{"diagnosis": "asthma", "plan": "gold"}"#)
            #expect(try await service.memberships("u") == ["ill", "asthmatic"])
            var told = try await service.audience(["others", "ill"], "care", traits: ["diagnosis", "plan"])
            #expect(told.map { $0.traits?.description } == [#"{"diagnosis":"asthma","plan":"gold"}"#])
            service.advance(milliseconds: 1)
            _ = try await service.consents.withdraw(
                Consents.Withdraw.Params(purpose: "care", identifier: Identifier(type: "customerId", value: "u")),
                for: service.call)
            #expect(try await service.memberships("u") == ["others"])
            _ = try await service.call("purposes.set", #"{"name": "support", "legalBasis": "contract"}"#)
            told = try await service.audience(["others"], "support", traits: ["diagnosis", "plan"])
            #expect(told.map { $0.traits?.description } == [#"{"plan":"gold"}"#])
        }
    }

    @Test("Restricted people are in no segment; an audience tells them with the reason and nothing else")
    func restricted() async throws {
        try await withSignals { service in
            try await service.segment("known", #"{"trait": "plan", "exists": true}"#)
            for name in ["a", "b", "c"] { try await service.identify(name, #"{"plan": "gold"}"#) }
            let b = try await service.actor("b").id
            _ = try await service.call("purposes.set", #"{"name": "support", "legalBasis": "contract"}"#)
            _ = try await service.call("restrictions.place", #"{"kind": "restriction", "actorId": "\#(b)"}"#)
            #expect(try await service.members("known") == ["a", "c"])
            #expect(
                try await failure { try await service.memberships("b") }?.code == RPCError.Code.restricted)
            let told = try await service.audience(["known"], "support", traits: ["plan"])
            #expect(told.map(\.use.reason) == [.basis, .restricted, .basis])
            #expect(told[1] == AudienceMember(id: b, use: UseDecision(mayUse: false, reason: .restricted)))
            #expect(told[0].traits?.description == #"{"plan":"gold"}"#)
            let shown = try await service.previewSegment(#"{"trait": "plan", "exists": true}"#)
            #expect(shown.people == 2 && shown.everybody == 2 && shown.items.count == 2)
        }
    }

    @Test("An audience is whoever is in one segment and in none of others, with what decides about each")
    func audience() async throws {
        try await withSignals { service in
            try await service.segment("gold", #"{"trait": "plan", "is": "gold"}"#)
            let silver = try await service.segment("silver", #"{"trait": "plan", "is": "silver"}"#)
            try await service.segment("young", #"{"trait": "age", "lessThan": 30}"#)
            try await service.identify(
                "a", #"{"plan": "gold", "age": 40, "timezone": "Europe/Berlin"}"#,
                identifiers: [
                    Identifier(type: "email", value: "A@Example.org"),
                    Identifier(type: "phone", value: "+49 30 1234567"),
                ])
            try await service.identify("b", #"{"plan": "silver", "timeZone": "Mars/Base", "time_zone": "UTC"}"#)
            try await service.identify("c", #"{"plan": "gold", "age": 20}"#)
            try await service.identify("d", #"{"plan": "bronze", "timeZone": "../../etc/passwd"}"#)
            _ = try await service.call("purposes.set", #"{"name": "support", "legalBasis": "contract"}"#)
            let told = try await service.audience(["gold", "\(silver.id)"], "support", exclude: ["young"])
            #expect(told.map(\.timeZone) == ["Europe/Berlin", "UTC"])
            #expect(told[0].email == "a@example.org" && told[0].phone == "+49301234567" && told[0].kind == .individual)
            #expect(told[0].traits == nil && told[1].email == nil)
            #expect(try await service.audience([], "support").count == 4)
            #expect(try await service.audience([], "support")[3].timeZone == nil)
            #expect(
                try await service.audience([], "marketing").map(\.use.reason) == Array(repeating: .noBasis, count: 4))
            let unknown = try await failure { try await service.audience(["nobody"], "support") }
            #expect(unknown?.code == RPCError.Code.notFound)
            // Page by page, the same people in the same order.
            var (paged, cursor) = ([UUIDv7](), String?.none)
            repeat {
                let page = try await service.audiences.read(
                    Audiences.Read.Params(purpose: "support", cursor: cursor, limit: 1), for: service.stimuli)
                paged += page.items.map(\.id)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(paged == (try await service.audience([], "support").map(\.id)))
            // Nobody but the services that address people may ask.
            let refused = try await failure {
                try await service.audiences.read(Audiences.Read.Params(purpose: "support"), for: service.call)
            }
            #expect(refused?.code == RPCError.Code.forbidden || refused?.code == RPCError.Code.methodNotFound)
        }
    }

    @Test("Segments that contain themselves, or one that is not there, are refused; one that is named stays in use")
    func names() async throws {
        try await withSignals { service in
            let a = try await service.segment("a", #"{"kind": "individual"}"#)
            let b = try await service.segment("b", #"{"not": {"segment": "a"}}"#)
            try await service.segment("c", #"{"any": [{"segment": "\#(b.id)"}, {"segment": "a"}]}"#)
            for (rule, problem) in [
                (#"{"segment": "a"}"#, "a → a"), (#"{"not": {"segment": "c"}}"#, "a → c → b → a"),
                (#"{"segment": "z"}"#, "not there"),
            ] {
                let error = try await failure { try await service.change(a, rule) }
                #expect(
                    error?.code == RPCError.Code.invalidParams && error?.message.contains(problem) == true, "\(rule)")
            }
            let used = try await failure { try await service.archive(a) }
            #expect(used?.code == RPCError.Code.conflict && used?.message.contains("b, c") == true)
            let tests = Array(repeating: #"{"kind": "individual"}"#, count: 100).joined(separator: ",")
            let large = try await failure { try await service.change(a, #"{"all": [\#(tests)]}"#) }
            #expect(large == nil)
            let tooLarge = try await failure {
                try await service.segments.update(
                    Segments.Update.Params(
                        id: a.id, version: 2, rule: try JSONRaw(validating: #"{"all": [\#(tests), {"event": "x"}]}"#)),
                    for: service.call)
            }
            #expect(tooLarge?.code == RPCError.Code.conflict && tooLarge?.message.contains("c") == true)
            let c = try await service.segments.get(Segments.Get.Params(key: "c"), for: service.call)
            #expect(try await service.archive(c).status == .archived)
            let gone = try await failure { try await service.members("c") }
            #expect(gone?.code == RPCError.Code.conflict)
            let again = try await failure { try await service.segment("c", #"{"kind": "individual"}"#) }
            #expect(again?.code == RPCError.Code.conflict)
            let listed = try await service.segments.list(Segments.List.Params(), for: service.call).items.map(\.key)
            #expect(listed == ["a", "b"])
        }
    }

    @Test("Sizes are counted when a segment is made or changed, and once a day, one for each day")
    func sizes() async throws {
        try await withSignals { service in
            let day: Int64 = 86_400_000
            for name in ["a", "b", "c"] { try await service.identify(name, #"{"plan": "gold"}"#) }
            let segment = try await service.segment("gold", #"{"trait": "plan", "is": "gold"}"#)
            try await service.segment("silver", #"{"trait": "plan", "is": "silver"}"#)
            try await service.counted()
            #expect(try await service.sizes("gold") == ["2026-01-01 3/3"])
            #expect(try await service.sizes("silver") == ["2026-01-01 0/3"])
            try await service.track("order", "a")
            _ = try await service.change(segment, #"{"event": "order"}"#)
            try await service.counted()
            #expect(try await service.sizes("gold") == ["2026-01-01 1/3"])
            // Nothing is counted twice a day.
            let schedule = SegmentSizeSchedule(runtime: service.runtime)
            service.advance(milliseconds: day - 1)
            await schedule.look()
            try await service.counted()
            #expect(try await service.sizes("gold") == ["2026-01-01 1/3"])
            service.advance(milliseconds: 1)
            try await service.track("order", "b", id: "b")
            await schedule.look()
            try await service.counted()
            #expect(try await service.sizes("gold") == ["2026-01-02 2/3", "2026-01-01 1/3"])
            #expect(try await service.sizes("silver") == ["2026-01-02 0/3", "2026-01-01 0/3"])
            let page = try await service.segments.sizes(Segments.Sizes.Params(key: "gold", limit: 1), for: service.call)
            #expect(page.items.count == 1 && page.nextCursor != nil)
            let rest = try await service.segments.sizes(
                Segments.Sizes.Params(key: "gold", cursor: page.nextCursor), for: service.call)
            #expect(rest.items.map(\.people) == [1] && rest.nextCursor == nil)
        }
    }

    @Test("A page goes through so many people and no more, and a preview through all of them")
    func pages() async throws {
        try await withSignals { service in
            try await service.segment("chosen", #"{"trait": "chosen", "is": true}"#)
            let count = SegmentMembers.peopleInRead + 1
            try await service.write { transaction throws(RPCError) in
                for number in 1...count {
                    try transaction.run(
                        "INSERT INTO actors (number, id, kind, created_at) VALUES (:number, :id, 'individual', 0)",
                        [":number": number, ":id": CountedIdentifiers.id(UInt64(number) + 1 << 20)])
                }
                for number in [count - 1, count] {
                    try transaction.run(
                        """
                        INSERT INTO traits (actor, name, value, stated_at, message_id)
                        VALUES (:number, 'chosen', 'true', 0, 'm')
                        """, [":number": number])
                }
            }
            let first = try await service.segments.members(Segments.Members.Params(key: "chosen"), for: service.call)
            #expect(first.items.map(\.id) == [CountedIdentifiers.id(UInt64(count - 1) + 1 << 20)])
            let second = try await service.segments.members(
                Segments.Members.Params(key: "chosen", cursor: first.nextCursor), for: service.call)
            #expect(second.items.map(\.id) == [CountedIdentifiers.id(UInt64(count) + 1 << 20)])
            #expect(second.nextCursor == nil)
            let shown = try await service.previewSegment(#"{"trait": "chosen", "is": true}"#)
            #expect(shown.people == 2 && shown.everybody == count && shown.items.count == 2)
            // A page that is full ends with the last one on it.
            let one = try await service.segments.members(
                Segments.Members.Params(key: "chosen", limit: 1), for: service.call)
            #expect(one.nextCursor == "\(count - 1)")
            // A count takes several reads.
            let segment = try await service.segments.get(Segments.Get.Params(key: "chosen"), for: service.call)
            try await service.change(segment, #"{"trait": "chosen", "in": [true]}"#)
            try await service.counted()
            #expect(try await service.sizes("chosen") == ["2026-01-01 2/\(count)"])
        }
    }

    @Test("A brand has so many segments in use and no more")
    func maximum() async throws {
        try await withSignals { service in
            try await service.write { transaction throws(RPCError) in
                for number in 1..<SegmentsService.maximum {
                    try transaction.run(
                        """
                        INSERT INTO segments (number, id, key, name, rule, created_at, updated_at, version)
                        VALUES (:number, :id, 'k' || :number, 'name', '{"kind":"household"}', 0, 0, 1)
                        """, [":number": number, ":id": CountedIdentifiers.id(UInt64(number) + 1 << 20)])
                }
            }
            try await service.segment("last", #"{"kind": "individual"}"#)
            let error = try await failure { try await service.segment("more", #"{"kind": "individual"}"#) }
            #expect(error?.code == RPCError.Code.conflict && error?.message.contains("500") == true)
            try await service.identify("u", "{}")
            #expect(try await service.memberships("u") == ["last"])
        }
    }
}

extension SignalsUnderTest {
    var segments: Segments.Client { Segments.Client(client) }
    var audiences: Audiences.Client { Audiences.Client(client) }
    var stimuli: CallContext { CallContext(brand: brand, principal: "service:stimuli") }

    @discardableResult
    func segment(_ key: String, _ rule: String) async throws -> Segment {
        try await segments.create(
            Segments.Create.Params(key: key, name: key, rule: try JSONRaw(validating: rule)), for: call)
    }

    @discardableResult
    func change(_ segment: Segment, _ rule: String) async throws -> Segment {
        try await segments.update(
            Segments.Update.Params(id: segment.id, version: segment.version, rule: try JSONRaw(validating: rule)),
            for: call)
    }

    @discardableResult
    func archive(_ segment: Segment) async throws -> Segment {
        try await segments.archive(Segments.Archive.Params(id: segment.id, version: segment.version), for: call)
    }

    /// The customer ids of a segment's members.
    @discardableResult
    func members(_ key: String) async throws -> [String] {
        try await segments.members(Segments.Members.Params(key: key), for: call).items
            .flatMap { $0.identifiers.filter { $0.type == "customerId" }.map(\.value) }
    }

    @discardableResult
    func memberships(_ customerID: String) async throws -> [String] {
        try await segments.memberships(
            Segments.Memberships.Params(identifier: Identifier(type: "customerId", value: customerID)), for: call
        ).items.map(\.key)
    }

    @discardableResult
    func audience(
        _ include: [String], _ purpose: String, exclude: [String] = [], traits: [String] = []
    ) async throws -> [AudienceMember] {
        try await audiences.read(
            Audiences.Read.Params(purpose: purpose, include: include, exclude: exclude, traits: traits), for: stimuli
        ).items
    }

    func previewSegment(_ rule: String) async throws -> Segments.Preview.Reply {
        try await segments.preview(
            Segments.Preview.Params(rule: try JSONRaw(validating: rule), limit: 50), for: call)
    }

    func sizes(_ key: String) async throws -> [String] {
        try await segments.sizes(Segments.Sizes.Params(key: key), for: call).items
            .map { "\($0.date) \($0.people)/\($0.everybody)" }
    }

    /// Waits until every count of segments is done.
    func counted() async throws {
        let listed = try await JobRecords.Client(client).list(JobRecords.List.Params(limit: 500), for: gateway)
        for job in listed.items where job.kind == SegmentSizeWork.kind {
            #expect(try await end(of: job.id).status == .completed)
        }
    }

    /// Records a basis for data about somebody's health.
    func allowHealth(of customerID: String) async throws {
        _ = try await call(
            "consents.record",
            #"{"purpose": "care", "legalBasis": "consent", "specialCategories": ["health"], "condition": "explicitConsent", "#
                + #""identifier": {"type": "customerId", "value": "\#(customerID)"}, "noticeVersion": "1", "#
                + #""proof": {"method": "app", "source": "onboarding/3"}}"#)
    }
}
