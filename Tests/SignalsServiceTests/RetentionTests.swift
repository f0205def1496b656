import CommonAPI
import JSON
import JSONRPC
import JSONRPCInProcess
import PlatformAPI
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import ServiceKit
@testable import SignalsService

@Suite struct RetentionTests {
    private let person = Identifier(type: "customerId", value: "old")

    @Test("A dry run says what would go, table by table, and deletes nothing; then exactly that goes")
    func previewAndApply() async throws {
        try await withSignals { service in
            // 2026-01-01 minus 365 days is 2025-01-01: what happened then stays, what happened before goes.
            try await service.track("A", "old", id: "gone-1", at: "2024-12-31T23:59:59.999999Z")
            try await service.track("A", "old", id: "gone-2", at: "2020-05-05T00:00:00Z")
            try await service.track("A", "old", id: "kept", at: "2025-01-01T00:00:00Z")
            try await service.track("A", id: "gone-3", at: "2021-01-01T00:00:00Z")
            try await service.set("signals", 365)
            let preview = try await service.preview("signals")
            #expect(preview.rows == 3 && preview.held == 0)
            #expect(preview.oldest == Timestamp("2020-05-05T00:00:00Z"))
            #expect(preview.newest == Timestamp("2024-12-31T23:59:59.999999Z"))
            #expect(try await service.preview("signals", days: 366).rows == 2)
            #expect(try await service.number("SELECT count(*) FROM signals") == 4)

            let job = try await service.apply()
            #expect(job.status == .completed && job.done == 3)
            #expect(try await service.rows("SELECT message_id FROM signals") == [["kept"]])
            #expect(try await service.filesHolding(["gone-1", "gone-2", "gone-3"]) == [])
            #expect(try await service.preview("signals").rows == 0)
            let rule = try await service.rules("signals")
            #expect(rule.lastRows == 3 && rule.lastAppliedAt == service.now)
        }
    }

    @Test("Work of many pieces goes over every row once, and the audit log is told of the tables")
    func pieces() async throws {
        try await withSignals { service in
            _ = try await service.write { transaction throws(RPCError) in
                try transaction.run(
                    """
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
                    INSERT INTO signals (message_id, event, occurred_at, received_at)
                    SELECT 'm' || i, 'A', (i % 2) * 1767225600000000, 0 FROM n
                    """)
            }
            try await service.set("signals", 1)
            let job = try await service.apply()
            #expect(job.done == 2_500)
            #expect(try await service.number("SELECT count(*) FROM signals WHERE occurred_at = 0") == 0)
            #expect(try await service.number("SELECT count(*) FROM signals") == 2_501)
            let told = try await service.rows("SELECT recipient, body FROM outbox WHERE topic = 'audit.recorded'")
            let entry = try #require(told.first { $0[1].contains("retentionRecords.apply") })
            #expect(entry[0] == "tenancy" && entry[1].contains(#""fields":["signals"]"#))
            #expect(entry[1].contains(#""principal":"service:signals""#))
        }
    }

    @Test("People without a sign for long go with all that is theirs; whoever stopped a use stays known")
    func people() async throws {
        try await withSignals { service in
            let email = Identifier(type: "email", value: "long.gone@example.org")
            try await service.identify("old", #"{"plan":"gold"}"#, at: "2020-01-01T00:00:00Z", identifiers: [email])
            try await service.track("A", "objector", at: "2020-01-01T00:00:00Z")
            try await service.track("A", "agreed", at: "2020-01-01T00:00:00Z")
            try await service.track("A", "new", at: "2020-01-01T00:00:00Z")
            // They were first met now: a year has to go by.
            try await service.set("actors", 300)
            #expect(try await service.preview("actors").rows == 0)
            service.advance(milliseconds: 301 * 86_400_000)
            try await service.track("A", "new")
            try await service.place(.objection, on: Identifier(type: "customerId", value: "objector"))
            try await service.agree(Identifier(type: "customerId", value: "agreed"))
            #expect(try await service.preview("actors").rows == 1)
            let job = try await service.apply()
            #expect(job.done == 1)
            #expect(
                try await service.rows("SELECT value FROM identifiers ORDER BY value") == [
                    ["agreed"], ["new"], ["objector"],
                ])
            #expect(try await service.number("SELECT count(*) FROM traits") == 0)
            #expect(try await service.filesHolding([email.value]) == [])
            // Not erased on request: they may come back.
            try await service.track("A", "old")
        }
    }

