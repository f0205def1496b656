import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import OpenSSL
import PlatformAPI
import SQLite
import ServiceContract
import Synchronization
import TenancyAPI

@testable import ServiceKit
@testable import TenancyService

/// Tenancy in memory of the process, on real files: its methods behind a client, a courier that carries its messages to
/// itself and to a gateway that is played, and siblings that are played too.
final class Tenancy: Sendable {
    let directory: TemporaryDirectory
    let clock = MovableClock("2026-01-01T00:00:00Z")
    let gateway: PlayedService
    let runtime: ServiceRuntime
    let client: InProcessClient
    let log: VerifiableLog
    let ledger: ErasureLedger
    let keysService: KeysService
    let brandsService: BrandsService
    private let running: Task<Void, any Error>

    /// - Parameters:
    ///   - directory: where an earlier one left its databases; absent: a new one.
    ///   - siblings: the services with brand databases.
    init(
        in directory: TemporaryDirectory = TemporaryDirectory(), siblings: [PlayedService] = [],
        gateway: PlayedService = PlayedService("gateway"),
        random: @escaping @Sendable (Int) throws(OpenSSLError) -> [UInt8] = SecureRandom.bytes
    ) throws {
        self.directory = directory
        self.gateway = gateway
        let dialled = Dialled(gateway: gateway)
        let courier = OutboxCourier(sender: "tenancy") { dialled[$0] }
        runtime = ServiceRuntime(
            name: "tenancy",
            databases: try BrandDatabases(
                directory: directory.path + "/tenancy", brandMigrations: [], serviceMigrations: TenancyMigrations.all),
            courier: courier, clock: clock.clock, identifiers: CountedIdentifiers())
        courier.attach(to: runtime)
        var parts = ServiceParts()
        log = try VerifiableLog(directory: directory.path + "/secrets", witnesses: ["gateway"])
        let seal = try CredentialSeal(directory: directory.path + "/secrets")
        let peppers = try KeyPeppers(directory: directory.path + "/secrets")
        let secrets = StaffSecrets(peppers: peppers, random: SecureRandom.bytes)
        let passwords = Passwords(cost: Scrypt(cost: 16, blockSize: 1, parallelization: 1))
        ledger = try ErasureLedger(directory: directory.path + "/ledger")
        keysService = KeysService(peppers: peppers, ledger: ledger, random: random)
        brandsService = BrandsService(
            runtime: runtime, siblings: siblings.map { BrandsService.Sibling(name: $0.name, client: $0) })
        TenancyService.register(brandsService, keysService, IntegrationsService(seal: seal), log, runtime, in: &parts)
        TenancyService.register(
            UsersService(runtime: runtime, secrets: secrets, passwords: passwords, ledger: ledger),
            SessionsService(
                runtime: runtime, secrets: secrets, passwords: passwords,
                codes: AuthenticatorCodes(secrets: secrets, seal: seal)),
            AuthenticatorsService(
                runtime: runtime, codes: AuthenticatorCodes(secrets: secrets, seal: seal)), in: &parts)
        try PlatformService.played(by: runtime, topics: parts.topics, jobs: parts.jobs).registerAll(
            with: &parts.methods)
        client = InProcessClient(MethodDispatcher(parts.methods, runtime: runtime))
        dialled.tenancy = client
        let jobs = JobRunner(parts.jobs, runtime: runtime)
        running = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await courier.run() }
                group.addTask { try await jobs.run() }
                try await group.waitForAll()
            }
        }
    }

    /// Ends its threads; what it wrote stays for the next.
    func stop() async {
        running.cancel()
        _ = await running.result
        runtime.stop()
    }

    let admin = CallContext(principal: "admin")
    let asGateway = CallContext(principal: "service:gateway")

    var organizations: Organizations.Client { Organizations.Client(client) }
    var brands: Brands.Client { Brands.Client(client) }
    var keys: Keys.Client { Keys.Client(client) }
    var users: Users.Client { Users.Client(client) }
    var sessions: Sessions.Client { Sessions.Client(client) }
    var authenticators: Authenticators.Client { Authenticators.Client(client) }
    var brandSettings: BrandSettings.Client { BrandSettings.Client(client) }
    var systemParameters: SystemParameters.Client { SystemParameters.Client(client) }
    var integrations: Integrations.Client { Integrations.Client(client) }
    var auditEntries: AuditEntries.Client { AuditEntries.Client(client) }
    var auditLog: AuditLog.Client { AuditLog.Client(client) }
    var headSchedule: HeadSchedule { HeadSchedule(log: log, runtime: runtime) }

    /// Whoever calls with a key of a brand that may do everything.
    func key(of brand: UUIDv7) -> CallContext {
        CallContext(brand: brand, principal: "key:test", scopes: ["*:*"])
    }

    /// A brand of a new organisation.
    func newBrand(_ name: String = "Corner Shop") async throws -> Brand {
        try await brands.provision(Brands.Provision.Params(name: name), for: admin)
    }

    /// A key, as its owner gets it and as it is known.
    func newKey(of brand: UUIDv7, scopes: [String] = ["signals:write"]) async throws -> (key: APIKey, record: Key) {
        let reply = try await keys.create(
            Keys.Create.Params(brandId: brand, name: "web shop", scopes: scopes), for: admin)
        guard let key = APIKey(parsing: reply.key) else { throw RPCError.internalError("\(reply.key) is no key") }
        return (key, reply.record)
    }

    func verify(_ key: APIKey, secret: String? = nil) async throws -> Keys.Verify.Reply {
        try await keys.verify(
            Keys.Verify.Params(
                kid: key.kid, secret: secret ?? key.secret, mode: key.mode), for: asGateway)
    }

    /// Runs `body` in a transaction of the database.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws(RPCError) -> T
    ) async throws(RPCError) -> T {
        try await runtime.write(runtime.databases.serviceFile, body)
    }

    /// One number from the database.
    func number(_ sql: StaticString) async throws -> Int64 {
        try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.one(sql) { $0.int64(0) } ?? 0
        }
    }

    /// Waits for something that happens soon.
    func eventually(_ condition: @Sendable () async throws -> Bool) async throws {
        for _ in 0..<500 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw RPCError.internalError("This did not come true within 5 s.")
    }

    /// Who is reached under which name; tenancy itself once it is there.
    private final class Dialled: Sendable {
        private let gateway: PlayedService
        private let itself = Mutex<InProcessClient?>(nil)

        init(gateway: PlayedService) {
            self.gateway = gateway
        }

        var tenancy: InProcessClient? {
            get { itself.withLock(\.self) }
            set { itself.withLock { $0 = newValue } }
        }

        subscript(name: String) -> any JSONRPCClient {
            if name == "tenancy", let tenancy { return tenancy }
            return gateway
        }
    }
}

