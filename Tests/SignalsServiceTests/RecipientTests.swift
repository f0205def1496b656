import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import SignalsAPI
import Testing

@testable import ServiceKit
@testable import SignalsService

/// Recipients, what was disclosed to them, and what requests of people do with it.
@Suite struct RecipientTests {
    private static let ann = Identifier(type: "email", value: "ann@example.org")
    private static let bob = Identifier(type: "email", value: "bob@example.org")
    private static let erasure = UUIDv7(milliseconds: 1, sequence: 0, random: 77)
    /// Days that six years are at most.
    private static let days = 2_192

    // MARK: Recipients

    @Test("A recipient is changed at the version that was read, and only where the change says so")
    func changed() async throws {
        try await withSignals { service in
            let recipients = Recipients.Client(service.client)
            let made = try await service.recipient(
                "Laboratory", address: "1 Harbour Road", url: "https://lab.example/n")
            let changed = try await recipients.update(
                Recipients.Update.Params(id: made.id, version: 1, contact: .set("a@lab.example"), noticeUrl: .clear),
                for: service.call)
            #expect(changed.version == 2 && changed.address == "1 Harbour Road" && changed.noticeUrl == nil)
            #expect(try await recipients.get(Recipients.Get.Params(id: made.id), for: service.call) == changed)
            let late = try await failure {
                try await recipients.update(
                    Recipients.Update.Params(id: made.id, version: 1, name: "Lab"), for: service.call)
            }
            #expect(late?.code == RPCError.Code.versionMismatch)
            let other = try await service.recipient("Mailer")
            let taken = try await failure { try await service.recipient("Laboratory") }
            #expect(taken?.code == RPCError.Code.conflict)
            let renamed = try await failure {
                try await recipients.update(
                    Recipients.Update.Params(id: other.id, version: 1, name: "Laboratory"), for: service.call)
            }
            #expect(renamed?.code == RPCError.Code.conflict)
            let url = try await failure { try await service.recipient("Third", url: "https://user@lab.example/") }
            #expect(url?.message == "/params/noticeUrl: names a user; leave that out")
            let first = try await recipients.list(Recipients.List.Params(limit: 1), for: service.call)
            let second = try await recipients.list(Recipients.List.Params(cursor: first.nextCursor), for: service.call)
            #expect(first.items.map(\.name) == ["Laboratory"] && second.items.map(\.name) == ["Mailer"])
            #expect(second.nextCursor == nil)
        }
    }

    @Test("Another brand's recipient is answered exactly like one that does not exist")
    func otherBrand() async throws {
        try await withSignals { service in
            let theirs = try await service.recipient("Laboratory").id
            let brand = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
            _ = try service.runtime.databases.create(brand)
            let call = CallContext(brand: brand, principal: "key:other", scopes: ["*:*"])
            let nobody = UUIDv7(milliseconds: 3, sequence: 0, random: 4)
            for id in [theirs, nobody] {
                let got = try await failure {
                    try await Recipients.Client(service.client).get(Recipients.Get.Params(id: id), for: call)
                }
                #expect(got == .notFound("recipient", id))
                let recorded = try await failure {
                    try await Disclosures.Client(service.client).record(
                        Disclosures.Record.Params(
                            recipientId: id, description: "d", purpose: "p", accounting: .due, identifier: Self.ann),
                        for: call)
                }
                #expect(recorded == .notFound("recipient", id))
            }
        }
    }

    @Test("A brand has a thousand recipients, and no more")
    func limit() async throws {
        try await withSignals { service in
            _ = try await service.write { transaction throws(RPCError) in
                try transaction.run(
                    """
                    WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 999)
                    INSERT INTO recipients (id, name, kind, created_at, version)
                        SELECT randomblob(16), 'r' || n, 'other', 0, 1 FROM counted
                    """)
            }
            try await service.recipient("The last one")
            let error = try await failure { try await service.recipient("One too many") }
            #expect(error?.code == RPCError.Code.conflict)
        }
    }