    @Test("Traits and rows of files age, too")
    func others() async throws {
        try await withSignals { service in
            try await service.identify("u", #"{"plan":"gold"}"#, at: "2020-01-01T00:00:00Z")
            try await service.identify("u", #"{"city":"Kyiv"}"#, at: "2025-12-31T00:00:00Z")
            let begun = try await service.begin()
            try await service.append(
                Array("customer_id,date,quantity,amount_usd\nx,never,1,1.00\n".utf8), to: begun, last: true)
            for table in ["traits", "rejected_rows", "dead_letters"] { try await service.set(table, 30) }
            #expect(try await service.preview("traits").rows == 1)
            #expect(try await service.preview("rejected_rows").rows == 0)
            _ = try await service.apply()
            #expect(try await service.actor("u").traits.description == #"{"city":"Kyiv"}"#)
            service.advance(milliseconds: 31 * 86_400_000)
            #expect(try await service.preview("rejected_rows").rows == 1)
            _ = try await service.apply()
            #expect(try await service.imports.get(Imports.Get.Params(id: begun.id), for: service.call).rejected == 0)
        }
    }

    @Test("What a legal hold keeps stays, and goes when it is released")
    func holds() async throws {
        try await withSignals { service in
            try await service.track("A", "old", at: "2020-01-01T00:00:00Z")
            try await service.track("A", "other", at: "2020-01-01T00:00:00Z")
            try await service.track("A", at: "2020-01-01T00:00:00Z")
            try await service.set("signals", 30)
            let hold = try await service.hold([person])
            // What is nobody's may name the person: it stays as well.
            var preview = try await service.preview("signals")
            #expect(preview.rows == 1 && preview.held == 2)
            #expect(try await service.apply().done == 1)
            try await service.release(hold)
            let whole = try await service.hold([])
            preview = try await service.preview("signals")
            #expect(preview.rows == 0 && preview.held == 2)
            #expect(try await service.apply().done == 0)
            try await service.release(whole)
            #expect(try await service.apply().done == 2)
        }
    }

    @Test("An erasure of what is held erases nothing, restricts its use, and is carried out after the release")
    func heldErasure() async throws {
        try await withSignals { service in
            try await service.track("A", "old", properties: #"{"x":"held-property"}"#)
            // Restricted before, for another reason: from now on nobody lifts that.
            try await service.place(.restriction, on: person)
            let holds = [try await service.hold([person]), try await service.hold([])]
            let refused = try await service.eraseOnRequest(person)
            #expect(refused.heldBy == holds && refused.rows == [TableRows(table: "processing_restrictions", rows: 1)])
            #expect(try await service.number("SELECT count(*) FROM signals") == 1)
            #expect(try await service.number("SELECT count(*) FROM tombstones") == 0)
            #expect(try await failure { try await service.actor("old") }?.code == RPCError.Code.restricted)
            let lift = try await failure {
                try await service.restrictions.lift(
                    Restrictions.Lift.Params(kind: .restriction, identifier: person, noticeGivenAt: service.now),
                    for: service.call)
            }
            #expect(lift?.message.contains("legal hold") == true)
            // Asked again it does no harm; one of two holds is enough.
            try await service.release(holds[0])
            let held = try await service.eraseOnRequest(person)
            #expect(held.heldBy == [holds[1]] && !held.hasErased)
            let brand = try await failure {
                try await BrandFiles.Client(service.client).erase(
                    BrandFiles.Erase.Params(brand: service.brand),
                    for: CallContext(brand: service.brand, principal: "service:tenancy"))
            }
            #expect(brand?.code == RPCError.Code.busy && brand?.message.contains("\(holds[1])") == true)
            try await service.release(holds[1])
            let done = try await service.eraseOnRequest(person)
            #expect(done.heldBy == nil && done.rows.contains(TableRows(table: "signals", rows: 1)) && done.hasErased)
            // A hold that comes too late does not hide that it was carried out.
            let late = try await service.hold([])
            let again = try await service.eraseOnRequest(person)
            #expect(again.heldBy == [late] && again.hasErased)
            try await service.release(late)
            #expect(try await service.filesHolding(["held-property"]) == [])
        }
    }

    @Test("A service that is asked again for a restriction says what it said, as when its answer was lost")
    func restrictedAgain() async throws {
        try await withSignals { service in
            try await service.track("A", "old")
            let subjects = Subjects.Client(service.client)
            let stranger = Identifier(type: "email", value: "stranger@example.org")
            for (number, kind, who, tables) in [
                (UInt64(1), Subjects.Restrict.Params.Kind.restriction, person, ["processing_restrictions 1"]),
                (2, .objection, person, ["processing_restrictions 1"]),
                (3, .optOut, stranger, ["actors 1", "identifiers 1", "processing_restrictions 1"]),
                // Somebody else's stop stays theirs.
                (4, .optOut, stranger, []),
            ] {
                for _ in 0..<2 {
                    let reply = try await subjects.restrict(
                        Subjects.Restrict.Params(
                            request: CountedIdentifiers.id((1 << 41) + number), kind: kind, identifiers: [who],
                            actors: []), for: service.gateway)
                    #expect(reply.rows.map { "\($0.table) \($0.rows)" } == tables)
                    service.advance(milliseconds: 1_000)
                }
            }
        }
    }

    @Test("What was restricted for a hold can be lifted once it is released, as when the erasure was denied meanwhile")
    func liftedAfterHold() async throws {
        try await withSignals { service in
            try await service.track("A", "old")
            let hold = try await service.hold([person])
            _ = try await service.eraseOnRequest(person)
            let params = Restrictions.Lift.Params(
                kind: .restriction, identifier: person, noticeGivenAt: service.now)
            let early = try await failure { try await service.restrictions.lift(params, for: service.call) }
            #expect(early?.code == RPCError.Code.conflict && early?.message.contains("\(hold)") == true)
            try await service.release(hold)
            _ = try await service.restrictions.lift(params, for: service.call)
            _ = try await service.actor("old")
        }
    }

    @Test("A rule is for a table that there is and whose rows have an age; the error says which do")
    func refused() async throws {
        try await withSignals { service in
            let unknown = try await failure { try await service.set("nonsense", 30) }
            #expect(unknown?.code == RPCError.Code.notFound)
            let ageless = try await failure { try await service.set("tombstones", 30) }
            #expect(ageless?.code == RPCError.Code.conflict)
            #expect(ageless?.message.contains("signals") == true && ageless?.message.contains("actors") == true)
            let zero = try await failure {
                try await service.client.call(
                    "retentionRecords.set", params: Array(#"{"table":"signals","days":0}"#.utf8),
                    context: service.gateway)
            }
            #expect(zero?.message.hasPrefix("/params/days") == true)
            try await service.set("signals", 30)
            try await service.set("signals", nil)
            #expect(try await service.rules("signals").days == nil)
            let nothing = try await RetentionRecords.Client(service.client).apply(
                RetentionRecords.Apply.Params(), for: service.gateway)
            #expect(nothing.job == nil)
        }
    }

    @Test("Rules are carried out once a day, by themselves")
    func schedule() async throws {
        try await withSignals { service in
            let schedule = RetentionSchedule(runtime: service.runtime)
            try await service.look(schedule)
            #expect(try await service.number("SELECT count(*) FROM jobs WHERE kind = 'retention'") == 0)
            try await service.set("signals", 30)
            try await service.look(schedule)
            #expect(try await service.number("SELECT count(*) FROM jobs WHERE kind = 'retention'") == 1)
            service.advance(milliseconds: 86_399_999)
            try await service.look(schedule)
            #expect(try await service.number("SELECT count(*) FROM jobs WHERE kind = 'retention'") == 1)
            service.advance(milliseconds: 1)
            try await service.look(schedule)
            #expect(try await service.number("SELECT count(*) FROM jobs WHERE kind = 'retention'") == 2)
        }
    }
}

extension SignalsUnderTest {
    private var retention: RetentionRecords.Client { RetentionRecords.Client(client) }

    func set(_ table: String, _ days: Int?) async throws {
        _ = try await retention.set(RetentionRecords.Set.Params(table: table, days: days), for: gateway)
    }

    func preview(_ table: String, days: Int? = nil) async throws -> RetentionRecord {
        let reply = try await retention.list(
            RetentionRecords.List.Params(preview: true, table: table, days: days), for: gateway)
        return try #require(reply.items.first)
    }

    func rules(_ table: String) async throws -> RetentionRecord {
        try #require(
            try await retention.list(RetentionRecords.List.Params(table: table), for: gateway).items.first)
    }

    /// Carries the rules out; the job as it ended.
    func apply() async throws -> Job {
        let job = try #require(try await retention.apply(RetentionRecords.Apply.Params(), for: gateway).job)
        return try await end(of: job.id)
    }

    /// Keeps the data of whoever these identifiers mean, or the whole brand's.
    func hold(_ identifiers: [Identifier]) async throws -> UUIDv7 {
        let id = runtime.identifiers.next(at: now)
        _ = try await HoldRecords.Client(client).place(
            HoldRecords.Place.Params(id: id, reason: "case 4711", placedBy: "admin", identifiers: identifiers),
            for: gateway)
        return id
    }

    /// As the saga does: asks again with what the service knew beside what it was given, then has its files searched.
    func eraseOnRequest(_ person: Identifier) async throws -> Subjects.Erase.Reply {
        let (subjects, request) = (Subjects.Client(client), CountedIdentifiers.id(1 << 41))
        var (identifiers, actors) = ([person], [UUIDv7]())
        while true {
            let reply = try await subjects.erase(
                Subjects.Erase.Params(request: request, identifiers: identifiers, actors: actors), for: gateway)
            identifiers += reply.identifiers
            actors += reply.actors
            guard reply.identifiers.isEmpty && reply.actors.isEmpty else { continue }
            let search = Subjects.Search.Params.Search(request: request, identifiers: identifiers)
            _ = try await subjects.search(Subjects.Search.Params(requests: [search]), for: gateway)
            return reply
        }
    }

    /// Begins what is due, and waits until it has ended.
    func look(_ schedule: RetentionSchedule) async throws {
        await schedule.look()
        let last = try await runtime.read(try file) { transaction throws(RPCError) in
            try JobStore().list(before: nil, limit: 1, in: transaction).first?.id
        }
        if let last { _ = try await end(of: last) }
    }

    func release(_ id: UUIDv7) async throws {
        _ = try await HoldRecords.Client(client).release(HoldRecords.Release.Params(id: id), for: gateway)
    }
}
