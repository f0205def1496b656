import AuditProof
import CivilTime
import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import OutboundHTTP
import PlatformAPI
import SQLite
import ServiceContract
import ServiceLifecycle
import Synchronization
import TenancyAPI
import Testing

@testable import GatewayService
@testable import ServiceKit

@Suite struct PrivacySagaTests {
    @Test("A request goes to every service, and again to those that knew less when another finds more")
    func discovery() async throws {
        let suite = try SagaSuite(
            services: [
                "signals": FakeService([
                    .found(
                        identifiers: [("phone", "+4912345678")],
                        actors: [UUIDv7(milliseconds: 1, sequence: 0, random: 5)], rows: [("signals", 3)]),
                    .found(identifiers: [], actors: [], rows: []),
                ]),
                "stimuli": FakeService([
                    .found(identifiers: [], actors: [], rows: []),
                    .found(identifiers: [], actors: [], rows: [("messages", 1)]),
                ]),
            ], order: ["stimuli", "signals"])
        let request = try await suite.submit([("email", "a@example.org")])
        let done = try await suite.completed(request)
        #expect(done.services.map(\.service) == ["signals", "stimuli"])
        #expect(done.services.flatMap(\.rows).map { "\($0.table) \($0.rows)" } == ["signals 3", "messages 1"])
        #expect(suite.services["stimuli"]?.identifiers.last == ["email", "phone"])
        await suite.stop()
    }

    @Test("A service that does not answer delays a request and never loses it")
    func retries() async throws {
        let suite = try SagaSuite(
            services: [
                "signals": FakeService([.unavailable, .unavailable, .found(identifiers: [], actors: [], rows: [])])
            ],
            order: ["signals"])
        let request = try await suite.submit([("email", "a@example.org")])
        #expect(try await suite.status(request) != .completed)
        let done = try await suite.completed(request)
        #expect(done.status == .completed && done.endedAt != nil)
        await suite.stop()
    }

