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
import Synchronization
import TLS
import Testing

@testable import GatewayService

@Suite(.timeLimit(.minutes(1))) struct CallbackTests {
    @Test(
        "Each change is told in its order, signed so that openssl believes it, and names nobody",
        .enabled(if: OpenSSLCommand.isThere))
    func order() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver)
        let request = try await suite.submit(receiver.url, reference: "a7551968-d5d6-44b2-9831-815ac9017798")
        try await suite.carryOn()
        try await suite.tell()
        #expect(receiver.told == ["pending", "in_progress", "completed"])
        for call in receiver.received {
            #expect(call["/subject_request_id"] == "a7551968-d5d6-44b2-9831-815ac9017798")
            #expect(call["/controller_id"] == "\(CallbackSuite.brand)" && call["/status_callback_url"] == receiver.url)
            #expect(call["/expected_completion_time"] != nil && call["/api_version"] == "2.0")
            #expect(call["/extensions/processor.example/request_id"] == "\(request)")
            #expect(call.domain == "processor.example")
            #expect(!String(decoding: call.body, as: UTF8.self).contains("a@example.org"))
            let signature = try #require(call.signature)
            let certificate = suite.identity.certificatePEM
            #expect(try OpenSSLCommand.verifies(signature, of: call.body, certificate: certificate))
            #expect(try !OpenSSLCommand.verifies(signature, of: call.body + [0x20], certificate: certificate))
        }
        let statuses = receiver.received.map { $0["/extensions/processor.example/status"] }
        #expect(statuses == ["verified", "processing", "completed"])
        #expect(try await suite.list().map(\.state) == [.delivered, .delivered, .delivered])
        await suite.stop()
        await receiver.stop()
    }

    @Test("What nobody took is tried again later and later, and what follows waits for it")
    func retries() async throws {
        let receiver = try await CallbackReceiver([500, 302, 200])
        let suite = try CallbackSuite(receiver)
        _ = try await suite.submit(receiver.url)
        try await suite.carryOn()
        try await suite.tell()
        #expect(receiver.told == ["pending"])
        let waiting = try #require(try await suite.list().last)
        #expect(waiting.state == .waiting && waiting.attempts == 1)
        #expect(waiting.problem?.hasSuffix(" answered with the status 500") == true)
        suite.clock.advance(seconds: 4)
        try await suite.tell()
        #expect(receiver.told == ["pending"])
        suite.clock.advance(seconds: 1)
        try await suite.tell()
        #expect(receiver.told == ["pending", "pending"])
        suite.clock.advance(seconds: 15)
        try await suite.tell()
        #expect(receiver.told == ["pending", "pending", "pending", "in_progress", "completed"])
        await suite.stop()
        await receiver.stop()
    }

    @Test("What was to be told when the process died is told by the next one")
    func resumption() async throws {
        let receiver = try await CallbackReceiver()
        let directory = NSTemporaryDirectory() + "gyre-callbacks-\(UUID().uuidString)"
        let first = try CallbackSuite(receiver, directory: directory)
        _ = try await first.submit(receiver.url)
        try await first.carryOn()
        await first.stop()
        let second = try CallbackSuite(receiver, directory: directory)
        try await second.tell()
        #expect(receiver.told == ["pending", "in_progress", "completed"])
        await second.stop()
        await receiver.stop()
    }

    @Test("What was taken in the moment of a crash is told again: at least once, never not at all")
    func crash() async throws {
        let receiver = try await CallbackReceiver()
        let directory = NSTemporaryDirectory() + "gyre-callbacks-\(UUID().uuidString)"
        let first = try CallbackSuite(receiver, directory: directory)
        _ = try await first.submit(receiver.url)
        try await first.refuseWrites(to: "privacy_callbacks")
        await #expect(throws: RPCError.self) { try await first.tell() }
        #expect(receiver.told == ["pending"])
        await first.stop()
        let second = try CallbackSuite(receiver, directory: directory)
        try await second.takeWrites(to: "privacy_callbacks")
        try await second.tell()
        #expect(receiver.told == ["pending", "pending"])
        await second.stop()
        await receiver.stop()
    }

    @Test(
        "Three days after the first attempt a callback is given up, and the next one is tried; after 30 days it has no URL"
    )
    func givingUp() async throws {
        let receiver = try await CallbackReceiver([503])
        let suite = try CallbackSuite(receiver)
        let request = try await suite.submit(receiver.url + "?secret=unmistakable")
        try await suite.tell()
        suite.clock.advance(seconds: CourierPatience.giveUpSeconds - 1)
        try await suite.tell()
        #expect(try await suite.list().map(\.state) == [.waiting])
        suite.clock.advance(seconds: 24 * 3_600)
        _ = try await suite.cancel(request)
        try await suite.tell()
        let callbacks = try await suite.list()
        #expect(callbacks.map(\.state) == [.waiting, .givenUp] && callbacks.map(\.attempts) == [1, 3])
        #expect(callbacks.last?.endedAt == suite.clock.now && callbacks.last?.nextAttemptAt == nil)
        #expect(try await suite.list(state: .givenUp).map(\.status) == [.verified])
        suite.clock.advance(seconds: CourierPatience.giveUpSeconds + 1)
        try await suite.tell()
        #expect(try await suite.list().map(\.state) == [.givenUp, .givenUp])
        suite.clock.advance(seconds: CourierPatience.forgetSeconds - 1)
        try await suite.tell()
        #expect(try await suite.count("SELECT count(*) FROM privacy_callbacks WHERE url IS NOT NULL") == 1)
        suite.clock.advance(seconds: 1)
        try await suite.tell()
        #expect(try await suite.count("SELECT count(*) FROM privacy_callbacks WHERE url IS NOT NULL") == 0)
        let late = await #expect(throws: RPCError.self) { try await suite.resend(request) }
        #expect(late?.message.contains("its URL forgotten 30 days later") == true)
        #expect(try await suite.count("SELECT count(*) FROM privacy_callback_urls") == 0)
        await suite.stop()
        await receiver.stop()
    }

    @Test(
        "What was given up is told again in the same bytes, signed, in its order, whatever became of the request since",
        .enabled(if: OpenSSLCommand.isThere))
    func resent() async throws {
        let receiver = try await CallbackReceiver([503, 503, 200])
        let suite = try CallbackSuite(receiver)
        let request = try await suite.submit(receiver.url, reference: "a7551968-d5d6-44b2-9831-815ac9017798")
        try await suite.tell()
        let early = await #expect(throws: RPCError.self) { try await suite.resend(request) }
        #expect(early?.code == RPCError.illegalTransition("").code)
        suite.clock.advance(seconds: CourierPatience.giveUpSeconds)
        try await suite.tell()
        #expect(try await suite.list().map(\.state) == [.givenUp])
        // The deadline is known now, and then the end: neither is what was told.
        suite.clock.advance(seconds: 24 * 3_600)
        try await suite.carryOn()
        try await suite.tell()
        #expect(receiver.told == ["pending", "pending", "in_progress", "completed"])

        let resent = try await suite.resend(request)
        #expect(resent.map(\.state) == [.waiting] && resent.map(\.attempts) == [0] && resent.map(\.number) == [1])
        try await suite.tell()
        #expect(receiver.told == ["pending", "pending", "in_progress", "completed", "pending"])
        let first = try #require(receiver.received.first)
        #expect(receiver.received.last?.body == first.body && receiver.received[1].body == first.body)
        let signature = try #require(receiver.received.last?.signature)
        #expect(signature == first.signature)
        #expect(
            try OpenSSLCommand.verifies(signature, of: first.body, certificate: suite.identity.certificatePEM))
        #expect(try await suite.list().map(\.state) == [.delivered, .delivered, .delivered])
        let twice = await #expect(throws: RPCError.self) { try await suite.resend(request, number: 1) }
        #expect(twice?.code == RPCError.illegalTransition("").code)
        await suite.stop()
        await receiver.stop()
    }

    @Test("One of several is sent again by its number; another brand's request is not there")
    func resentAlone() async throws {
        let receiver = try await CallbackReceiver([503])
        let suite = try CallbackSuite(receiver)
        let request = try await suite.submit(receiver.url)
        try await suite.carryOn()
        for _ in 0..<3 {
            try await suite.tell()
            suite.clock.advance(seconds: CourierPatience.giveUpSeconds)
            try await suite.tell()
        }
        #expect(try await suite.list(state: .givenUp).count == 3)
        let foreign = await #expect(throws: RPCError.self) {
            try await suite.resend(request, brand: UUIDv7(milliseconds: 9, sequence: 0, random: 8))
        }
        #expect(foreign == RPCError.notFound("privacy request", request))
        #expect(try await suite.resend(request, number: 2).map(\.status) == [.processing])
        #expect(try await suite.list(state: .waiting).map(\.number) == [2])
        // In vain again: given up again after three days more, and the others with it.
        try await suite.tell()
        suite.clock.advance(seconds: CourierPatience.giveUpSeconds)
        try await suite.tell()
        #expect(try await suite.resend(request).map(\.number) == [1, 2, 3])
        #expect(try await suite.due().map(\.number) == [1])
        await suite.stop()
        await receiver.stop()
    }

    @Test("The database forgets where to tell what was delivered, and what waits it cannot forget")
    func urls() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver)
        _ = try await suite.submit(receiver.url)
        await #expect(throws: RPCError.self) { try await suite.change("UPDATE privacy_callbacks SET url = NULL") }
        try await suite.tell()
        await #expect(throws: RPCError.self) { try await suite.change("UPDATE privacy_callbacks SET url = 'x'") }
        await suite.stop()
        await receiver.stop()
    }

    @Test("With a brand go its requests and all that is known of them")
    func erasedBrand() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver)
        _ = try await suite.submit(receiver.url, reference: "r-1")
        try await suite.carryOn()
        _ = try await suite.submit(receiver.url, reference: "r-2", identity: .code)
        try await suite.forgetBrand()
        for table in [
            "privacy_requests", "privacy_request_services", "privacy_references", "privacy_audit_entries",
            "privacy_callbacks", "privacy_callback_urls",
        ] {
            #expect(try await suite.rows(of: table) == 0, "\(table)")
        }
        await suite.stop()
        await receiver.stop()
    }

    @Test("The waits grow threefold from five seconds to three hours, and end after three days")
    func patience() {
        let first = Timestamp(microseconds: 0)
        let waits = (1...9).map { attempts in
            (CourierPatience.next(after: attempts, first: first, now: first)?.microseconds ?? -1) / 1_000_000
        }
        #expect(waits == [5, 15, 45, 135, 405, 1_215, 3_645, 10_800, 10_800])
        let last = Timestamp(microseconds: CourierPatience.giveUpSeconds * 1_000_000)
        #expect(CourierPatience.next(after: 30, first: first, now: last) == nil)
        let before = Timestamp(microseconds: last.microseconds - 1)
        #expect(CourierPatience.next(after: 30, first: first, now: before) != nil)
    }

    @Test("A URL of this machine or a private network is not called unless its host is named")
    func privateHosts() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver, privateHosts: [])
        await #expect(throws: RPCError.invalidParams(at: "/params/callbackUrls/0", "is not https")) {
            try await suite.submit(receiver.url)
        }
        _ = try await suite.submit("https" + receiver.url.dropFirst(4))
        try await suite.tell()
        #expect(receiver.received.isEmpty)
        #expect(try await suite.list().first?.problem?.hasPrefix("127.0.0.1 has an address of this machine") == true)
        await suite.stop()
        await receiver.stop()
    }

    @Test("A text that is no URL is refused before the request is taken")
    func badURL() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver)
        await #expect(
            throws: RPCError.invalidParams(at: "/params/callbackUrls/0", "names a user; leave that out")
        ) { try await suite.submit("https://user@shop.example/") }
        // However short it is, what is wrong with it is not its length.
        for text in ["", "x", "ftp://x"] {
            let params = #"{"identifiers":[{"type":"email","value":"a@example.org"}],"callbackUrls":["\#(text)"]}"#
            let urls = try PrivacyRequests.Submit.Params(json: Array(params.utf8)).callbackUrls
            await #expect(
                throws: RPCError.invalidParams(at: "/params/callbackUrls/0", "does not begin with https://")
            ) { try await suite.submit(urls[0]) }
        }
        #expect(try await suite.count("SELECT count(*) FROM privacy_requests") == 0)
        await suite.stop()
        await receiver.stop()
    }

    @Test("Callbacks to one origin take four places at a time, however many there are")
    func fairness() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver)
        for number in 0..<10 { _ = try await suite.submit("https://slow.example/\(number)") }
        _ = try await suite.submit(receiver.url)
        let due = try await suite.due()
        #expect(due.count == 5 && due.last?.url == receiver.url)
        await suite.stop()
        await receiver.stop()
    }

    @Test("A request sent again with its reference is the one that there is, and with another content a conflict")
    func references() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver)
        let first = try await suite.submit(receiver.url, reference: "r-1")
        #expect(try await suite.submit(receiver.url, reference: "r-1") == first)
        await #expect(
            throws: RPCError.conflict("The brand has another privacy request with the reference r-1.")
        ) { try await suite.submit(receiver.url, email: "b@example.org", reference: "r-1") }
        #expect(try await suite.submit(receiver.url, reference: "r-2") != first)
        let (known, unknown) = (try await suite.find("r-1"), try await suite.find("r-3"))
        #expect(known == [first] && unknown.isEmpty)
        await suite.stop()
        await receiver.stop()
    }

    @Test("The law counts from when the person asked, if that was before the request came in")
    func submitted() async throws {
        let receiver = try await CallbackReceiver()
        let suite = try CallbackSuite(receiver, tenancy: FakeService([.brand("UTC")]))
        suite.clock.set("2026-03-10T12:00:00Z")
        let early = try await suite.submit(receiver.url, submittedAt: "2026-03-02T12:00:00Z", identity: .code)
        let late = try await suite.submit(receiver.url, submittedAt: "2026-04-01T12:00:00Z", identity: .code)
        await suite.look()
        // A month from 2 March is Thursday, 2 April; from 10 March, Friday, 10 April.
        #expect(try await suite.get(early).dueAt == Timestamp("2026-04-03T00:00:00Z"))
        #expect(try await suite.get(late).dueAt == Timestamp("2026-04-11T00:00:00Z"))
        await suite.stop()
        await receiver.stop()
    }
}

