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

@Suite struct BackupsServiceTests {
    private let directory = NSTemporaryDirectory() + "gyre-backups-\(UUID().uuidString)"
    private let call = CallContext(principal: "admin")

    /// What each service is asked for, in order, and what it has to copy.
    private final class Services: Sendable {
        private let asked = Mutex<[String]>([])
        private let files = Mutex<[String: [String]]>([:])

        init(_ files: [String: [String]]) { self.files.withLock { $0 = files } }

        var calls: [String] { asked.withLock(\.self) }

        func add(_ file: String, to service: String) { files.withLock { $0[service, default: []].append(file) } }

        func reply(_ service: String, _ params: [UInt8]) throws(RPCError) -> [UInt8] {
            guard let params = try? JSONValue(parsing: params) else { throw .internalError("no JSON") }
            let after = params["after"]?.string
            asked.withLock { $0.append(service + (after.map { " after \($0)" } ?? "")) }
            let left = files.withLock { files -> [String]? in
                guard let files = files[service] else { return nil }
                guard let after, let index = files.firstIndex(of: after) else { return files }
                return Array(files[(index + 1)...])
            }
            guard let left else { throw .dependencyUnavailable(service) }
            // One file a call.
            let copies = left.prefix(1).map { name in
                DatabaseCopy(
                    file: name, bytes: 1, sha256: String(repeating: "0", count: 64),
                    incarnation: String(repeating: "1", count: 32), migration: "0000-ground", lastMessage: 0)
            }
            return DatabaseCopies.Write.Reply(
                files: Array(copies), isComplete: left.count < 2, tombstoneKey: String(repeating: "2", count: 32)
            ).json()
        }
    }

    private struct Peer: JSONRPCClient {
        let name: String
        let services: Services

        func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
            try services.reply(name, params)
        }
    }

    private func service(_ services: Services, _ order: [String]) throws -> BackupsService {
        BackupsService(
            ledger: try ErasureLedger(directory: directory + "/ledger"), services: order,
            identifiers: MonotonicIdentifiers()
        ) { Peer(name: $0, services: services) }
    }

    @Test("Whom all others tell what they did is copied last")
    func order() {
        #expect(BackupsService.order(["gateway", "signals", "tenancy"]) == ["gateway", "signals", "tenancy"])
        #expect(BackupsService.order(["tenancy", "signals"]) == ["signals", "tenancy"])
    }

    @Test("All files of all services are in the manifest, also those made while the first were copied")
    func manifest() async throws {
        let services = Services(["signals": ["service.db", "a.db"], "tenancy": ["service.db"]])
        let backups = try service(services, ["signals", "tenancy"])
        let reply = try await backups.create(Backups.Create.Params(path: directory + "/one"), for: call)
        #expect(
            services.calls == [
                "signals", "signals after service.db", "tenancy", "signals after a.db", "tenancy after service.db",
            ])
        #expect(reply.files == 3 && reply.bytes == 3)
        let bytes = try #require(FileBytes.read(directory + "/one/manifest.json"))
        let manifest = try BackupManifest(json: bytes)
        #expect(
            manifest.services.map { "\($0.name) \($0.files.map(\.file))" } == [
                #"signals ["service.db", "a.db"]"#, #"tenancy ["service.db"]"#,
            ])
        let again = try service(services, ["signals", "tenancy"])
        _ = try await again.create(Backups.Create.Params(path: directory + "/two"), for: call)
        let second = try BackupManifest(json: try #require(FileBytes.read(directory + "/two/manifest.json")))
        #expect(second.installation == manifest.installation)
    }

    @Test("A service that does not answer leaves no manifest, and so no backup")
    func failure() async throws {
        let backups = try service(Services(["signals": ["service.db"]]), ["signals", "tenancy"])
        await #expect(throws: RPCError.self) {
            try await backups.create(Backups.Create.Params(path: directory + "/one"), for: call)
        }
        #expect(FileBytes.read(directory + "/one/manifest.json") == nil)
    }

    @Test("A directory with something in it, a relative path and one with dots are refused")
    func paths() async throws {
        let backups = try service(Services(["signals": ["service.db"]]), ["signals"])
        for path in [directory, "here", directory + "/../there"] {
            await #expect(throws: RPCError.self) {
                try await backups.create(Backups.Create.Params(path: path), for: call)
            }
        }
    }
}
