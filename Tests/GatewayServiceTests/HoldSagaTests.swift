import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import Synchronization
import Testing

@testable import GatewayService

/// Legal holds are carried through all services, whatever happens in between.
@Suite struct HoldSagaTests {
    private static let order = ["first", "second", "third"]
    private static let person = UUIDv7(milliseconds: 9, sequence: 0, random: 1)

    /// A gateway's holds, on real files, over services that remember them.
    private final class Suite: Sendable {
        let runtime: ServiceRuntime
        let holds: LegalHoldsService
        let saga: HoldSaga
        let counter = Counter()

        init(_ services: [String: HoldKeeper], in directory: String) throws {
            let databases = try BrandDatabases(
                directory: directory, brandMigrations: [],
                serviceMigrations: GatewayService.definition.serviceMigrations)
            let nobody = HoldKeeper()
            runtime = ServiceRuntime(
                name: "gateway", databases: databases, courier: OutboxCourier(sender: "gateway") { _ in nobody })
            saga = HoldSaga(runtime: runtime, services: HoldSagaTests.order) {
                services[$0] ?? nobody
            } released: { [counter] in
                counter.add()
            }
            holds = LegalHoldsService(
                services: HoldSagaTests.order, identifiers: MonotonicIdentifiers(), saga: saga
            ) { services[$0] ?? nobody }
        }

        func place(identifier: Identifier? = nil) async throws(RPCError) -> LegalHold {
            try await holds.place(LegalHolds.Place.Params(reason: "case 1", identifier: identifier), for: call)
        }

        func release(_ id: UUIDv7) async throws(RPCError) -> LegalHold {
            try await holds.release(LegalHolds.Release.Params(id: id), for: call)
        }

        var waiting: Int {
            get async throws {
                try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
                    try HoldOrderStore().all(in: transaction).count
                }
            }
        }