/// The gateway's saga and courier with services that find nothing.
private final class CallbackSuite: Sendable {
    static let brand = UUIDv7(milliseconds: 9, sequence: 0, random: 9)
    static let key = try? RSASigningKey.selfSigned(host: "processor.example")

    let runtime: ServiceRuntime
    let identity: ProcessorIdentity
    let clock = MovingClock()
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let requests: PrivacyRequestsService
    private let saga: PrivacySaga
    private let courier: Courier<CallbackMail>

    init(
        _ receiver: CallbackReceiver, directory: String? = nil, privateHosts: Set<String> = ["127.0.0.1"],
        tenancy: FakeService = FakeService([.brand("UTC")])
    ) throws {
        let directory = directory ?? NSTemporaryDirectory() + "gyre-callbacks-\(UUID().uuidString)"
        runtime = ServiceRuntime(
            name: "gateway",
            databases: try BrandDatabases(
                directory: directory, brandMigrations: [],
                serviceMigrations: GatewayService.definition.serviceMigrations),
            courier: OutboxCourier(sender: "gateway") { _ in FakeService([]) }, clock: clock.clock)
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let archives = PrivacyArchives(
            runtime: runtime, directory: directory + "/archives",
            key: try Ed25519.PrivateKey(rawRepresentation: Array(repeating: 5, count: 32)))
        saga = PrivacySaga(
            runtime: runtime, services: ["signals"],
            works: [.erasure: ErasureWork(of: "gateway", archives: archives)],
            certificate: try PrivacyCertificate(seed: Array(repeating: 5, count: 32)),
            seal: try NoticeSeal(key: Array(repeating: 8, count: 32))
        ) { $0 == "tenancy" ? tenancy : signals }
        let permissions = OutboundHTTPClient.Permissions(privateHosts: privateHosts)
        requests = PrivacyRequestsService(
            codes: try VerificationCode(key: Array(repeating: 6, count: 32)), saga: saga, archives: archives,
            subscriptions: CallbackSubscriptions(permissions))
        identity = try ProcessorIdentity(domain: "processor.example", key: try #require(Self.key))
        courier = Courier(
            of: CallbackMail(from: identity), runtime: runtime, identity: identity,
            client: OutboundHTTPClient(on: group, tls: try TLSClientContext(), permissions: permissions))
    }

    func submit(
        _ url: String, email: String = "a@example.org", reference: String? = nil, submittedAt: String? = nil,
        identity: IdentityProof = .controller
    ) async throws -> UUIDv7 {
        let params = PrivacyRequests.Submit.Params(
            identifiers: [Identifier(type: "email", value: email)], identity: identity, callbackUrls: [url],
            reference: reference, submittedAt: submittedAt.flatMap { Timestamp($0) })
        return try await write { requests, transaction, call throws(RPCError) in
            try requests.submit(params, in: transaction, for: call).id
        }
    }

    func cancel(_ id: UUIDv7) async throws -> PrivacyStatus {
        try await write { requests, transaction, call throws(RPCError) in
            try requests.cancel(PrivacyRequests.Cancel.Params(id: id), in: transaction, for: call).status
        }
    }

    func get(_ id: UUIDv7) async throws -> PrivacyRequest {
        try await read { requests, transaction, call throws(RPCError) in
            try requests.get(PrivacyRequests.Get.Params(id: id), in: transaction, for: call)
        }
    }

    func find(_ reference: String) async throws -> [UUIDv7] {
        try await read { requests, transaction, call throws(RPCError) in
            try requests.list(PrivacyRequests.List.Params(reference: reference), in: transaction, for: call).items.map(
                \.id)
        }
    }

    func list(state: CallbackState? = nil) async throws -> [PrivacyCallback] {
        try await read { _, transaction, call throws(RPCError) in
            try PrivacyCallbacksService().list(
                PrivacyCallbacks.List.Params(state: state), in: transaction, for: call
            ).items
        }
    }

    func resend(
        _ request: UUIDv7, number: Int? = nil, brand: UUIDv7 = CallbackSuite.brand
    ) async throws -> [PrivacyCallback] {
        let call = CallContext(brand: brand, principal: "admin", now: clock.now)
        return try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try PrivacyCallbacksService().resend(
                PrivacyCallbacks.Resend.Params(requestId: request, number: number), in: transaction, for: call
            ).items
        }
    }

