import CommonAPI
import ExperimentsAPI
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

@testable import ExperimentsService
@testable import ServiceKit

/// The experiments service in this process, on real files: its methods behind a client, a clock that stands still until
/// it is moved, ids that count up from 1.
final class ExperimentsUnderTest: Sendable {
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)  // 2026-01-01T00:00:00Z

    let runtime: ServiceRuntime
    let client: InProcessClient
    let tombstones: Tombstones
    let jobs: JobRunner
    let brand = CountedIdentifiers.id(1 << 40)
    let signals = PlayedSignals()
    private let directory = NSTemporaryDirectory() + "gyre-experiments-\(UUID().uuidString)"
    private let clock = SettableClock()

    init() throws {
        let databases = try BrandDatabases(
            directory: directory, brandMigrations: ExperimentsService.definition.brandMigrations, serviceMigrations: [])
        let siblings = signals
        let clock = clock
        runtime = ServiceRuntime(
            name: "experiments", databases: databases, courier: OutboxCourier(sender: "experiments") { _ in siblings },
            clock: Clock { clock.now }, identifiers: CountedIdentifiers())
        tombstones = try Tombstones(key: Array(repeating: 7, count: 32))
        var parts = ServiceParts()
        ExperimentsService.register(tombstones: tombstones, signals: signals, in: &parts)
        jobs = JobRunner(parts.jobs, runtime: runtime)
        PlatformService(
            runtime: runtime, topics: parts.topics, jobs: parts.jobs,
            brandErasure: Self.erasure(refusing: tombstones),
            serviceErasure: SubjectErasure(dataMap: .ground, directory: nil, tombstones: tombstones),
            health: HealthCheck(startedAt: Self.start), metrics: PrometheusMetrics()
        ).registerAll(with: &parts.methods)
        client = InProcessClient(MethodDispatcher(parts.methods, runtime: runtime))
        _ = try databases.create(brand)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var now: Timestamp { clock.now }

    func advance(hours: Int64) { clock.advance(microseconds: hours * 3_600_000_000) }

    var call: CallContext { CallContext(brand: brand, principal: "key:test", scopes: ["*:*"]) }
    var experiments: Experiments.Client { Experiments.Client(client) }
    var phases: ExperimentPhases.Client { ExperimentPhases.Client(client) }
    var assignments: Assignments.Client { Assignments.Client(client) }

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

    /// Signals says that some have arrived.
    func arrived(through: Int) async throws {
        let now = now
        try await write { transaction throws(RPCError) in
            try SignalFollowing().arrived(through: through, at: now, in: transaction)
        }
    }

    /// Waits until no job of a kind runs.
    func ended(_ kind: String) async throws {
        for _ in 0..<1_000 {
            let running = try await runtime.read(try file) { transaction throws(RPCError) in
                try transaction.one(
                    "SELECT count(*) FROM jobs WHERE kind = :kind AND status = 'running'", [":kind": kind]
                ) { $0.int(0) } ?? 0
            }
            if running == 0 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw RPCError.internalError("The job did not end within 10 s.")
    }

    /// Calls a method with parameters as they are written.
    @discardableResult
    func call(_ method: String, _ params: String) async throws -> JSONValue {
        try JSONValue(parsing: try await client.call(method, params: Array(params.utf8), context: call))
    }

    // MARK: Shorthand

    /// An experiment with shares in ten-thousandths; the first variant is the control.
    func draft(
        _ key: String = "checkout", _ shares: KeyValuePairs<String, Int> = ["control": 5_000, "new": 5_000],
        isSticky: Bool = false, condition: String? = nil, startAt: Timestamp? = nil, endAt: Timestamp? = nil
    ) async throws -> Experiment {
        try await experiments.create(
            Experiments.Create.Params(
                key: key, name: key, unitType: "user", variants: Self.variants(shares),
                condition: try condition.map { try JSONRaw(validating: $0) }, startAt: startAt, endAt: endAt,
                isSticky: isSticky), for: call)
    }

    static func variants(_ shares: KeyValuePairs<String, Int>) -> [Variant] {
        shares.enumerated().map { place, share in
            Variant(key: share.key, allocation: share.value, isControl: place == 0)
        }
    }

    func start(_ experiment: Experiment) async throws -> Experiment {
        try await experiments.start(
            Experiments.Start.Params(id: experiment.id, version: experiment.version), for: call)
    }

    func running(
        _ key: String = "checkout", _ shares: KeyValuePairs<String, Int> = ["control": 5_000, "new": 5_000],
        isSticky: Bool = false, condition: String? = nil
    ) async throws -> Experiment {
        try await start(try await draft(key, shares, isSticky: isSticky, condition: condition))
    }

    /// What one experiment says of a unit.
    func evaluate(
        _ unit: String, _ key: String = "checkout", attributes: String? = nil
    ) async throws -> UnitAssignment {
        let reply = try await assignments.evaluate(
            Assignments.Evaluate.Params(
                attributes: try attributes.map { try JSONRaw(validating: $0) }, targetingKey: unit, experiments: [key]),
            for: call)
        return try #require(reply.assignments.first)
    }

    /// The same, kept if it is sticky.
    func assign(_ unit: String, _ key: String = "checkout") async throws -> UnitAssignment {
        let reply = try await assignments.assign(
            Assignments.Assign.Params(targetingKey: unit, experiments: [key]), for: call)
        return try #require(reply.assignments.first)
    }

    /// Erases as a privacy request does.
    @discardableResult
    func erase(_ identifiers: Identifier...) async throws -> [String: Int64] {
        let erasure = Self.erasure(refusing: tombstones)
        let request = UUIDv7(milliseconds: 1, sequence: 0, random: 77)
        return try await write { [now] transaction throws(RPCError) in
            var (identifiers, actors) = (identifiers, [UUIDv7]())
            var outcome: SubjectErasure.Outcome
            // It is asked again with what it knew beside what it was given, as the saga does.
            repeat {
                outcome = try erasure.erase(
                    identifiers, actors: actors, recipientsThrough: 0, request: request, at: now, in: transaction)
                identifiers += outcome.identifiers
                actors += outcome.actors
            } while outcome.isPostponed
            return Dictionary(outcome.rows.map { ($0.table, Int64($0.rows)) }, uniquingKeysWith: +)
        }
    }

    private static func erasure(refusing tombstones: Tombstones) -> SubjectErasure {
        SubjectErasure(
            dataMap: DataMap(DataMap.ground.tables + ExperimentsService.definition.brandDataMap.tables),
            directory: ExperimentsService.definition.directory, tombstones: tombstones)
    }
}

/// Runs `body` with a service of its own, and ends it.
func withExperiments(_ body: (ExperimentsUnderTest) async throws -> Void) async throws {
    let service = try ExperimentsUnderTest()
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
    private let time = Mutex(ExperimentsUnderTest.start)

    var now: Timestamp { time.withLock(\.self) }

    func advance(microseconds: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + microseconds) }
    }
}

