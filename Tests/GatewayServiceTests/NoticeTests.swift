import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import NIOCore
import NIOPosix
import OpenSSL
import OutboundHTTP
import SQLite
import ServiceContract
import ServiceKit
import TLS
import Testing

@testable import GatewayService

/// Those to whom a person's data was given are told what became of it.
@Suite struct NoticeTests {
    private static let lab = UUIDv7(milliseconds: 1, sequence: 0, random: 61)
    private static let archive = UUIDv7(milliseconds: 1, sequence: 0, random: 62)

    @Test("Recipients are on disk before anything is erased; each is told once it is, and then nothing says who it was")
    func told() async throws {
        let receiver = try await CallbackReceiver()
        let notices = try NoticeSuite([Self.laboratory(receiver.url), Self.byHand])
        let request = try await notices.saga.submit([("email", "a@example.org")])
        // Before it is completed nobody is told.
        #expect(try await notices.tell() == 0)
        try await notices.carryOut()
        // Asked first without recipients, then with what was written down.
        #expect(notices.signals.recipientsThrough == [0, 7])
        #expect(try await notices.list().map(\.state) == [.byHand, .queued])
        #expect(try await notices.tell() == 1)
        let call = try #require(receiver.received.first)
        let body = try JSONValue(parsing: call.body)
        #expect(body["notice"]?.string == "erasure" && body["requestId"]?.string == "\(request)")
        #expect(body["references"]?[0]?.string == "patient-0000000077" && body["identifiers"]?[0] == nil)
        #expect(call.domain == "processor.example")
        if OpenSSLCommand.isThere {
            let signature = try #require(call.signature)
            #expect(
                try OpenSSLCommand.verifies(
                    signature, of: call.body, certificate: notices.identity.certificatePEM))
        }
        let told = try await notices.saga.get(request).notices
        #expect(told.map(\.recipient) == ["Laboratory", "Archive"] && told.map(\.state) == [.delivered, .byHand])
        // What waits is sealed, and gone when it was sent.
        #expect(try await notices.filesHolding(["patient-0000000077", "a.person@example.org"]).isEmpty)
        let open = try #require(try await notices.list(state: .byHand).first)
        #expect(open.identifiers?.map(\.value) == ["a.person@example.org"] && open.address == "Box 7")
        let sent = try await notices.markSent(open.number)
        #expect(sent.state == .delivered && sent.identifiers == nil && sent.endedAt != nil)
        #expect(try await notices.count("SELECT count(*) FROM privacy_notices WHERE about IS NOT NULL") == 0)
        #expect(receiver.received.count == 1)
        await notices.stop()
        await receiver.stop()
    }

    @Test(
        "Whoever dies before recipients are written down, or after that and before the erasure is noted, tells each once",
        arguments: [false, true])
    func killed(areWrittenDown: Bool) async throws {
        let receiver = try await CallbackReceiver()
        let recipient = Self.laboratory(receiver.url)
        let directory = NSTemporaryDirectory() + "gyre-notices-\(UUID().uuidString)"
        // The last answer does not arrive, as if the gateway had died.
        let first = try NoticeSuite(
            [], directory: directory,
            script: (areWrittenDown ? [.disclosed([recipient])] : []) + [.unavailable])
        let request = try await first.saga.submit([("email", "a@example.org")])
        try await first.carryOut(expecting: .processing)
        #expect(try await first.tell() == 0)
        await first.stop()
        // What signals knew of recipients is gone with the erasure, and is there when that did not happen.
        let second = try NoticeSuite(areWrittenDown ? [] : [recipient], directory: directory)
        try await second.carryOut()
        #expect(try await second.saga.get(request).status == .completed)
        #expect(try await second.tell() == 1)
        #expect(receiver.received.map { $0["/notice"] } == ["erasure"])
        #expect(try await second.tell() == 0)
        await second.stop()
        await receiver.stop()
    }

    @Test("A notice that nobody takes is told again for three days, is given up, and is left to people")
    func givenUp() async throws {
        let receiver = try await CallbackReceiver([503])
        let notices = try NoticeSuite([Self.laboratory(receiver.url)])
        _ = try await notices.saga.submit([("email", "a@example.org")])
        try await notices.carryOut()
        _ = try await notices.tell()
        let waiting = try #require(try await notices.list(state: .queued).first)
        #expect(waiting.attempts == 1 && waiting.problem?.hasSuffix("answered with the status 503") == true)
        #expect(waiting.nextAttemptAt != nil)
        #expect(try await notices.tell() == 0)
        notices.clock.set("2026-01-09T00:00:00Z")
        _ = try await notices.tell()
        let left = try #require(try await notices.list().first)
        #expect(left.state == .givenUp && left.attempts == 2 && left.references == ["patient-0000000077"])
        #expect(try await notices.markSent(left.number).state == .delivered)
        await notices.stop()
        await receiver.stop()
    }

    @Test("Only what is left to people is marked, of a completed request, and of one's own brand")
    func marked() async throws {
        let receiver = try await CallbackReceiver([503])
        let notices = try NoticeSuite(
            [Self.laboratory(receiver.url), Self.byHand],
            script: [.disclosed([Self.laboratory(receiver.url), Self.byHand]), .unavailable])
        _ = try await notices.saga.submit([("email", "a@example.org")])
        try await notices.carryOut(expecting: .processing)
        let early = await notices.problem { try await notices.markSent(2) }
        #expect(early?.message == "The request of this notice is not completed: there is nothing to tell yet.")
        notices.signals.follow([.disclosed([Self.laboratory(receiver.url), Self.byHand])])
        try await notices.carryOut()
        let queued = await notices.problem { try await notices.markSent(1) }
        #expect(queued?.code == RPCError.Code.illegalTransition)
        let brand = UUIDv7(milliseconds: 3, sequence: 0, random: 3)
        for number in [2, 99] {
            let foreign = await notices.problem { try await notices.markSent(number, brand: brand) }
            #expect(foreign == .notFound("notice", "\(number)"))
        }
        #expect(try await notices.list(brand: brand).isEmpty)
        let sent = try await notices.markSent(2)
        // Marked again it stays as it was.
        #expect(try await notices.markSent(2) == sent)
        await notices.stop()
        await receiver.stop()
    }

    @Test("A brand that is erased takes its notices with it")
    func brandErased() async throws {
        let notices = try NoticeSuite([Self.byHand])
        _ = try await notices.saga.submit([("email", "a@example.org")])
        try await notices.carryOut()
        try await notices.saga.runtime.write(notices.saga.runtime.databases.serviceFile) {
            transaction throws(RPCError) in
            _ = try transaction.run("DELETE FROM privacy_audit_entries")
            try PrivacyRequestStore().deleteAll(of: SagaSuite.brand, in: transaction)
        }
        #expect(try await notices.count("SELECT count(*) FROM privacy_notices") == 0)
        await notices.stop()
    }

    private static func laboratory(_ url: String) -> SubjectRecipient {
        SubjectRecipient(
            recipientId: lab, name: "Laboratory", noticeUrl: url, references: ["patient-0000000077"], identifiers: [],
            actorIds: [], through: 7)
    }

    private static let byHand = SubjectRecipient(
        recipientId: archive, name: "Archive", address: "Box 7", references: [],
        identifiers: [Identifier(type: "email", value: "a.person@example.org")], actorIds: [], through: 5)
}