    @Test("Fifty requests that wait for the same services cost one search of each")
    func oneSearch() async throws {
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [("signals", 2)])])
        let stimuli = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(
            services: ["signals": signals, "stimuli": stimuli], order: ["signals", "stimuli"], runs: false)
        var requests: [UUIDv7] = []
        for number in 0..<50 { requests.append(try await suite.submit([("email", "\(number)@example.org")])) }
        try await suite.look()
        for request in requests {
            let done = try await suite.completed(request)
            #expect(done.services.map(\.scannedBytes) == [1_000, 1_000] && done.services[0].rows.count == 1)
        }
        #expect(signals.searches == [50] && stimuli.searches == [50])
        await suite.stop()
    }

    @Test("A request that was open when the process died is carried on by the next one")
    func resumption() async throws {
        let directory = NSTemporaryDirectory() + "gyre-saga-\(UUID().uuidString)"
        let first = try SagaSuite(
            services: ["signals": FakeService([.unavailable])], order: ["signals"], directory: directory)
        let request = try await first.submit([("email", "a@example.org")])
        await first.stop()
        let second = try SagaSuite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [("signals", 1)])])],
            order: ["signals"], directory: directory)
        #expect(try await second.completed(request).services.first?.rows.first?.rows == 1)
        await second.stop()
    }

    @Test("An erasure of what a legal hold keeps waits, says for what, and goes on when the hold is released")
    func held() async throws {
        let hold = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
        let signals = FakeService([.held([hold])])
        let tenancy = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(
            services: ["signals": signals, "stimuli": tenancy], order: ["signals", "stimuli"])
        let request = try await suite.submit([("email", "a@example.org")])
        for _ in 0..<500 where try await suite.get(request).heldBy == nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        let waiting = try await suite.get(request)
        #expect(waiting.status == .processing && waiting.heldBy == [hold] && waiting.services.isEmpty)
        // Nobody behind the one that holds was asked, and a look changes nothing but asks again.
        try await suite.look()
        #expect(tenancy.identifiers.isEmpty)
        signals.follow([.found(identifiers: [], actors: [], rows: [("signals", 2)])])
        try await suite.look()
        let done = try await suite.completed(request)
        #expect(done.heldBy == nil && done.services.flatMap(\.rows).map(\.rows) == [2])
        await suite.stop()
    }

    @Test("An erasure that a hold keeps whole can be denied for what the hold is for, and then nothing follows")
    func deniedWhileHeld() async throws {
        let hold = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
        let signals = FakeService([.found(identifiers: [("phone", "+491")], actors: [], rows: []), .held([hold])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"], runs: false)
        let request = try await suite.submit([("email", "a@example.org")])
        try await suite.look()
        #expect(try await suite.get(request).heldBy == [hold])
        for reason in DenialReason.allCases where !PrivacyTransitions.reasonsOfHolds.contains(reason) {
            let error = await #expect(throws: RPCError.self) { try await suite.deny(request, reason) }
            #expect(error?.code == RPCError.Code.invalidParams)
        }
        await #expect(throws: RPCError.self) { try await suite.cancel(request) }
        let denied = try await suite.deny(request, .legalClaims)
        #expect(denied.status == .denied && denied.reason == .legalClaims && denied.heldBy == [hold])
        let asked = signals.identifiers.count
        try await suite.look()
        #expect(signals.identifiers.count == asked)
        #expect(try await suite.status(request) == .denied)
        await suite.stop()
    }

    private static let deletions: [[String: [FakeService.Answer]]] = [
        // Another service was there first.
        [
            "signals": [.found(identifiers: [], actors: [], rows: [("signals", 2)])],
            "stimuli": [.held([SagaSuite.brand])],
        ],
        // It deleted, its answer was lost, and then a hold came over the whole brand.
        ["signals": [.unavailable, .held([SagaSuite.brand], hasErased: true)], "stimuli": [.unavailable]],
    ]

    @Test(
        "Once something was deleted an erasure cannot be denied, whoever deleted it and whatever hold came after",
        arguments: deletions)
    func notDeniedAfterDeletion(answers: [String: [FakeService.Answer]]) async throws {
        let suite = try SagaSuite(
            services: answers.mapValues { FakeService($0) }, order: ["signals", "stimuli"], runs: false)
        let request = try await suite.submit([("email", "a@example.org")])
        try await suite.look()
        try await suite.look()
        #expect(try await suite.get(request).heldBy == [SagaSuite.brand])
        let refusal = RPCError.illegalTransition(
            "This request is processing and cannot become denied: it can become completed.")
        await #expect(throws: refusal) { try await suite.deny(request, .legalClaims) }
        await suite.stop()
    }

    @Test("While a service is asked nobody can deny, for it may be deleting; a crash leaves it so until it answers")
    func notDeniedMeanwhile() async throws {
        let hold = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
        let signals = FakeService([.held([hold]), .unavailable, .held([hold])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"], runs: false)
        let request = try await suite.submit([("email", "a@example.org")])
        try await suite.look()
        let refused = Mutex(false)
        signals.meanwhile = { [weak suite] in
            do { _ = try await suite?.deny(request, .legalClaims) } catch { refused.withLock { $0 = true } }
        }
        try await suite.look()
        let wasRefused = refused.withLock(\.self)
        #expect(wasRefused)
        signals.meanwhile = nil
        // No answer: whether it deleted is not known.
        await #expect(throws: RPCError.self) { try await suite.deny(request, .legalClaims) }
        try await suite.look()
        #expect(try await suite.deny(request, .legalObligation).status == .denied)
        await suite.stop()
    }

    @Test("No statement denies what is being carried out, but an erasure that holds keep whole, for their reasons")
    func denialInSQL() async throws {
        let hold = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
        let suite = try SagaSuite(
            services: ["signals": FakeService([.held([hold])])], order: ["signals"], runs: false)
        let request = try await suite.submit([("email", "a@example.org")])
        try await suite.look()
        let deny =
            "UPDATE privacy_requests SET status = 'denied', reason = 'legalClaims', ended_at = 1, identifiers = NULL"
        let refused = [
            "UPDATE privacy_requests SET held_by = '[]'", "UPDATE privacy_requests SET deletion = 'asked'",
            "UPDATE privacy_requests SET kind = 'correction'",
        ]
        for change in refused {
            #expect(try await suite.takes([change, deny]) == [true, false], "\(change)")
        }
        #expect(try await suite.takes([deny.replacing("legalClaims", with: "excessive")]) == [false])
        #expect(try await suite.takes(["UPDATE privacy_requests SET deletion = 'gone'"]) == [false])
        let undone = "UPDATE privacy_requests SET deletion = 'none'"
        #expect(try await suite.takes(["UPDATE privacy_requests SET deletion = 'begun'", undone]) == [true, false])
        #expect(try await suite.takes([deny]) == [true])
        #expect(try await suite.status(request) == .processing)
        await suite.stop()
    }

    private static func request(_ status: PrivacyStatus) -> StoredPrivacyRequest {
        StoredPrivacyRequest(
            id: SagaSuite.brand, brand: SagaSuite.brand, kind: .erasure, regulation: .gdpr, status: status,
            identity: .controller, codeDigest: nil, attemptsLeft: nil, identifiers: [], actors: [],
            receivedAt: Timestamp(microseconds: 0))
    }

    @Test("Those that hold people's data are asked first")
    func sagaOrder() {
        #expect(GatewayService.sagaOrder(["gateway", "signals", "tenancy"]) == ["signals", "tenancy", "gateway"])
        #expect(GatewayService.sagaOrder(["stimuli"]) == ["stimuli"])
    }

    @Test("Restriction, objection and opt-out ask each service for their own, and say that all data stays and why")
    func restrictions() async throws {
        for (kind, after, law) in [
            (Subjects.Restrict.Params.Kind.restriction, DataMaps.Staying.Params.After.restriction, "Art. 18"),
            (.objection, .objection, "Art. 21"), (.optOut, .optOut, "1798.120"),
        ] {
            let service = FakeService([
                .found(identifiers: [("phone", "+491")], actors: [], rows: [("processing_restrictions", 1)])
            ])
            let work = RestrictionWork(kind: kind)
            let request = StoredPrivacyRequest(
                id: SagaSuite.brand, brand: SagaSuite.brand, kind: .restriction, regulation: .gdpr, status: .processing,
                identity: .controller, codeDigest: nil, attemptsLeft: nil,
                identifiers: [Identifier(type: "email", value: "a@example.org")], actors: [],
                receivedAt: Timestamp(microseconds: 0))
            let answer = try await work.ask(
                "signals", for: request, through: service, call: CallContext(principal: "service:gateway"))
            #expect(answer.rows.map(\.table) == ["processing_restrictions"])
            #expect(answer.identifiers.map(\.type) == ["phone"])
            #expect(service.identifiers == [["email"]])
            #expect(Self.people.staying(after: after).map(\.table) == ["people"])
            #expect(Self.people.staying(after: after)[0].why.contains(law))
        }
    }

    @Test("A completed request no longer knows whose it was, in no byte of the database")
    func forgetting() async throws {
        let suite = try SagaSuite(
            services: ["signals": FakeService([.found(identifiers: [("phone", "+4999887766")], actors: [], rows: [])])],
            order: ["signals"])
        let request = try await suite.submit([("email", "unmistakable@example.org")])
        _ = try await suite.completed(request)
        try await Task.sleep(for: .milliseconds(300))
        for name in FileBytes.names(in: suite.directory) {
            let text = String(decoding: FileBytes.read(suite.directory + "/" + name) ?? [], as: Unicode.ASCII.self)
            #expect(!text.contains("unmistakable") && !text.contains("4999887766"), "\(name)")
        }
        await suite.stop()
    }

    @Test("The database takes the steps of the state machine and no other")
    func transitions() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let rows = try await suite.runtime.read(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT before, after FROM privacy_transitions ORDER BY before, after") {
                "\($0.text(0)) \($0.text(1))"
            }
        }
        let table = PrivacyTransitions.all.flatMap { entry in entry.after.map { "\(entry.before) \($0)" } }
        #expect(rows == table.sorted())
        await suite.stop()
    }

    @Test("An illegal step is refused with those that are legal")
    func illegal() {
        let begun = RPCError.illegalTransition(
            "This request is processing and cannot become cancelled: it can become completed.")
        #expect(throws: begun) { try PrivacyTransitions.check(Self.request(.processing), to: .cancelled) }
        let ended = RPCError.illegalTransition("This request is denied and cannot become verified: nothing follows.")
        #expect(throws: ended) { try PrivacyTransitions.check(Self.request(.denied), to: .verified) }
    }

    @Test("No statement can move a request backwards")
    func backwards() async throws {
        let suite = try SagaSuite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [])])], order: ["signals"])
        let request = try await suite.submit([("email", "a@example.org")])
        _ = try await suite.completed(request)
        await #expect(throws: RPCError.self) {
            try await suite.runtime.write(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
                _ = try transaction.run(
                    "UPDATE privacy_requests SET status = 'processing', ended_at = NULL, identifiers = '[]'")
            }
        }
        await suite.stop()
    }

    // MARK: Identity

    @Test("A request with a code is carried out when the person names it, and not before")
    func code() async throws {
        let suite = try SagaSuite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [("signals", 1)])])],
            order: ["signals"])
        let submitted = try await suite.submit([("email", "a@example.org")], identity: .code)
        let code = try #require(submitted.verificationCode)
        #expect(submitted.status == .received && submitted.attemptsLeft == 5 && code.utf8.count == 8)
        let wrong = try await suite.verify(submitted.id, code == "00000000" ? "00000001" : "00000000")
        #expect(wrong.status == .received && wrong.attemptsLeft == 4 && wrong.verificationCode == nil)
        #expect(suite.services["signals"]?.identifiers.isEmpty == true)
        #expect(try await suite.verify(submitted.id, code).status == .verified)
        #expect(try await suite.completed(submitted.id).services.count == 1)
        await suite.stop()
    }

    @Test("The fifth wrong code ends the request, and the right one then comes too late")
    func attempts() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let submitted = try await suite.submit([("email", "a@example.org")], identity: .code)
        let code = try #require(submitted.verificationCode)
        let wrong = code == "00000000" ? "00000001" : "00000000"
        for left in [4, 3, 2, 1] { #expect(try await suite.verify(submitted.id, wrong).attemptsLeft == left) }
        let denied = try await suite.verify(submitted.id, wrong)
        #expect(denied.status == .denied && denied.reason == .identityNotVerified && denied.endedAt != nil)
        await #expect(throws: RPCError.self) { try await suite.verify(submitted.id, code) }
        await suite.stop()
    }

    @Test("A request whose code nobody names expires after 14 days, and not a moment before")
    func expiry() async throws {
        let clock = SettableTime("2026-01-01T00:00:00Z")
        let suite = try SagaSuite(services: [:], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code).id
        clock.set("2026-01-14T23:59:59.999999Z")
        try await suite.look()
        #expect(try await suite.status(request) == .received)
        clock.set("2026-01-15T00:00:00Z")
        try await suite.look()
        #expect(try await suite.status(request) == .expired)
        await suite.stop()
    }

    // MARK: Time

    @Test("A request is due by the days of its brand's place, and may be extended once, before the first deadline")
    func deadlines() async throws {
        let clock = SettableTime("2026-01-31T22:30:00Z")
        let suite = try SagaSuite(
            services: ["tenancy": FakeService([.brand("Europe/Berlin")])], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .gdpr).id
        try await suite.look()
        // Received on 31 January in Berlin: the month ends on Saturday, 28 February, and so with Monday, 2 March.
        let scheduled = try await suite.get(request)
        #expect(scheduled.dueAt == Timestamp("2026-03-02T23:00:00Z") && scheduled.noticeBy == scheduled.dueAt)
        #expect(scheduled.timeZone == "Europe/Berlin" && scheduled.acknowledgeBy == nil)
        let extended = try await suite.extend(request)
        #expect(extended.dueAt == Timestamp("2026-04-30T22:00:00Z") && extended.noticeBy == nil)
        await #expect(throws: RPCError.self) { try await suite.extend(request) }
        await suite.stop()
    }

    @Test("Holidays of the brand move a deadline, as weekends do")
    func holidays() async throws {
        let clock = SettableTime("2026-11-24T12:00:00Z")
        let tenancy = FakeService([.brand("UTC", holidays: ["12-24", "12-25", "12-26", "2026-12-28"])])
        let suite = try SagaSuite(services: ["tenancy": tenancy], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .gdpr).id
        try await suite.look()
        // The month ends on Thursday, 24 December; the next day on which somebody works is Tuesday, the 29th.
        #expect(try await suite.get(request).dueAt == Timestamp("2026-12-30T00:00:00Z"))
        await suite.stop()
    }

    @Test("A brand's own period is counted from the day of receipt, and extended by what it says")
    func ownPeriod() async throws {
        let clock = SettableTime("2026-11-20T12:00:00Z")
        let tenancy = FakeService([.brand("UTC", answerPeriod: AnswerPeriod(days: 20, extendedDays: 40))])
        let suite = try SagaSuite(services: ["tenancy": tenancy], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .own).id
        try await suite.look()
        #expect(try await suite.get(request).dueAt == Timestamp("2026-12-11T00:00:00Z"))
        #expect(try await suite.extend(request).dueAt == Timestamp("2026-12-31T00:00:00Z"))
        await suite.stop()
    }

    @Test("An extension that is asked for before the deadline is known is told so, and not that there can be none")
    func earlyExtension() async throws {
        let suite = try SagaSuite(services: ["tenancy": FakeService([.unavailable])], order: [])
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .gdpr).id
        let error = await #expect(throws: RPCError.self) { try await suite.extend(request) }
        #expect(error?.message.contains("is not known yet") == true)
        await suite.stop()
    }

    @Test("An extension that is given while a service is at work is not lost")
    func extensionMeanwhile() async throws {
        let signals = FakeService([.found(identifiers: [("phone", "+491234567")], actors: [], rows: [])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"])
        signals.meanwhile = { [weak suite] in
            let open = try await suite?.open() ?? []
            for request in open where request.extendedAt == nil { _ = try await suite?.extend(request.id) }
        }
        let request = try await suite.submit([("email", "a@example.org")])
        #expect(try await suite.completed(request).extendedAt != nil)
        await suite.stop()
    }

    @Test("Each law has its own time for each kind")
    func periods() {
        let laws: [Regulation] = [.gdpr, .ccpa, .hipaa, .own, .none]
        let periods = laws.map { law in PrivacyKind.allCases.map { law.regime(for: $0) } }
        // In the order of the contract: access, portability, erasure, correction, restriction, objection, optOut,
        // accounting, which only hipaa has.
        let expected: [[DeadlineRegime]] = [
            Array(repeating: .gdpr, count: 8),
            [.ccpa, .ccpa, .ccpa, .ccpa, .ccpaOptOut, .ccpa, .ccpaOptOut, .ccpa],
            [.hipaaAccess, .hipaaAccess] + Array(repeating: .hipaaAmendment, count: 5) + [.hipaaAccounting],
            Array(repeating: .gdpr, count: 8),
            Array(repeating: .gdpr, count: 8),
        ]
        #expect(periods == expected)
    }

    @Test("A kind that nothing carries out is refused with those that are, and leaves no request")
    func notCarriedOut() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let refusal = RPCError.invalidParams(
            at: "/params/kind", "is objection, which this release does not carry out; it does erasure")
        await #expect(throws: refusal) {
            try await suite.submit([("email", "a@example.org")], kind: .objection, identity: .controller)
        }
        #expect(try await suite.open().isEmpty)
        await suite.stop()
    }

    @Test("An extension comes too late at the deadline itself")
    func lateExtension() async throws {
        let clock = SettableTime("2026-01-05T12:00:00Z")
        let suite = try SagaSuite(services: ["tenancy": FakeService([.brand("UTC")])], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .hipaa).id
        try await suite.look()
        let due = try #require(try await suite.get(request).dueAt)
        #expect(due == Timestamp("2026-03-07T00:00:00Z"))
        clock.set(due.description)
        await #expect(throws: RPCError.self) { try await suite.extend(request) }
        await suite.stop()
    }

    // MARK: Certificates

    @Test("A completed request has a certificate that its key signed, and that names nobody")
    func certificates() async throws {
        let suite = try SagaSuite(
            services: [
                "signals": FakeService([
                    .found(
                        identifiers: [], actors: [UUIDv7(milliseconds: 1, sequence: 0, random: 5)],
                        rows: [("signals", 3)])
                ])
            ], order: ["signals"])
        let request = try await suite.submit([("email", "unmistakable@example.org")])
        _ = try await suite.completed(request)
        let certificate = try await suite.certificate(request)
        let text = certificate.payload.description
        #expect(text.contains("\"table\":\"signals\",\"rows\":3") && !text.contains("unmistakable"))
        let key = try Ed25519.PublicKey(rawRepresentation: try #require(Hexadecimal.decode(certificate.publicKey)))
        let signature = try #require(Hexadecimal.decode(certificate.signature))
        let message = Array(PrivacyCertificate.context.utf8) + certificate.payload.bytes
        #expect(try key.isValid(signature: signature, for: message))
        #expect(try !key.isValid(signature: signature, for: message + [0x20]))
        let proof = try EntryProof(
            json: JSONRaw(#require(JSONValue(parsing: certificate.payload.bytes)["audit"])).bytes)
        #expect(proof.problem == nil)
        await suite.stop()
    }

    @Test("The transaction that completes a request tells the audit log, once, and the certificate waits for its proof")
    func auditEntry() async throws {
        let tenancy = FakeService([.unavailable])
        let suite = try SagaSuite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [])]), "tenancy": tenancy],
            order: ["signals"])
        tenancy.refusesProofs = true
        let request = try await suite.submit([("email", "a@example.org")])
        _ = try await suite.completed(request)
        let entry = try await suite.runtime.read(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT entry FROM privacy_audit_entries WHERE request = :id", [":id": request]) {
                $0.uuid(0)
            }
        }
        let told = try await suite.runtime.read(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT body FROM outbox WHERE topic = 'audit.recorded'") { $0.text(0) }
        }
        #expect(entry.count == 1 && told.count == 1)
        let message = try AuditEntryMessage(json: Array(try #require(told.first).utf8))
        #expect(message.id == entry.first && message.ids == [request] && message.method == "privacyRequests.complete")
        #expect(message.brand == SagaSuite.brand && message.fields.isEmpty)
        await #expect(throws: RPCError.self) { try await suite.certificateNow(request) }
        tenancy.refusesProofs = false
        try await suite.look()
        #expect(try await suite.certificateNow(request).payload.description.contains("\(try #require(entry.first))"))
        await suite.stop()
    }

    /// A service with one table that is somebody's and one that is nobody's.
    private static let people = DataMap([
        DataMap.Table(
            "people", "who there is", .actor("number"), kept: "for a year",
            rights: DataMap.Rights(
                access: .withheld("x"), portability: .withheld("x"), correction: .replaced("history")),
            columns: ["number"]),
        DataMap.Table("figures", "how many there are", .nobody, columns: ["count"]),
    ])

    @Test("A table that a service adds to its data map shows up in the next certificate by itself, with its reason")
    func kept() async throws {
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let stimuli = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(
            services: ["signals": signals, "stimuli": stimuli], order: ["signals", "stimuli"])
        signals.dataMap = Self.people
        #expect(try await suite.kept(after: suite.submit([("email", "a@example.org")])).isEmpty)
        let invoices = DataMap.Table(
            "invoices", "what was paid", .nobody, kept: "ten years",
            afterErasure: "books must be kept: GDPR Art. 17(3)(b)", columns: ["number"])
        stimuli.dataMap = DataMap([invoices] + Self.people.tables)
        let kept = try await suite.kept(after: suite.submit([("email", "b@example.org")]))
        #expect(
            kept == [
                [
                    "service": "stimuli", "table": "invoices", "what": "what was paid",
                    "why": "books must be kept: GDPR Art. 17(3)(b)", "howLong": "ten years",
                ]
            ])
        await suite.stop()
    }

    @Test("A certificate waits for a service that does not say what it keeps")
    func keptUnknown() async throws {
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"], runs: false)
        let request = try await suite.submit([("email", "a@example.org")])
        signals.hidesDataMap = true
        try await suite.look()
        #expect(try await suite.status(request) == .completed)
        await #expect(throws: RPCError.self) { try await suite.certificateNow(request) }
        signals.hidesDataMap = false
        try await suite.look()
        _ = try await suite.certificateNow(request)
        await suite.stop()
    }

    @Test("Each kind of request leaves what the data map says, and no other")
    func rules() {
        for kind in DataMaps.Staying.Params.After.allCases {
            let tables = Self.people.staying(after: kind).map(\.table)
            let expected = kind == .erasure || kind == .correction ? [] : ["people"]
            #expect(tables == expected, "\(kind)")
            #expect(PrivacyKind(rawValue: kind.rawValue) != nil)
        }
        #expect(DataMaps.Staying.Params.After.allCases.count == PrivacyKind.allCases.count)
    }

    @Test("A request that has no certificate says where it stands")
    func noCertificate() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let request = try await suite.submit([("email", "a@example.org")], identity: .code).id
        await #expect(
            throws: RPCError.illegalTransition(
                "This request is received; only one that is completed has a certificate.")
        ) { try await suite.certificate(request) }
        await suite.stop()
    }

    // MARK: Decisions

    @Test("A request can be denied or taken back until it is carried out; then neither, and another brand's never")
    func decisions() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let first = try await suite.submit([("email", "a@example.org")], identity: .code).id
        let denied = try await suite.deny(first, .legalClaims)
        #expect(denied.status == .denied && denied.reason == .legalClaims)
        await #expect(throws: RPCError.self) { try await suite.cancel(first) }
        let second = try await suite.submit([("email", "a@example.org")], identity: .code).id
        let error = await #expect(throws: RPCError.self) {
            try await suite.cancel(second, brand: UUIDv7(milliseconds: 9, sequence: 0, random: 8))
        }
        #expect(error == RPCError.notFound("privacy request", second))
        #expect(try await suite.cancel(second).status == .cancelled)
        let identifiers = try await suite.runtime.read(suite.runtime.databases.serviceFile) {
            transaction throws(RPCError) in
            try transaction.one("SELECT count(*) FROM privacy_requests WHERE identifiers IS NOT NULL") { $0.int(0) }
        }
        #expect(identifiers == 0)
        await suite.stop()
    }
}
