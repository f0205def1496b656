import CommonAPI
import Configuration
import Foundation
import Glibc
import JSON
import JSONRPC
import JSONRPCUnixSocket
import Logging
import NIOCore
import NIOPosix
import ServiceContract
import ServiceKit
import ServiceLifecycle
import Synchronization
import TenancyAPI
import Testing

@testable import GatewayService

/// A whole gateway, its doors and its database, with siblings that answer from closures.
final class GatewayUnderTest: Sendable {
    static let brand = UUIDv7(milliseconds: 1, sequence: 0, random: 1)

    let directory: String
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let siblings: [UnixSocketServer]
    private let runtime: ServiceRuntime
    private let services: ServiceGroup
    private let task: Task<Void, any Error>
    private let reloads: [@Sendable () -> Void]

    /// - Parameters:
    ///   - keys: what each may spend.
    ///   - staff: who signs in.
    ///   - signals: answers its calls.
    ///   - contexts: sees on whose behalf they are made.
    ///   - hasExperiments: whether somebody who knows nobody is in the place of experiments; else it is free.
    init(
        _ environment: [String: String] = [:], directory: String? = nil, keys: [TestKey], staff: FakeStaff? = nil,
        signals: @escaping @Sendable (String, Reply?) -> Void = { _, reply in reply?.succeed { $0.emptyObject() } },
        contexts: @escaping @Sendable (String) -> Void = { _ in }, hasExperiments: Bool = true
    ) async throws {
        self.directory = directory ?? "/tmp/gyre-gate-\(UInt32.random(in: 0...UInt32.max))"
        let configuration = ServiceConfiguration(dataDirectory: self.directory)
        FileBytes.createDirectory(self.directory)
        FileBytes.createDirectory(configuration.runDirectory)
        FileBytes.createDirectory(configuration.secretsDirectory)
        let tenancy = try await UnixSocketServer.bind(to: configuration.socketPath(of: "tenancy"), on: group) { _ in
            FakeTenancy(keys: keys, staff: staff)
        }
        let signals = try await UnixSocketServer.bind(to: configuration.socketPath(of: "signals"), on: group) { _ in
            FakeSibling(answer: signals, contexts: contexts)
        }
        // The platform's methods of the gateway, which its own saga calls, and of siblings that know nobody.
        var siblings = [tenancy, signals]
        for service in ["gateway", "stimuli"] + (hasExperiments ? ["experiments"] : []) {
            let path = configuration.socketPath(of: service)
            siblings.append(
                try await UnixSocketServer.bind(to: path, on: group) { _ in
                    FakeSibling(answer: { _, reply in reply?.succeed { Self.knowsNobody(&$0) } }, contexts: { _ in })
                })
        }
        self.siblings = siblings
        let clients = Siblings(configuration, on: group.any())
        runtime = ServiceRuntime(
            name: "gateway",
            databases: try BrandDatabases(
                directory: configuration.databaseDirectory(of: "gateway"), brandMigrations: [],
                serviceMigrations: GatewayService.definition.serviceMigrations),
            courier: OutboxCourier(sender: "gateway") { clients[$0] })
        var parts = ServiceParts()
        try await GatewayService.compose(
            ServiceEnvironment(
                configuration: configuration,
                reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)),
                runtime: runtime,
                tombstones: try Tombstones(
                    key: SecretFile.key(named: "tombstones", in: configuration.secretsDirectory)),
                ledger: try ErasureLedger(directory: configuration.ledgerDirectory),
                metrics: PrometheusMetrics(), eventLoop: group.any(), siblings: clients,
                logger: Logger(label: "test")),
            &parts)
        reloads = parts.reloads
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: parts.services, logger: Logger(label: "test")))
        self.services = services
        // Unstructured, because it lives as long as this object, which ends it.
        task = Task { try await services.run() }
    }

    /// What a service answers to the saga that has nothing of a person, whatever it is asked.
    static func knowsNobody(_ writer: inout JSONWriter) {
        writer.beginObject()
        for list in ["identifiers", "actors", "rows", "tables", "outcomes", "items"] {
            writer.key(list)
            writer.beginArray()
            writer.endArray()
        }
        writer.key("people")
        writer.int(0)
        writer.endObject()
    }

    var socket: String { directory + "/run/gateway.sock" }

    var httpPort: Int {
        get async throws {
            for _ in 0..<500 {
                if let bytes = FileBytes.read(directory + "/run/http.port"),
                    let port = Int(String(decoding: bytes, as: UTF8.self).dropLast())
                {
                    return port
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw RPCError.deadlineExceeded
        }
    }

    /// The port that the door called `line` or `http` listens on.
    func tlsPort(_ door: String) async throws -> Int {
        // This file comes last.
        _ = try await httpPort
        let bytes = try #require(FileBytes.read(directory + "/run/tls.json"))
        let address = try #require(try JSONValue(parsing: bytes)[door]?.string)
        return try #require(Int(address.split(separator: ":").last ?? ""))
    }

    /// What SIGHUP does.
    func reload() { for reload in reloads { reload() } }

    /// One call over a connection of its own.
    func call(
        _ method: String = "signals.track", _ params: String = "{}", key: TestKey?, deadlineMilliseconds: Int? = nil,
        door: String = "gateway"
    ) async throws -> Result<[UInt8], RPCError> {
        let members = [
            key.map { #""key":"\#($0.key.text)""# }, deadlineMilliseconds.map { #""deadlineMilliseconds":\#($0)"# },
        ].compactMap(\.self).joined(separator: ",")
        let client = UnixSocketClient(
            path: "\(directory)/run/\(door).sock", name: "gateway", on: group.any(),
            meta: try JSONRaw(validating: Array("{\(members)}".utf8)))
        let result: Result<[UInt8], RPCError>
        do throws(RPCError) {
            result = .success(try await client.call(method, params: Array(params.utf8), context: nil))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return result
    }

    /// Ends in good order, or leaves behind what a crash leaves.
    func stop(crashing: Bool = false) async throws {
        if crashing {
            task.cancel()
            // Whatever still used the event loop would trap.
            _ = await task.result
        } else {
            await services.triggerGracefulShutdown()
            try await task.value
        }
        runtime.stop()
        for sibling in siblings { try await sibling.close() }
        try await group.shutdownGracefully()
    }
}

/// A key of the fake tenancy.
struct TestKey: Sendable {
    let key: APIKey
    let id: UUIDv7
    let brand: UUIDv7
    let rate: Int
    let burst: Int
    let segments: [String]
    let scopes: [String]
    /// Whether tenancy can say anything about it.
    let isProvable: Bool

    init(
        _ number: UInt8, brand: UUIDv7 = GatewayUnderTest.brand, rate: Int = 1_000, burst: Int = 1_000,
        segments: [String] = [], scopes: [String] = ["*:*"], isProvable: Bool = true
    ) {
        key = APIKey(mode: .live, random: Array(repeating: number, count: APIKey.randomByteCount))
        id = UUIDv7(milliseconds: 2, sequence: 0, random: UInt64(number))
        self.brand = brand
        self.rate = rate
        self.burst = burst
        self.segments = segments
        self.scopes = scopes
        self.isProvable = isProvable
    }
}

private struct FakeTenancy: RequestHandler {
    let keys: [TestKey]
    let staff: FakeStaff?

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        let params = (try? JSONValue(parsing: Array(request.paramsBytes))) ?? .null
        switch staff?.answer(request.method, params) {
        case .success(let value)?:
            reply?.succeed { value.write(to: &$0) }
            return
        case .failure(let error)?:
            reply?.fail(error)
            return
        case nil: break
        }
        let key = keys.first { $0.key.kid == params["kid"]?.string || "\($0.id)" == params["id"]?.string }
        if key?.isProvable == false { return reply?.fail(.dependencyUnavailable("tenancy")) ?? () }
        let record = key.map { key in
            Key(
                id: key.id, brandId: key.brand, kid: key.key.kid, name: "test", mode: .live, scopes: key.scopes,
                allowedIndustries: [], allowedSegments: key.segments, ratePerSecond: key.rate, burst: key.burst,
                bucketId: key.id, status: .active, createdAt: Timestamp(microseconds: 0), requests: 0, tokens: 0,
                version: 1)
        }
        if request.method.hasPrefix("subjects.") {
            return reply?.succeed { GatewayUnderTest.knowsNobody(&$0) } ?? ()
        }
        if request.method == "keys.get" {
            guard let record else { return reply?.fail(.notFound("key", "")) ?? () }
            return reply?.succeed { record.write(to: &$0) } ?? ()
        }
        reply?.succeed { Keys.Verify.Reply(record: record, epoch: 1).write(to: &$0) }
    }
}

private struct FakeSibling: RequestHandler {
    let answer: @Sendable (String, Reply?) -> Void
    let contexts: @Sendable (String) -> Void

    func handle(_ request: borrowing Request, _ reply: Reply?) {
        contexts(request.contextBytes.map { String(decoding: $0, as: UTF8.self) } ?? "")
        answer(String(decoding: request.paramsBytes, as: UTF8.self), reply)
    }
}

/// A stream of bytes to a socket, blocking, with a time limit of ten seconds for each step.
final class RawStream: Sendable {
    private let descriptor: Int32

    init(unix path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        limitTime()
    }

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        limitTime()
    }

    deinit { close(descriptor) }

    private func limitTime() {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    /// - Returns: false when the peer is gone or takes nothing.
    @discardableResult
    func send(_ bytes: [UInt8]) async -> Bool {
        await blocking { [descriptor] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    @discardableResult
    func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

    /// What arrives until `isEnough` or the end of the stream; nil when neither comes in time.
    func read(until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String? {
        await blocking { [descriptor] in
            var text = ""
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while !isEnough(text) {
                let count = recv(descriptor, &chunk, chunk.count, 0)
                if count == 0 || count < 0 && errno == ECONNRESET { return text }
                guard count > 0 else { return nil }
                text += String(decoding: chunk[..<count], as: UTF8.self)
            }
            return text
        }
    }

    private func blocking<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }
}

extension JSONWriter {
    mutating func emptyObject() {
        beginObject()
        endObject()
    }
}