    func change(_ sql: StaticString) async throws {
        try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            _ = try transaction.run(sql)
        }
    }

    func due() async throws -> [StoredCallback] {
        let now = clock.now
        return try await read { _, transaction, _ throws(RPCError) in
            try CallbackStore().due(at: now, limit: 100, in: transaction)
        }
    }

    func count(_ sql: StaticString) async throws -> Int {
        try await read { _, transaction, _ throws(RPCError) in try transaction.one(sql) { $0.int(0) } ?? 0 }
    }

    func rows(of table: String) async throws -> Int {
        try await read { _, transaction, _ throws(RPCError) in
            do throws(SQLiteError) {
                let statement = try transaction.connection.prepare("SELECT count(*) FROM \(table)")
                return try statement.step() ? statement.int(0) : 0
            } catch {
                throw RPCError(error)
            }
        }
    }

    /// What the gateway does when the brand is erased.
    func forgetBrand() async throws {
        try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try PrivacyRequestStore().deleteAll(of: Self.brand, in: transaction)
        }
    }

    /// Carries the requests out.
    func carryOn() async throws {
        await saga.carryOn()
    }

    func look() async {
        await saga.carryOn()
    }

    /// Tells all that is due now.
    func tell() async throws {
        while try await courier.tellWhatIsDue() > 0 {}
    }

    /// As a disk does that takes nothing more.
    func refuseWrites(to table: String) async throws {
        try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            _ = try transaction.run(
                sql: "CREATE TRIGGER refuse BEFORE UPDATE ON \(table) BEGIN SELECT RAISE(ABORT, 'refused'); END")
        }
    }

    func takeWrites(to table: String) async throws {
        try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
            _ = try transaction.run(sql: "DROP TRIGGER refuse")
        }
    }

    private func write<T: Sendable>(
        _ body:
            @escaping @Sendable (PrivacyRequestsService, borrowing WriteTransaction, CallContext) throws(RPCError) -> T
    ) async throws -> T {
        let call = CallContext(brand: Self.brand, principal: "admin", now: clock.now)
        return try await runtime.write(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try body(requests, transaction, call)
        }
    }

    private func read<T: Sendable>(
        _ body:
            @escaping @Sendable (PrivacyRequestsService, borrowing ReadTransaction, CallContext) throws(RPCError) -> T
    ) async throws -> T {
        let call = CallContext(brand: Self.brand, principal: "admin", now: clock.now)
        return try await runtime.read(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
            try body(requests, transaction, call)
        }
    }

    func stop() async {
        runtime.stop()
        try? await group.shutdownGracefully()
    }
}

/// A clock that stands still until it is moved.
private final class MovingClock: Sendable {
    private let time = Mutex(Timestamp("2026-01-01T00:00:00Z") ?? Timestamp(microseconds: 0))

    var now: Timestamp { time.withLock(\.self) }
    var clock: ServiceKit.Clock { ServiceKit.Clock { self.now } }

    func advance(seconds: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + seconds * 1_000_000) }
    }

    func set(_ text: String) {
        time.withLock { $0 = Timestamp(text) ?? $0 }
    }
}