        var call: CallContext {
            CallContext(brand: SagaSuite.brand, principal: "user:1", now: Timestamp(microseconds: 1_000_000))
        }
    }

    private func withSuite(
        _ services: [String: HoldKeeper], in directory: String, _ body: (Suite) async throws -> Void
    ) async throws {
        let suite = try Suite(services, in: directory)
        defer { suite.runtime.stop() }
        try await body(suite)
    }

    private func withDirectory(_ body: ([String: HoldKeeper], String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "gyre-holds-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let services = Dictionary(uniqueKeysWithValues: Self.order.map { ($0, HoldKeeper()) })
        try await body(services, directory)
    }

    @Test("A hold that a crash left half placed is placed in every service at the next start", arguments: 0..<3)
    func placed(down: Int) async throws {
        try await withDirectory { services, directory in
            let silent = try #require(services[Self.order[down]])
            try await withSuite(services, in: directory) { (suite) async throws -> Void in
                silent.isDown = true
                let error = await failed { () async throws(RPCError) in try await suite.place() }
                #expect(error?.code == RPCError.Code.dependencyUnavailable)
                #expect(error?.message.contains("is written down and goes on by itself") == true)
                #expect(services.values.count { !$0.holds.isEmpty } == down)
                #expect(try await suite.waiting == 1)
                #expect(await suite.saga.carryOn() == false)
            }
            silent.isDown = false
            try await withSuite(services, in: directory) { (suite) async throws -> Void in
                #expect(await suite.saga.carryOn())
                #expect(try await suite.waiting == 0)
                let placed = Set(services.values.map(\.holds))
                #expect(placed.count == 1 && placed.first?.count == 1)
                let listed = try await suite.holds.list(LegalHolds.List.Params(), for: suite.call).items
                #expect(listed.map(\.services) == [Self.order] && listed.first?.placedBy == "user:1")
                #expect(listed.first?.reason == "case 1")
            }
        }
    }

    @Test("A hold that a crash left half released is released in every service at the next start", arguments: 0..<3)
    func released(down: Int) async throws {
        try await withDirectory { services, directory in
            let silent = try #require(services[Self.order[down]])
            try await withSuite(services, in: directory) { (suite) async throws -> Void in
                let hold = try await suite.place()
                #expect(try await suite.waiting == 0)
                silent.refusesReleases = true
                #expect(await failed { () async throws(RPCError) in try await suite.release(hold.id) } != nil)
                #expect(services.values.count { !$0.holds.isEmpty } == 3 - down)
                #expect(suite.counter.count == 0)
            }
            silent.refusesReleases = false
            try await withSuite(services, in: directory) { (suite) async throws -> Void in
                #expect(await suite.saga.carryOn())
                #expect(services.values.allSatisfy { $0.holds.isEmpty })
                #expect(try await suite.waiting == 0 && suite.counter.count == 1)
            }
        }
    }

    @Test("A release ends a hold that is still being placed, and nothing places it afterwards")
    func releasedWhilePlaced() async throws {
        try await withDirectory { services, directory in
            try await withSuite(services, in: directory) { (suite) async throws -> Void in
                let last = try #require(services["third"])
                last.isDown = true
                _ = await failed { () async throws(RPCError) in try await suite.place() }
                last.isDown = false
                let hold = try #require(services["first"]?.holds.first)
                _ = try await suite.release(hold)
                #expect(await suite.saga.carryOn())
                #expect(services.values.allSatisfy { $0.holds.isEmpty })
            }
        }
    }

    @Test("A hold on nobody is refused, and nothing of it is left")
    func nobody() async throws {
        try await withDirectory { services, directory in
            try await withSuite(services, in: directory) { (suite) async throws -> Void in
                let error = await failed { () async throws(RPCError) in
                    try await suite.place(identifier: Identifier(type: "email", value: "a@example.org"))
                }
                #expect(error?.code == RPCError.Code.notFound)
                #expect(try await suite.waiting == 0 && services.values.allSatisfy { $0.holds.isEmpty })
                services["second"]?.knows = Self.person
                let hold = try await suite.place(identifier: Identifier(type: "email", value: "a@example.org"))
                #expect(hold.actorIds == [Self.person] && hold.services == ["second"])
            }
        }
    }

    private func failed<T>(_ body: () async throws(RPCError) -> T) async -> RPCError? {
        do throws(RPCError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }
}

/// Counts from any thread.
private final class Counter: Sendable {
    private let number = Mutex(0)
    var count: Int { number.withLock(\.self) }
    func add() { number.withLock { $0 += 1 } }
}

/// A service that keeps holds in memory.
private final class HoldKeeper: JSONRPCClient {
    private struct State: Sendable {
        var records: [HoldRecord] = []
        var isDown = false
        var refusesReleases = false
        var knows: UUIDv7?
    }

    private let state = Mutex(State())

    var holds: Set<UUIDv7> { state.withLock { Set($0.records.map(\.id)) } }
    var isDown: Bool {
        get { state.withLock(\.isDown) }
        set { state.withLock { $0.isDown = newValue } }
    }
    var refusesReleases: Bool {
        get { state.withLock(\.refusesReleases) }
        set { state.withLock { $0.refusesReleases = newValue } }
    }
    /// The one person that it knows.
    var knows: UUIDv7? {
        get { state.withLock(\.knows) }
        set { state.withLock { $0.knows = newValue } }
    }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        if isDown || refusesReleases && method == "holdRecords.release" { throw .dependencyUnavailable("keeper") }
        do throws(JSONError) {
            switch method {
            case "holdRecords.place":
                return try place(try HoldRecords.Place.Params(json: params)).json()
            case "holdRecords.release":
                let id = try HoldRecords.Release.Params(json: params).id
                let wasThere = state.withLock { state in
                    defer { state.records.removeAll { $0.id == id } }
                    return state.records.contains { $0.id == id }
                }
                return HoldRecords.Release.Reply(released: wasThere).json()
            default:
                return HoldRecords.List.Reply(items: state.withLock(\.records)).json()
            }
        } catch {
            throw .internalError(error.message)
        }
    }

    private func place(_ params: HoldRecords.Place.Params) throws(JSONError) -> HoldRecords.Place.Reply {
        state.withLock { state in
            let actors = params.identifiers.isEmpty ? [] : state.knows.map { [$0] } ?? []
            let isAboutNobody = !params.identifiers.isEmpty && actors.isEmpty
            if !isAboutNobody, !state.records.contains(where: { $0.id == params.id }) {
                state.records.append(
                    HoldRecord(
                        id: params.id, reason: params.reason, placedBy: params.placedBy,
                        placedAt: Timestamp(microseconds: 1_000_000), actors: actors))
            }
            return HoldRecords.Place.Reply(actors: actors)
        }
    }
}
