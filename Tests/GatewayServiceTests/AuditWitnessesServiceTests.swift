import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
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
