import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import ServiceLifecycle
import Synchronization
import Testing

@testable import GatewayService

@Suite struct ErasureSagaTests {
    private static let brand = UUIDv7(milliseconds: 9, sequence: 0, random: 9)

    @Test("A request goes to every service, and again to those that knew less when another finds more")
    func discovery() async throws {
        let suite = try Suite(
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
        let suite = try Suite(
            services: [
                "signals": FakeService([.unavailable, .unavailable, .found(identifiers: [], actors: [], rows: [])])
            ],
            order: ["signals"])
        let request = try await suite.submit([("email", "a@example.org")])
        #expect(try await suite.status(request) != .completed)
        let done = try await suite.completed(request)
        #expect(done.status == .completed && done.completedAt != nil)
        await suite.stop()
    }

    @Test("A request that was open when the process died is carried on by the next one")
    func resumption() async throws {
        let directory = NSTemporaryDirectory() + "gyre-saga-\(UUID().uuidString)"
        let first = try Suite(
            services: ["signals": FakeService([.unavailable])], order: ["signals"], directory: directory)
        let request = try await first.submit([("email", "a@example.org")])
        await first.stop()
        let second = try Suite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [("signals", 1)])])],
            order: ["signals"], directory: directory)
        #expect(try await second.completed(request).services.first?.rows.first?.rows == 1)
        await second.stop()
    }

    @Test("A completed request no longer knows whose it was, in no byte of the database")
    func forgetting() async throws {
        let suite = try Suite(
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

    @Test("No statement can move a request backwards")
    func transitions() async throws {
        let suite = try Suite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [])])], order: ["signals"])
        let request = try await suite.submit([("email", "a@example.org")])
        _ = try await suite.completed(request)
        await #expect(throws: RPCError.self) {
            try await suite.runtime.write(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
                _ = try transaction.run(
                    "UPDATE privacy_requests SET status = 'processing', completed_at = NULL, identifiers = '[]'")
            }
        }
        await suite.stop()
    }

    /// A gateway's saga with services that answer from a script.
    private final class Suite: Sendable {
        let directory: String
        let runtime: ServiceRuntime
        let services: [String: FakeService]
        private let requests: PrivacyRequestsService
        private let task: Task<Void, any Error>

        init(services: [String: FakeService], order: [String], directory: String? = nil) throws {
            self.services = services
            self.directory = directory ?? NSTemporaryDirectory() + "gyre-saga-\(UUID().uuidString)"
            let databases = try BrandDatabases(
                directory: self.directory, brandMigrations: [],
                serviceMigrations: GatewayService.definition.serviceMigrations)
            let courier = OutboxCourier(sender: "gateway") { _ in FakeService([]) }
            runtime = ServiceRuntime(name: "gateway", databases: databases, courier: courier)
            let saga = ErasureSaga(runtime: runtime, services: order) { services[$0] ?? FakeService([]) }
            requests = PrivacyRequestsService(saga: saga)
            // Unstructured, because it lives as long as this object, which ends it.
            task = Task { try await saga.run() }
        }

        func submit(_ identifiers: [(String, String)]) async throws -> UUIDv7 {
            let call = CallContext(brand: ErasureSagaTests.brand, principal: "admin")
            return try await runtime.write(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
                try requests.submit(
                    PrivacyRequests.Submit.Params(
                        identifiers: identifiers.map { Identifier(type: $0.0, value: $0.1) }),
                    in: transaction, for: call
                ).id
            }
        }

        func status(_ id: UUIDv7) async throws -> PrivacyRequest.Status {
            try await get(id).status
        }

        func completed(_ id: UUIDv7) async throws -> PrivacyRequest {
            for _ in 0..<1_000 {
                let request = try await get(id)
                if request.status == .completed { return request }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw RPCError.deadlineExceeded
        }

        private func get(_ id: UUIDv7) async throws -> PrivacyRequest {
            let call = CallContext(brand: ErasureSagaTests.brand, principal: "admin")
            return try await runtime.read(runtime.databases.serviceFile) { [requests] transaction throws(RPCError) in
                try requests.get(PrivacyRequests.Get.Params(id: id), in: transaction, for: call)
            }
        }

        func stop() async {
            task.cancel()
            runtime.stop()
        }
    }
}

/// Answers `subjects.erase` from a script; the last answer repeats.
final class FakeService: JSONRPCClient {
    enum Answer {
        case unavailable
        case found(identifiers: [(String, String)], actors: [UUIDv7], rows: [(String, Int)])
    }

    private let script: Mutex<[Answer]>
    private let seen = Mutex<[[String]]>([])

    init(_ script: [Answer]) {
        self.script = Mutex(script)
    }

    /// The types of the identifiers of each call.
    var identifiers: [[String]] { seen.withLock(\.self) }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        if let value = try? JSONValue(parsing: params), case .array(let given)? = value["identifiers"] {
            let types = given.compactMap { if case .string(let type)? = $0["type"] { type } else { nil } }
            seen.withLock { $0.append(types) }
        }
        let answer = script.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .unavailable }
        switch answer {
        case .unavailable: throw .dependencyUnavailable("fake")
        case .found(let identifiers, let actors, let rows):
            let pairs = identifiers.map { #"{"type":"\#($0.0)","value":"\#($0.1)"}"# }.joined(separator: ",")
            let ids = actors.map { "\"\($0)\"" }.joined(separator: ",")
            let tables = rows.map { #"{"table":"\#($0.0)","rows":\#($0.1)}"# }.joined(separator: ",")
            return Array(#"{"identifiers":[\#(pairs)],"actors":[\#(ids)],"rows":[\#(tables)]}"#.utf8)
        }
    }
}
