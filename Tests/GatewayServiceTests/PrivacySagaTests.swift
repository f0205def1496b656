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

    @Test("An identifier that several people have as a trait, and nobody has, ends a request before anything is done")
    func severalPeople() async throws {
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"], runs: false)
        signals.namesakes = 2
        let several = try await suite.submit([("email", "unmistakable@example.org")])
        signals.follow([.unavailable])
        try await suite.look()
        let denied = try await suite.get(several)
        #expect(denied.status == .denied && denied.reason == .severalPeople && denied.services.isEmpty)
        #expect(signals.identifiers.isEmpty && signals.searches.isEmpty)
        #expect(try await suite.open().isEmpty)
        // One is whom it means.
        signals.namesakes = 1
        signals.follow([.found(identifiers: [], actors: [], rows: [("traits", 1)])])
        let one = try await suite.submit([("email", "unmistakable@example.org")])
        try await suite.look()
        #expect(try await suite.status(one) == .completed)
        // Nobody is denied once something may have been done, whoever comes meanwhile.
        signals.follow([.unavailable])
        let begun = try await suite.submit([("email", "unmistakable@example.org")])
        try await suite.look()
        signals.namesakes = 2
        signals.follow([.found(identifiers: [], actors: [], rows: [])])
        try await suite.look()
        #expect(try await suite.status(begun) == .completed)
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
        #expect(
            GatewayService.sagaOrder(["experiments", "gateway", "signals", "stimuli", "tenancy"])
                == ["signals", "experiments", "stimuli", "tenancy", "gateway"])
        #expect(GatewayService.sagaOrder(["simulation"]) == ["simulation"])
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
            #expect(PrivacyCertificateTests.people.staying(after: after).map(\.table) == ["people"])
            #expect(PrivacyCertificateTests.people.staying(after: after)[0].why.contains(law))
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
