import AuditProof
import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL
import PlatformAPI
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit

/// What a service keeps of what tenancy says the audit log is.
@Suite struct HeadWitnessTests {
    private static let key = [UInt8](repeating: 1, count: 32)

    /// A head of some log; another `log` has other roots.
    private func head(_ size: Int, log: UInt8 = 0, seconds: Int64 = 0, key: [UInt8] = key) throws -> SignedTreeHead {
        try SignedTreeHead.signing(
            treeSize: size, root: MerkleTree.leafHash([log, UInt8(size % 256)]),
            at: Timestamp(microseconds: (1_767_225_600 + Int64(size) + seconds) * 1_000_000),
            with: Ed25519.PrivateKey(rawRepresentation: key))
    }

    private func tell(
        _ heads: [SignedTreeHead], from sequence: Int = 1, to service: ServiceFixture,
        as principal: String = "service:tenancy"
    ) async throws {
        for (offset, head) in heads.enumerated() {
            let message = Message(
                sequence: sequence + offset, topic: "audit.head", body: try JSONRaw(validating: head.json()))
            let params = Messages.Deliver.Params(
                sender: "tenancy", incarnation: String(repeating: "a", count: 32), messages: [message])
            let call = CallContext(principal: principal)
            let mark = try await Messages.Client(service.client).deliver(params, for: call).highWaterMark
            #expect(mark == sequence + offset)
        }
    }

    private func kept(_ service: ServiceFixture, after: Int = 0, limit: Int = 501) async throws -> [WitnessedHead] {
        try await WitnessedHeads.Client(service.client).list(
            WitnessedHeads.List.Params(limit: limit, after: after), for: CallContext(principal: "service:gateway")
        ).items
    }

    @Test("Heads of a log that grows are kept as they were told, and listed page by page")
    func growth() async throws {
        try await withService { service throws in
            let heads = try [1, 2, 5, 900].map { try head($0) }
            try await tell(heads, to: service)
            let all = try await kept(service)
            #expect(all.map(\.head) == heads && all.map(\.number) == [1, 2, 3, 4])
            #expect(all.allSatisfy { $0.witness == "notes" && $0.problem == nil && $0.receivedAt == service.clock.now })
            #expect(try await kept(service, limit: 2) == Array(all.prefix(2)))
            #expect(try await kept(service, after: 2) == Array(all.suffix(2)))
            #expect(try await kept(service, after: 4).isEmpty)
        }
    }

    @Test("A head that comes again, or says the same again, is nothing new")
    func repetition() async throws {
        try await withService { service throws in
            try await tell([head(3), head(5), head(3), head(5), head(5, seconds: 9)], to: service)
            #expect(try await kept(service).map(\.head.treeSize) == [3, 5])
        }
    }

    @Test("A smaller head, one of equal size with another root, of another key, or not signed, is refused and kept")
    func refusals() async throws {
        try await withService { service throws in
            let good = try head(7)
            let unsigned = SignedTreeHead(
                treeSize: 9, rootHash: good.rootHash, timestamp: good.timestamp, keyId: good.keyId,
                publicKey: good.publicKey, signature: good.signature)
            try await tell(
                [
                    head(5), good, head(6), head(7, log: 1), head(5, log: 1), unsigned,
                    head(8, key: Array(repeating: 2, count: 32)), head(8),
                ], to: service)
            let kept = try await kept(service)
            #expect(kept.map(\.head.treeSize) == [5, 7, 6, 7, 5, 9, 8, 8])
            #expect(kept.map(\.problem) == [nil, nil, .smaller, .fork, .fork, .signature, .key, nil])
            #expect(kept.map(\.contradicts) == [nil, nil, 2, 2, 1, 2, 2, nil])
        }
    }

    @Test("What comes from another than tenancy counts as taken and is not kept")
    func strangers() async throws {
        try await withService { service throws in
            try await tell([head(3)], to: service, as: "service:signals")
            #expect(try await kept(service).isEmpty)
        }
    }

    @Test("The newest thousand are kept, and every one that a refused head contradicts")
    func forgetting() async throws {
        try await withService { service throws in
            let heads = try (1...HeadWitness.maximumAccepted + 5).map { try head($0) }
            try await tell(Array(heads.prefix(2)), to: service)
            try await tell([head(2, log: 1)], from: 3, to: service)
            try await service.runtime.write(service.runtime.databases.serviceFile) { transaction throws(RPCError) in
                for head in heads.dropFirst(2) {
                    try HeadWitness.take(head, at: Timestamp(microseconds: 0), in: transaction)
                }
            }
            let kept = try await kept(service) + kept(service, after: kept(service).last?.number ?? 0)
            #expect(kept.filter { $0.problem == nil }.map(\.head.treeSize) == [2] + Array(6...1_005))
            #expect(kept.count { $0.problem == .fork } == 1)
        }
    }

    @Test("Of refused heads the first thousand are kept; the log tells of all")
    func limit() async throws {
        try await withService { service throws in
            let (good, bad) = (try head(2_000), try (1...HeadWitness.maximumRefused + 1).map { try head($0) })
            try await service.runtime.write(service.runtime.databases.serviceFile) { transaction throws(RPCError) in
                for head in [good] + bad {
                    try HeadWitness.take(head, at: Timestamp(microseconds: 0), in: transaction)
                }
            }
            let runtime = service.runtime
            let count = try await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
                try transaction.one("SELECT count(*) FROM audit_heads WHERE problem = 'smaller'") { $0.int(0) }
            }
            #expect(count == HeadWitness.maximumRefused)
        }
    }
}
