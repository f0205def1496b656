import Configuration
import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import Logging
import NIOPosix
import SQLite
import ServiceContract
import ServiceKit
import Synchronization

/// A service in this process: a directory of its own, a clock that stands still, ids that count up.
final class ServiceUnderTest {
    /// The moment at which every example happens.
    static let now = Timestamp(microseconds: 1_767_225_600_000_000)  // 2026-01-01T00:00:00Z
    /// The brand that brand calls are for.
    static let brand = CountingIdentifiers.id(0x11)

    let runtime: ServiceRuntime
    let client: InProcessClient
    private let directory: String
    private let running: Task<Void, any Error>

    init(
        _ definition: ServiceDefinition, fixture: String?,
        compose: (ServiceEnvironment, inout ServiceParts) async throws -> Void
    ) async throws {
        directory = NSTemporaryDirectory() + "gyre-contract-\(UUID().uuidString)"
        let configuration = ServiceConfiguration(dataDirectory: directory)
        let databases = try BrandDatabases(
            directory: configuration.databaseDirectory(of: definition.name),
            brandMigrations: definition.brandMigrations, serviceMigrations: definition.serviceMigrations)
        _ = try databases.create(Self.brand)
        if let fixture { try Self.load(fixture, into: databases) }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let siblings = Siblings(configuration, on: loop)
        let courier = OutboxCourier(sender: definition.name) { siblings[$0] }
        runtime = ServiceRuntime(
            name: definition.name, databases: databases, courier: courier, clock: Clock { Self.now },
            identifiers: CountingIdentifiers())
        courier.attach(to: runtime)
        // Unstructured, because it lives as long as this object: ``stop()`` ends it.
        running = Task { try await courier.run() }
        let environment = ServiceEnvironment(
            configuration: configuration,
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: [:])), runtime: runtime,
            tombstones: try Tombstones(key: Array(repeating: 7, count: 32)),
            ledger: try ErasureLedger(directory: configuration.ledgerDirectory), metrics: PrometheusMetrics(),
            eventLoop: loop, siblings: siblings, logger: Logger(label: "contract"))
        var parts = ServiceParts()
        try await compose(environment, &parts)
        client = InProcessClient(MethodDispatcher(parts.methods, runtime: runtime))
    }

    /// Calls a method as one that its contract admits would.
    func call(_ method: MethodDescription, params: String) async throws(RPCError) -> JSONValue {
        let caller = method.callers.first { $0 != "public" && $0 != "anyone" } ?? "key:test"
        let context = CallContext(
            brand: Self.brand, principal: caller, scopes: ["*:*"])
        let result = try await client.call(method.name, params: Array(params.utf8), context: context)
        do {
            return try JSONValue(parsing: result)
        } catch {
            throw .internalError("\(method.name) answered what is no JSON")
        }
    }

    func stop() {
        running.cancel()
        runtime.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func load(_ fixture: String, into databases: BrandDatabases) throws {
        for (name, sql) in Fixtures.all where name == fixture {
            let file = sql.isForBrand ? databases.file(of: brand) : databases.serviceFile
            let connection = try Connection(path: file?.path ?? "")
            try connection.execute(sql.text)
        }
    }
}

/// Ids of a fixed time that count up from 1.
final class CountingIdentifiers: IdentifierSource {
    private let last = Mutex<UInt64>(0)

    func next(at time: Timestamp) -> UUIDv7 {
        Self.id(
            last.withLock {
                $0 += 1
                return $0
            })
    }

    /// 01930000-0000-7000-8000-…
    static func id(_ number: UInt64) -> UUIDv7 {
        UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: number)
    }
}