    // MARK: Disclosures

    @Test("What was disclosed is listed by person and by recipient, several as one with their number and last date")
    func listed() async throws {
        try await withSignals { service in
            let (lab, mailer) = (try await service.recipient("Laboratory").id, try await service.recipient("Mailer").id)
            let first = try await service.disclose(Self.ann, to: lab, reference: "P-1")
            #expect(first.times == 1 && first.lastDisclosedAt == nil && first.recipient == "Laboratory")
            let several = try await service.disclose(
                Self.ann, to: mailer, .notCovered, at: "2025-01-01T00:00:00Z", times: 4, last: "2025-02-01T00:00:00Z")
            #expect(several.lastDisclosedAt == Timestamp("2025-02-01T00:00:00Z") && several.times == 4)
            try await service.disclose(Self.bob, to: lab)
            let disclosures = Disclosures.Client(service.client)
            let ofAnn = try await disclosures.list(Disclosures.List.Params(identifier: Self.ann), for: service.call)
            #expect(ofAnn.items == [first, several])
            let toLab = try await disclosures.list(Disclosures.List.Params(recipientId: lab), for: service.call)
            #expect(toLab.items.map(\.number) == [1, 3])
            let page = try await disclosures.list(Disclosures.List.Params(limit: 2), for: service.call)
            let rest = try await disclosures.list(Disclosures.List.Params(cursor: page.nextCursor), for: service.call)
            #expect(page.items.count == 2 && rest.items.map(\.number) == [3] && rest.nextCursor == nil)
            let nobody = Identifier(type: "email", value: "nobody@example.org")
            #expect(
                try await disclosures.list(Disclosures.List.Params(identifier: nobody), for: service.call).items.isEmpty
            )
        }
    }

    @Test(
        "Times that contradict each other are refused",
        arguments: [
            ("2027-01-01T00:00:00Z", 1, nil, "/params/disclosedAt: must not be ahead of now"),
            ("2025-01-01T00:00:00Z", 2, nil, "/params/lastDisclosedAt: is needed for several"),
            ("2025-01-01T00:00:00Z", 1, "2025-01-02T00:00:00Z", "/params/lastDisclosedAt: is for several"),
            ("2025-01-02T00:00:00Z", 2, "2025-01-01T00:00:00Z", "/params/lastDisclosedAt: must not be before"),
            ("2025-01-02T00:00:00Z", 2, "2027-01-01T00:00:00Z", "/params/lastDisclosedAt: must not be before"),
        ] as [(String, Int, String?, String)])
    func refused(at: String, times: Int, last: String?, message: String) async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            let error = try await failure {
                try await service.disclose(Self.ann, to: lab, at: at, times: times, last: last)
            }
            #expect(error?.message.hasPrefix(message) == true)
            // Nobody became known by it.
            #expect(try await service.number("SELECT count(*) FROM actors") == 0)
        }
    }

    @Test("A disclosure recorded again under its idempotency key is one")
    func idempotent() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            let call = CallContext(
                brand: service.brand, principal: "key:test", scopes: ["*:*"], idempotencyKey: "d-1")
            let params = Disclosures.Record.Params(
                recipientId: lab, description: "d", purpose: "p", accounting: .due, identifier: Self.ann)
            let first = try await Disclosures.Client(service.client).record(params, for: call)
            let again = try await Disclosures.Client(service.client).record(params, for: call)
            #expect(first == again)
            #expect(try await service.number("SELECT count(*) FROM disclosures") == 1)
        }
    }

    @Test("Who was erased is not made known again by a disclosure")
    func suppressed() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            try await service.disclose(Self.ann, to: lab)
            try await service.erase(Self.ann)
            let error = try await failure { try await service.disclose(Self.ann, to: lab) }
            #expect(error?.code == RPCError.Code.suppressed)
        }
    }

    // MARK: Requests of people

    @Test("Nothing is erased while somebody has the data who is not written down")
    func postponed() async throws {
        try await withSignals { service in
            let (lab, mailer) = (try await service.recipient("Laboratory"), try await service.recipient("Mailer"))
            let id = try #require(
                try await service.disclose(Self.ann, to: lab.id, .notCovered, reference: "P-1").actorId)
            try await service.disclose(Self.ann, to: lab.id, .notCovered, reference: "P-1")
            let asked = try await service.eraseOnce([Self.ann], [id], recipientsThrough: 0, for: Self.erasure)
            #expect(asked.isPostponed && asked.rows.isEmpty)
            #expect(asked.recipients.map(\.recipientId) == [lab.id] && asked.recipients.map(\.through) == [2])
            #expect(asked.recipients[0].references == ["P-1"] && asked.recipients[0].identifiers.isEmpty)
            // Meanwhile it is given to somebody else.
            try await service.disclose(Self.ann, to: mailer.id, .notCovered)
            let again = try await service.eraseOnce([Self.ann], [id], recipientsThrough: 2, for: Self.erasure)
            #expect(again.recipients.map(\.recipientId) == [mailer.id] && again.rows.isEmpty)
            #expect(again.recipients[0].identifiers == [Self.ann] && again.recipients[0].references.isEmpty)
            let done = try await service.eraseOnce([Self.ann], [id], recipientsThrough: 3, for: Self.erasure)
            #expect(!done.isPostponed)
            #expect(done.rows.first { $0.table == "disclosures" }?.rows == 3)
            #expect(try await service.number("SELECT count(*) FROM disclosures") == 0)
            // A number is not given out again, or the next person's recipients would be passed by.
            #expect(try await service.disclose(Self.bob, to: lab.id).number == 4)
        }
    }

    @Test("However many ways recipients know a person in, none is passed by")
    func many() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            let count = DisclosureStore.namedAtOnce + 1
            for number in 0..<count { try await service.disclose(Self.ann, to: lab, reference: "P-\(number)") }
            // The first reference once more, behind all others.
            try await service.disclose(Self.ann, to: lab, reference: "P-0")
            let id = try await service.actorID(Self.ann)
            var (references, through, rounds) = (Set<String>(), 0, 0)
            while true {
                let asked = try await service.eraseOnce([Self.ann], [id], recipientsThrough: through, for: Self.erasure)
                guard asked.isPostponed else { break }
                references.formUnion(asked.recipients.flatMap(\.references))
                through = asked.recipients.map(\.through).max() ?? 0
                rounds += 1
            }
            #expect(references.count == count && rounds == 2)
        }
    }

    @Test("What must be accounted for outlives an erasure, without the person, and is found by what erased them")
    func kept() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory", address: "1 Harbour Road").id
            try await service.disclose(Self.ann, to: lab, .due, reference: "patient-0000000077")
            try await service.disclose(Self.ann, to: lab, .authorized)
            try await service.disclose(Self.bob, to: lab, .due)
            let id = try await service.actorID(Self.ann)
            let done = try await service.eraseOnce([Self.ann], [id], for: Self.erasure)
            #expect(done.rows.first { $0.table == "disclosures" }?.rows == 1)
            let staying = try await DataMaps.Client(service.client).staying(
                DataMaps.Staying.Params(after: .erasure), for: service.gateway)
            #expect(staying.items.first { $0.table == "disclosures" }?.why.contains("164.530(j)") == true)
            #expect(try await service.filesHolding([Self.ann.value, "patient-0000000077"]).isEmpty)
            let accounted = try await service.account(Self.ann)
            #expect(accounted.map(\.recipient) == ["Laboratory"] && accounted.map(\.address) == ["1 Harbour Road"])
            #expect(try await service.account(Identifier(type: "email", value: "eve@example.org")).isEmpty)
            let listed = try await Disclosures.Client(service.client).list(
                Disclosures.List.Params(), for: service.call
            ).items
            #expect(listed.map(\.erasureId) == [Self.erasure, nil] && listed[0].actorId == nil)
        }
    }

    @Test("Six years and a day are what is kept and no more", arguments: [(days, 1), (days + 1, 0)] as [(Int, Int64)])
    func keptFor(days: Int, rows: Int64) async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            let disclosed = Timestamp(
                microseconds: service.now.microseconds - Int64(days) * 24 * 3_600 * 1_000_000)
            try await service.disclose(Self.ann, to: lab, .due, at: "\(disclosed)")
            let id = try await service.actorID(Self.ann)
            _ = try await service.eraseOnce([Self.ann], [id], for: Self.erasure)
            #expect(try await service.number("SELECT count(*) FROM disclosures") == rows)
        }
    }

    @Test(
        "An accounting names what is due, touches the period, and is nobody else's",
        arguments: [
            ("2019-12-31T23:59:59.999999Z", nil, AccountingRule.due, false), ("2020-01-01T00:00:00Z", nil, .due, true),
            ("2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z", .due, true),
            ("2019-01-01T00:00:00Z", "2019-12-31T23:59:59Z", .due, false),
            ("2025-12-31T23:59:59.999999Z", nil, .due, true), ("2025-06-01T00:00:00Z", nil, .notCovered, false),
            ("2025-06-01T00:00:00Z", nil, .treatmentPaymentOperations, false),
            ("2025-06-01T00:00:00Z", nil, .toIndividual, false), ("2025-06-01T00:00:00Z", nil, .incident, false),
            ("2025-06-01T00:00:00Z", nil, .authorized, false), ("2025-06-01T00:00:00Z", nil, .directoryOrCare, false),
            ("2025-06-01T00:00:00Z", nil, .nationalSecurity, false), ("2025-06-01T00:00:00Z", nil, .custody, false),
            ("2025-06-01T00:00:00Z", nil, .limitedDataSet, false),
        ] as [(String, String?, AccountingRule, Bool)])
    func accounted(at: String, last: String?, rule: AccountingRule, isNamed: Bool) async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            try await service.disclose(Self.ann, to: lab, rule, at: at, times: last == nil ? 1 : 3, last: last)
            let named = try await service.account(Self.ann)
            #expect(named.map(\.date) == (isNamed ? [Timestamp(at)] : []))
            #expect(named.map(\.lastDate) == (isNamed ? [last.flatMap { Timestamp($0) }] : []))
            #expect(try await service.account(Self.bob).isEmpty)
        }
    }

    @Test("A long accounting comes in pages, of whoever is known and was erased")
    func pages() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            let count = DisclosuresService.accountedAtOnce
            for _ in 0...count { try await service.disclose(Self.ann, to: lab, at: "2025-06-01T00:00:00Z") }
            let client = Disclosures.Client(service.client)
            func page(_ cursor: String?) async throws -> Disclosures.Account.Reply {
                try await client.account(
                    Disclosures.Account.Params(
                        identifiers: [Self.ann], actors: [], since: .init(microseconds: 0), until: service.now,
                        cursor: cursor), for: service.gateway)
            }
            let first = try await page(nil)
            let second = try await page(first.nextCursor)
            #expect(first.items.count == count && second.items.count == 1 && second.nextCursor == nil)
        }
    }

    @Test("A copy for access says who has the data; one for portability does not")
    func access() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory", address: "1 Harbour Road").id
            try await service.disclose(Self.ann, to: lab, .notCovered, reference: "P-1")
            let subjects = Subjects.Client(service.client)
            for (purpose, count) in [(DisclosurePurpose.access, 1), (.portability, 0)] {
                let rows = try await subjects.export(
                    Subjects.Export.Params(identifiers: [Self.ann], actors: [], purpose: purpose), for: service.gateway
                ).rows.filter { $0.table == "disclosures" }
                #expect(rows.count == count)
                let row = try rows.first.map { try JSONValue(parsing: $0.row.bytes) }
                #expect(row?["recipient"]?.string == (count == 1 ? "Laboratory" : nil))
                #expect(row?["address"]?.string == (count == 1 ? "1 Harbour Road" : nil))
            }
        }
    }

    @Test("Whoever restricts or corrects is told of those who have the data, once")
    func others() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory", url: "https://lab.example/n").id
            try await service.identify("u", #"{"city":"Rome"}"#, identifiers: [Self.ann])
            try await service.disclose(Self.ann, to: lab, reference: "P-1")
            let subjects = Subjects.Client(service.client)
            for (through, names) in [(0, ["Laboratory"]), (1, [])] {
                let corrected = try await subjects.correct(
                    Subjects.Correct.Params(
                        request: Self.erasure, identifiers: [Self.ann], actors: [],
                        corrections: [Correction(of: .trait, name: "city", value: "\"Bern\"")],
                        recipientsThrough: through), for: service.gateway)
                #expect(corrected.recipients?.map(\.name) ?? [] == names)
                #expect(corrected.outcomes.map(\.outcome) == [.corrected])
                let restricted = try await subjects.restrict(
                    Subjects.Restrict.Params(
                        request: Self.erasure, kind: .restriction, identifiers: [Self.ann], actors: [],
                        recipientsThrough: through), for: service.gateway)
                #expect(restricted.recipients?.map(\.name) ?? [] == names)
                #expect(restricted.recipients?.first?.noticeUrl == (names.isEmpty ? nil : "https://lab.example/n"))
            }
        }
    }

    @Test("Retention lets nobody go who must be accounted for")
    func retained() async throws {
        try await withSignals { service in
            let lab = try await service.recipient("Laboratory").id
            try await service.disclose(Self.ann, to: lab, .due, at: "2025-12-01T00:00:00Z")
            try await service.disclose(Self.bob, to: lab, .authorized, at: "2025-12-01T00:00:00Z")
            let rules = RetentionRecords.Client(service.client)
            for table in ["actors", "disclosures"] {
                _ = try await rules.set(RetentionRecords.Set.Params(table: table, days: 30), for: service.gateway)
            }
            for (days, people, disclosures) in [(60, 1, 1), (Self.days, 0, 0)] {
                service.advance(milliseconds: Int64(days) * 24 * 3_600 * 1_000)
                let job = try #require(
                    try await rules.apply(RetentionRecords.Apply.Params(), for: service.gateway).job?.id)
                _ = try await service.end(of: job)
                #expect(try await service.number("SELECT count(*) FROM actors") == people)
                #expect(try await service.number("SELECT count(*) FROM disclosures") == disclosures)
            }
        }
    }
}

