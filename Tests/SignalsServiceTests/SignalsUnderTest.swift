import CommonAPI
import Foundation
import JSON
import JSONRPC
import JSONRPCInProcess
import PlatformAPI
import SQLite
import ServiceContract
import SignalsAPI
import Synchronization
import Testing

@testable import ServiceKit
@testable import SignalsService

/// The signals service in this process, on real files: its methods behind a client, a clock that stands still until it
/// is moved, ids that count up from 1.
final class SignalsUnderTest: Sendable {
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)  // 2026-01-01T00:00:00Z

    let runtime: ServiceRuntime
    let client: InProcessClient
    let tombstones: Tombstones
    /// Drives the jobs of this service; see ``withSignals(_:)``.
    let jobs: JobRunner
    let brand = CountedIdentifiers.id(1 << 40)
    private let directory = NSTemporaryDirectory() + "gyre-signals-\(UUID().uuidString)"
    private let time = Mutex(SignalsUnderTest.start)

    init() throws {
        let databases = try BrandDatabases(
            directory: directory, brandMigrations: SignalsService.definition.brandMigrations, serviceMigrations: [])
        let siblings = NoSiblings()
        // The clock of the runtime is this object's; it is set when the object is whole.
        let clock = SettableClock()
        runtime = ServiceRuntime(
            name: "signals", databases: databases, courier: OutboxCourier(sender: "signals") { _ in siblings },
            clock: Clock { clock.now }, identifiers: CountedIdentifiers())
        tombstones = try Tombstones(key: Array(repeating: 7, count: 32))
        var parts = ServiceParts()
        SignalsService.register(runtime: runtime, tombstones: tombstones, in: &parts)
        let brandMap = DataMap(DataMap.ground.tables + SignalsService.definition.brandDataMap.tables)
        parts.jobs[RetentionWork.kind] = RetentionWork(dataMap: brandMap)
        jobs = JobRunner(parts.jobs, runtime: runtime)
        PlatformService(
            runtime: runtime, topics: parts.topics, jobs: parts.jobs,
            brandErasure: SubjectErasure(
                dataMap: brandMap, directory: SignalsService.definition.directory, tombstones: tombstones),
            serviceErasure: SubjectErasure(dataMap: .ground, directory: nil, tombstones: tombstones),
            health: HealthCheck(startedAt: Self.start), metrics: PrometheusMetrics()
        ).registerAll(with: &parts.methods)
        client = InProcessClient(MethodDispatcher(parts.methods, runtime: runtime))
        _ = try databases.create(brand)
        clock.source = { [weak self] in self?.now ?? SignalsUnderTest.start }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var now: Timestamp { time.withLock(\.self) }

    func advance(milliseconds: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + milliseconds * 1_000) }
    }

    var call: CallContext { CallContext(brand: brand, principal: "key:test", scopes: ["*:*"]) }

    var signals: Signals.Client { Signals.Client(client) }
    var actors: Actors.Client { Actors.Client(client) }
    var imports: Imports.Client { Imports.Client(client) }
    var rejectedRows: RejectedRows.Client { RejectedRows.Client(client) }

    var file: DatabaseFile {
        get throws { try #require(runtime.databases.file(of: brand)) }
    }

    /// Runs `body` in a transaction of the brand's database.
    func write<T: Sendable>(
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws(RPCError) -> T
    ) async throws -> T {
        try await runtime.write(try file, body)
    }

    /// One number from the brand's database.
    func number(_ sql: StaticString) async throws -> Int64 {
        try await runtime.read(try file) { transaction throws(RPCError) in
            try transaction.one(sql) { $0.int64(0) } ?? 0
        }
    }

    /// Rows of texts from the brand's database.
    func rows(_ sql: StaticString) async throws -> [[String]] {
        try await runtime.read(try file) { transaction throws(RPCError) in
            try transaction.all(sql) { row in (0..<row.columnCount).map { row.isNull($0) ? "-" : row.text($0) } }
        }
    }

    // MARK: Jobs

    var gateway: CallContext { CallContext(brand: brand, principal: "service:gateway") }

    /// Cancels an import.
    @discardableResult
    func cancel(_ id: UUIDv7) async throws -> Import {
        _ = try await JobRecords.Client(client).cancel(JobRecords.Cancel.Params(id: id), for: gateway)
        return try await imports.get(Imports.Get.Params(id: id), for: call)
    }

    /// A job when it has ended.
    func end(of id: UUIDv7) async throws -> Job {
        for _ in 0..<500 {
            let job = try await JobRecords.Client(client).get(JobRecords.Get.Params(id: id), for: gateway)
            if job.status != .running { return job }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw RPCError.internalError("The job did not end within 5 s.")
    }

    // MARK: Shorthand

    @discardableResult
    func track(
        _ event: String = "Order Completed", _ userID: String? = nil, id: String? = nil, at timestamp: String? = nil,
        revenue: String? = nil, currency: String? = nil, properties: String? = nil, anonymousID: String? = nil,
        identifiers: [Identifier]? = nil
    ) async throws -> Receipt {
        try await signals.track(
            Signals.Track.Params(
                event: event, userId: userID, anonymousId: anonymousID, identifiers: identifiers, messageId: id,
                timestamp: timestamp.flatMap { Timestamp($0) }, revenue: revenue.flatMap { Amount($0) },
                currency: currency.flatMap { Currency($0) },
                properties: try properties.map { try JSONRaw(validating: $0) }),
            for: call)
    }

    @discardableResult
    func identify(
        _ userID: String?, _ traits: String? = nil, id: String? = nil, at timestamp: String? = nil,
        identifiers: [Identifier]? = nil
    ) async throws -> Receipt {
        try await signals.identify(
            Signals.Identify.Params(
                userId: userID, identifiers: identifiers, messageId: id,
                timestamp: timestamp.flatMap { Timestamp($0) }, traits: try traits.map { try JSONRaw(validating: $0) }),
            for: call)
    }

    func actor(_ customerID: String) async throws -> ActorProfile {
        try await actors.get(
            Actors.Get.Params(identifier: Identifier(type: "customerId", value: customerID)), for: call)
    }

    /// Calls a method with parameters as they are written.
    func call(_ method: String, _ params: String) async throws -> JSONValue {
        try JSONValue(parsing: try await client.call(method, params: Array(params.utf8), context: call))
    }

    /// The names of files in which any of these bytes stand, after the write-ahead log was emptied.
    func filesHolding(_ texts: [String]) async throws -> [String] {
        try await runtime.checkpoint(try file)
        let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        return names.filter { name in
            guard let bytes = FileBytes.read("\(directory)/\(name)") else { return false }
            return texts.contains { Data(bytes).range(of: Data($0.utf8)) != nil }
        }
    }

    /// Asks for an erasure, once.
    func eraseOnce(
        _ identifiers: [Identifier], _ actors: [UUIDv7], recipientsThrough: Int = .max, for request: UUIDv7
    ) async throws -> SubjectErasure.Outcome {
        let erasure = SubjectErasure(
            dataMap: DataMap(DataMap.ground.tables + SignalsService.definition.brandDataMap.tables),
            directory: SignalsService.definition.directory, tombstones: tombstones)
        return try await write { [now] transaction throws(RPCError) in
            try erasure.erase(
                identifiers, actors: actors, recipientsThrough: recipientsThrough, request: request, at: now,
                in: transaction)
        }
    }

    /// Erases as a privacy request does.
    @discardableResult
    func erase(_ identifiers: Identifier...) async throws -> [String: Int64] {
        let erasure = SubjectErasure(
            dataMap: DataMap(DataMap.ground.tables + SignalsService.definition.brandDataMap.tables),
            directory: SignalsService.definition.directory, tombstones: tombstones)
        let request = UUIDv7(milliseconds: 1, sequence: 0, random: UInt64.random(in: 0..<1 << 60))
        return try await write { [now] transaction throws(RPCError) in
            var (identifiers, actors, through) = (identifiers, [UUIDv7](), 0)
            var outcome: SubjectErasure.Outcome
            // It is asked again with what it knew beside what it was given, as the saga does.
            repeat {
                outcome = try erasure.erase(
                    identifiers, actors: actors, recipientsThrough: through, request: request, at: now, in: transaction)
                through = outcome.recipients.map(\.through).max() ?? through
                identifiers += outcome.identifiers
                actors += outcome.actors
            } while outcome.isPostponed
            return Dictionary(outcome.rows.map { ($0.table, Int64($0.rows)) }, uniquingKeysWith: +)
        }
    }
}

/// Runs `body` with a service of its own, and ends it.
func withSignals(_ body: (SignalsUnderTest) async throws -> Void) async throws {
    let service = try SignalsUnderTest()
    defer { service.runtime.stop() }
    // It ends when this function does.
    let jobs = Task { try await service.jobs.run() }
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(service))
    } catch {
        outcome = .failure(error)
    }
    jobs.cancel()
    _ = await jobs.result
    try outcome.get()
}

/// What `body` fails with; nil when it does not.
func failure<T>(_ body: () async throws -> T) async throws -> RPCError? {
    do {
        _ = try await body()
        return nil
    } catch let error as RPCError {
        return error
    }
}

private final class SettableClock: Sendable {
    private let current = Mutex<@Sendable () -> Timestamp>({ SignalsUnderTest.start })

    var source: @Sendable () -> Timestamp {
        get { current.withLock(\.self) }
        set { current.withLock { $0 = newValue } }
    }

    var now: Timestamp { source() }
}

private struct NoSiblings: JSONRPCClient {
    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        throw .dependencyUnavailable("none")
    }
}

/// 01930000-0000-7000-8000-000000000001, …
final class CountedIdentifiers: IdentifierSource {
    private let last = Mutex<UInt64>(0)

    func next(at time: Timestamp) -> UUIDv7 {
        Self.id(
            last.withLock { last in
                last += 1
                return last
            })
    }

    static func id(_ number: UInt64) -> UUIDv7 {
        UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: number)
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), so that a failure repeats.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