/// What signals feeds.
final class PlayedSignals: JSONRPCClient {
    private let items = Mutex<[FedSignal]>([])
    private let questions = Mutex<[String]>([])
    private let interruption = Mutex<(@Sendable () async -> Void)?>(nil)

    func feed(_ signals: [FedSignal]) { items.withLock { $0 += signals } }

    /// What was asked: by which identifier, from where on.
    var asked: [String] { questions.withLock(\.self) }

    /// Has something happen while the next page is on its way.
    func beforeAnswer(_ body: @escaping @Sendable () async -> Void) { interruption.withLock { $0 = body } }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        guard method == "signalFeed.read" else { throw .dependencyUnavailable("none") }
        do throws(JSONError) {
            let params = try SignalFeed.Read.Params(json: params)
            questions.withLock { $0.append("\(params.identifierType) \(params.after)") }
            let interrupt = interruption.withLock { body in
                defer { body = nil }
                return body
            }
            await interrupt?()
            let all = items.withLock(\.self)
            let page = all.dropFirst(params.after).prefix(min(params.limit, 3))
            let items = try page.map { signal throws(JSONError) in
                FedSignal(
                    messageId: signal.messageId, timestamp: signal.timestamp, units: signal.units,
                    metrics: try Self.numbers(params.fields, of: signal.metrics))
            }
            return SignalFeed.Read.Reply(items: items, through: params.after + page.count).json()
        } catch {
            throw .invalidParams(error)
        }
    }

    /// Those of a signal's numbers that are asked for, as signals itself does.
    private static func numbers(_ fields: [String], of metrics: JSONRaw?) throws(JSONError) -> JSONRaw? {
        guard let metrics, case .object(let members) = try JSONValue(parsing: metrics.bytes) else { return nil }
        let asked = fields.compactMap { field in
            members[field]?.number.map { #""\#(field)":\#($0.text)"# }
        }
        return asked.isEmpty ? nil : try JSONRaw(validating: "{\(asked.joined(separator: ","))}")
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