/// A saga, what tells its notices, and a service that says who has the data.
private final class NoticeSuite: Sendable {
    let saga: SagaSuite
    let signals: FakeService
    let identity: ProcessorIdentity
    let clock: SettableTime
    private let service: PrivacyNoticesService
    private let courier: Courier<NoticeMail>
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(
        _ recipients: [SubjectRecipient], directory: String? = nil, script: [FakeService.Answer]? = nil
    ) throws {
        clock = SettableTime("2026-01-05T00:00:00Z")
        signals = FakeService(script ?? [.disclosed(recipients)])
        saga = try SagaSuite(
            services: ["signals": signals], order: ["signals"], directory: directory, clock: clock, runs: false)
        identity = try ProcessorIdentity(
            domain: "processor.example", key: try RSASigningKey.selfSigned(host: "processor.example"))
        service = PrivacyNoticesService(seal: saga.seal)
        courier = Courier(
            of: NoticeMail(under: saga.seal), runtime: saga.runtime, identity: identity,
            client: OutboundHTTPClient(
                on: group, tls: try TLSClientContext(),
                permissions: OutboundHTTPClient.Permissions(privateHosts: ["127.0.0.1"])))
    }

    /// Carries the one request as far as it goes.
    func carryOut(expecting status: PrivacyStatus? = .completed) async throws {
        try await saga.look()
        let found = try await saga.runtime.read(saga.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.one("SELECT status FROM privacy_requests") { $0.text(0) }
        }
        if let status { #expect(found == status.rawValue) }
    }

    /// - Returns: how many were tried.
    func tell() async throws -> Int { try await courier.tellWhatIsDue() }

    func list(state: NoticeState? = nil, brand: UUIDv7 = SagaSuite.brand) async throws -> [PrivacyNotice] {
        let call = CallContext(brand: brand, principal: "admin")
        return try await saga.runtime.read(saga.runtime.databases.serviceFile) {
            [service] transaction throws(RPCError) in
            try service.list(PrivacyNotices.List.Params(state: state), in: transaction, for: call).items
        }
    }

    func markSent(_ number: Int, brand: UUIDv7 = SagaSuite.brand) async throws -> PrivacyNotice {
        let call = CallContext(brand: brand, principal: "admin", now: clock.clock.now())
        return try await saga.runtime.write(saga.runtime.databases.serviceFile) {
            [service] transaction throws(RPCError) in
            try service.markSent(PrivacyNotices.MarkSent.Params(number: number), in: transaction, for: call)
        }
    }

    func problem(_ body: () async throws -> PrivacyNotice) async -> RPCError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? RPCError
        }
    }

    func count(_ sql: StaticString) async throws -> Int {
        try await saga.runtime.read(saga.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.one(sql) { $0.int(0) } ?? 0
        }
    }

    /// The names of files in which any of these texts stand.
    func filesHolding(_ texts: [String]) async throws -> [String] {
        try await saga.runtime.checkpoint(saga.runtime.databases.serviceFile)
        let names = FileManager.default.enumerator(atPath: saga.directory)?.compactMap { $0 as? String } ?? []
        return names.filter { name in
            guard let bytes = FileBytes.read("\(saga.directory)/\(name)") else { return false }
            return texts.contains { Data(bytes).range(of: Data($0.utf8)) != nil }
        }
    }

    func stop() async {
        await saga.stop()
        try? await group.shutdownGracefully()
    }
}