extension SignalsUnderTest {
    @discardableResult
    func recipient(_ name: String, address: String? = nil, url: String? = nil) async throws -> Recipient {
        try await Recipients.Client(client).create(
            Recipients.Create.Params(name: name, kind: .other, address: address, noticeUrl: url), for: call)
    }

    @discardableResult
    func disclose(
        _ whose: Identifier, to recipient: UUIDv7, _ accounting: AccountingRule = .due, at: String? = nil,
        times: Int = 1, last: String? = nil, reference: String? = nil
    ) async throws -> Disclosure {
        try await Disclosures.Client(client).record(
            Disclosures.Record.Params(
                recipientId: recipient, description: "blood group", purpose: "a study", accounting: accounting,
                identifier: whose, disclosedAt: at.flatMap { Timestamp($0) }, times: times,
                lastDisclosedAt: last.flatMap { Timestamp($0) }, reference: reference), for: call)
    }

    /// From 2020 until 2026.
    func account(_ whose: Identifier) async throws -> [AccountedDisclosure] {
        try await Disclosures.Client(client).account(
            Disclosures.Account.Params(
                identifiers: [whose], actors: [], since: Timestamp("2020-01-01T00:00:00Z") ?? now,
                until: Timestamp("2026-01-01T00:00:01Z") ?? now), for: gateway
        ).items
    }

    func actorID(_ whose: Identifier) async throws -> UUIDv7 {
        try await actors.get(Actors.Get.Params(identifier: whose), for: call).id
    }
}