/// Runs `body` with a tenancy of its own, and ends it.
func withTenancy(_ tenancy: Tenancy? = nil, _ body: (Tenancy) async throws -> Void) async throws {
    let tenancy = try tenancy ?? Tenancy()
    do {
        try await body(tenancy)
    } catch {
        await tenancy.stop()
        throw error
    }
    await tenancy.stop()
}

/// What `body` fails with; nil when it does not.
func failure<T>(_ body: () async throws(RPCError) -> T) async -> RPCError? {
    do throws(RPCError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

/// Another service, as a script: it answers, it fails, and it remembers what it was asked.
final class PlayedService: JSONRPCClient {
    struct Asked: Sendable {
        let method: String
        let params: JSONValue
        let context: CallContext?
    }

    private struct Script: Sendable {
        var asked: [Asked] = []
        var failures: [RPCError] = []
        var isDown = false
        var isHeld = false
        var highWaterMark: Int64 = 0
    }

    let name: String
    private let script = Mutex(Script())

    init(_ name: String) {
        self.name = name
    }

    var asked: [Asked] { script.withLock { $0.asked } }

    /// The bodies of the messages that were delivered, in order.
    var messages: [JSONValue] {
        asked.filter { $0.method == "messages.deliver" }.flatMap { $0.params["messages"]?.array ?? [] }
    }

    /// Fails the next calls, one each.
    func fail(with errors: RPCError...) { script.withLock { $0.failures += errors } }

    /// Whether it answers at all.
    func setDown(_ isDown: Bool) { script.withLock { $0.isDown = isDown } }

    /// Whether answers are held back.
    func setHeld(_ isHeld: Bool) { script.withLock { $0.isHeld = isHeld } }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        guard let value = try? JSONValue(parsing: params) else { throw .internalError("no JSON") }
        let failure = script.withLock { script -> RPCError? in
            if script.isDown { return .dependencyUnavailable(name) }
            script.asked.append(Asked(method: method, params: value, context: context))
            return script.failures.isEmpty ? nil : script.failures.removeFirst()
        }
        if let failure { throw failure }
        while script.withLock({ $0.isHeld }) { try? await Task.sleep(for: .milliseconds(5)) }
        let last = value["messages"]?.array?.last?["sequence"]?.int64
        let mark = script.withLock { script in
            script.highWaterMark = max(script.highWaterMark, last ?? 0)
            return script.highWaterMark
        }
        let answer =
            switch method {
            case "messages.deliver": "{\"highWaterMark\":\(mark)}"
            case "brandFiles.erase": "{\"erased\":true}"
            default: "{\"created\":true}"
            }
        return Array(answer.utf8)
    }
}

/// A clock that stands still until it is moved.
final class MovableClock: Sendable {
    private let time: Mutex<Timestamp>

    init(_ text: String) {
        time = Mutex(Timestamp(text) ?? Timestamp(microseconds: 0))
    }

    var clock: Clock { Clock { self.time.withLock(\.self) } }

    var now: Timestamp { time.withLock(\.self) }

    func advance(milliseconds: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + milliseconds * 1_000) }
    }
}

/// Ids that count: 01930000-0000-7000-9000-000000000001, …
///
/// Numbers go on over all of a test run, so that a tenancy opened again does not make an id a second time.
final class CountedIdentifiers: IdentifierSource {
    private static let count = Atomic<UInt64>(0)

    func next(at time: Timestamp) -> UUIDv7 {
        let (_, number) = Self.count.wrappingAdd(1, ordering: .relaxed)
        return UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: 1 << 60 | number)
    }
}

/// Something that happens once, on any thread.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}

/// A directory that is gone when nobody holds it any more.
final class TemporaryDirectory: Sendable {
    let path = NSTemporaryDirectory() + "gyre-tenancy-" + UUID().uuidString

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The bytes of every file in it.
    func files() throws -> [(name: String, bytes: Data)] {
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return names.compactMap { name in FileBytes.read("\(path)/\(name)").map { (name, Data($0)) } }
    }
}

extension PlatformService {
    /// What every service answers, without brands to erase from.
    static func played(by runtime: ServiceRuntime, topics: MessageTopics, jobs: JobKinds) throws -> PlatformService {
        let tombstones = try Tombstones(key: Array(repeating: 7, count: 32))
        let erasure = SubjectErasure(dataMap: .ground, directory: nil, tombstones: tombstones)
        return PlatformService(
            runtime: runtime, topics: topics, jobs: jobs, brandErasure: erasure, serviceErasure: erasure,
            health: HealthCheck(startedAt: runtime.clock.now()), metrics: PrometheusMetrics())
    }
}
