import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import Synchronization
import Testing

@testable import GatewayService

/// What the services witnessed, as one list.
@Suite struct AuditWitnessesServiceTests {
    private static let call = CallContext(principal: "admin")

    private func service(_ witnesses: PlayedWitness...) -> AuditWitnessesService {
        AuditWitnessesService(services: witnesses.map(\.name)) { name in
            witnesses.first { $0.name == name } ?? PlayedWitness(name, nil)
        }
    }

    @Test("Pages of any length join to what all services keep, service by service", arguments: [1, 2, 3, 4, 5, 6, 500])
    func pages(limit: Int) async throws {
        let witnesses = service(
            PlayedWitness("gateway", [3, 4, 9]), PlayedWitness("signals", []), PlayedWitness("stimuli", [1, 2]))
        var cursor: String?
        var listed: [String] = []
        var pages = 0
        repeat {
            let page = try await witnesses.list(
                AuditWitnesses.List.Params(cursor: cursor, limit: limit), for: Self.call)
            #expect(page.items.count <= limit)
            listed += page.items.map { "\($0.witness) \($0.number)" }
            cursor = page.nextCursor
            pages += 1
        } while cursor != nil
        #expect(listed == ["gateway 3", "gateway 4", "gateway 9", "stimuli 1", "stimuli 2"])
        #expect(pages == (5 + limit - 1) / limit)
    }

    @Test("A witness that does not answer fails the whole: its testimony would be missing")
    func silent() async throws {
        let witnesses = service(PlayedWitness("gateway", [1]), PlayedWitness("signals", nil))
        await #expect(throws: RPCError.dependencyUnavailable("signals")) {
            try await witnesses.list(AuditWitnesses.List.Params(), for: Self.call)
        }
    }

    @Test("An adopted key is told to the log, then to each witness with the log's head and the reason")
    func adoption() async throws {
        let told = Told()
        let service = AuditWitnessesService(services: ["gateway", "signals"]) { PlayedAdoption(name: $0, told: told) }
        let reply = try await service.adoptKey(.init(reason: "Ada: lost"), for: Self.call)
        #expect(reply.items.map(\.witness) == ["gateway", "signals"])
        #expect(reply.items.allSatisfy { $0.adoptionReason == "Ada: lost" && $0.head == PlayedAdoption.head })
        let expected = [
            "tenancy auditLog.adoptKey admin", "gateway witnessedHeads.adopt service:gateway",
            "signals witnessedHeads.adopt service:gateway",
        ]
        #expect(told.calls.withLock(\.self) == expected)
    }

    @Test(
        "A cursor that no list gave out is refused",
        arguments: ["x", "gateway", "gateway:", "gateway:0", "gateway:01", "gateway:1:2", "tenancy:1", ":1"])
    func refused(cursor: String) async throws {
        let witnesses = service(PlayedWitness("gateway", [1]))
        await #expect(throws: RPCError.invalidCursor) {
            try await witnesses.list(AuditWitnesses.List.Params(cursor: cursor), for: Self.call)
        }
    }
}

/// Who was called, in order.
private final class Told: Sendable {
    let calls = Mutex<[String]>([])
}

/// The log, or a witness, that does what the platform orders.
private struct PlayedAdoption: JSONRPCClient {
    private static let zeros = String(repeating: "0", count: 64)
    static let head = SignedTreeHead(
        treeSize: 9, rootHash: zeros, timestamp: Timestamp(microseconds: 0), keyId: zeros, publicKey: zeros,
        signature: zeros + zeros)

    let name: String
    let told: Told

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        told.calls.withLock { $0.append("\(name) \(method) \(context?.principal ?? "")") }
        if method == "auditLog.adoptKey" { return Self.head.json() }
        guard let order = try? WitnessedHeads.Adopt.Params(json: params) else { throw .forbidden("no") }
        return WitnessedHead(
            witness: name, number: 2, head: order.head, receivedAt: Timestamp(microseconds: 0), contradicts: 1,
            adoptionReason: order.reason
        ).json()
    }
}

/// A service that was told heads of these numbers; nil: it does not answer.
private struct PlayedWitness: JSONRPCClient {
    let name: String
    private let numbers: [Int]?

    init(_ name: String, _ numbers: [Int]?) {
        self.name = name
        self.numbers = numbers
    }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        guard let numbers else { throw .dependencyUnavailable(name) }
        guard method == "witnessedHeads.list", context?.principal == "service:gateway",
            let asked = try? WitnessedHeads.List.Params(json: params)
        else { throw .forbidden("no") }
        let time = Timestamp(microseconds: 0)
        let zeros = String(repeating: "0", count: 64)
        let heads = numbers.filter { $0 > asked.after }.prefix(asked.limit).map { number in
            WitnessedHead(
                witness: name, number: number,
                head: SignedTreeHead(
                    treeSize: number, rootHash: zeros, timestamp: time, keyId: zeros, publicKey: zeros,
                    signature: zeros + zeros), receivedAt: time)
        }
        return WitnessedHeads.List.Reply(items: Array(heads)).json()
    }
}
