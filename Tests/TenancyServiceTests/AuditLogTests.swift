import AuditProof
import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import OpenSSL
import ServiceContract
import Testing

@testable import ServiceKit
@testable import TenancyAPI
@testable import TenancyService

/// The audit log: its tree, its heads, its proofs.
@Suite struct AuditLogTests {
    private func append(_ numbers: some Sequence<Int> & Sendable, to tenancy: Tenancy) async throws {
        let (log, now) = (tenancy.log, tenancy.clock.now)
        try await tenancy.write { transaction throws(RPCError) in
            for number in numbers { try log.append(.made(number, brand: nil), brand: nil, at: now, in: transaction) }
        }
    }

    private func entries(_ tenancy: Tenancy) async throws -> [AuditEntry] {
        try await tenancy.auditEntries.list(.init(limit: 500, sort: .oldest), for: tenancy.admin).items
    }

    /// The heads that the gateway was told, each of which is proved to continue the one before.
    private func told(_ tenancy: Tenancy) throws -> [SignedTreeHead] {
        var last: SignedTreeHead?
        return try tenancy.gateway.messages.filter { $0["topic"] == "audit.head" }.map { message in
            let notice = try TreeHeadNotice(json: (message["body"] ?? .null).json())
            #expect(notice.fromSize == last?.treeSize ?? 0)
            if let last, let from = MerkleTree.Hash(hexadecimal: last.rootHash),
                let to = MerkleTree.Hash(hexadecimal: notice.head.rootHash)
            {
                let path = notice.path.compactMap { MerkleTree.Hash(hexadecimal: $0) }
                let proof = ConsistencyProof(fromSize: last.treeSize, toSize: notice.head.treeSize, path: path)
                #expect(proof.isValid(from: from, to: to))
            }
            last = notice.head
            return notice.head
        }
    }

    @Test("Entries get the indexes from 0 and the hashes of a Merkle tree, fewer than two for each")
    func tree() async throws {
        try await withTenancy { tenancy in
            try await append(1...100, to: tenancy)
            // What comes again has its place.
            try await append(50...120, to: tenancy)
            let entries = try await entries(tenancy)
            #expect(entries.map(\.leafIndex) == Array(0..<120))
            #expect(entries.allSatisfy { "\($0.computedLeafHash)" == $0.leafHash })
            let nodes = try await tenancy.number("SELECT count(*) FROM audit_nodes")
            #expect(nodes == 120 + 60 + 30 + 15 + 7 + 3 + 1)
            await tenancy.headSchedule.signHead()
            var frontier = Frontier()
            for entry in entries { frontier.append(entry.computedLeafHash) }
            let head = try await tenancy.auditLog.head(.init(), for: tenancy.admin)
            #expect(head.rootHash == "\(frontier.root)" && head.treeSize == 120 && head.isSigned)
        }
    }

    @Test("A head is signed when entries came since the last one, and told; an idle second signs none")
    func schedule() async throws {
        try await withTenancy { tenancy in
            await tenancy.headSchedule.signHead()
            let none = await failure { () async throws(RPCError) in
                try await tenancy.auditLog.head(.init(), for: tenancy.admin)
            }
            #expect(none?.code == RPCError.Code.notFound)
            for size in [3, 3, 10] {
                try await append(1...size, to: tenancy)
                tenancy.clock.advance(milliseconds: 1_000)
                await tenancy.headSchedule.signHead()
            }
            // A clock that goes back does not make a head older than the one before.
            tenancy.clock.advance(milliseconds: -60_000)
            try await append([11], to: tenancy)
            await tenancy.headSchedule.signHead()
            try await tenancy.eventually { try told(tenancy).count == 3 }
            let heads = try told(tenancy)
            #expect(heads.map(\.treeSize) == [3, 10, 11])
            let times = ["00:00:01", "00:00:03", "00:00:03"].map { "2026-01-01T\($0)Z" }
            #expect(heads.map(\.timestamp.description) == times)
            #expect(heads.allSatisfy(\.isSigned) && Set(heads.map(\.keyId)).count == 1)
            #expect(try await tenancy.auditLog.head(.init(), for: tenancy.admin) == heads.last)
        }
    }

    @Test("Each thousandth entry since the last head signs one at once", arguments: [999, 1_000, 1_001, 2_000])
    func thousands(count: Int) async throws {
        try await withTenancy { tenancy in
            try await append(1...count, to: tenancy)
            let heads = try await tenancy.number("SELECT count(*) FROM tree_heads")
            #expect(heads == Int64(count / VerifiableLog.entriesOfHead))
        }
    }

    @Test("The key outlives the process, and lies in a file of its own")
    func key() async throws {
        let directory = TemporaryDirectory()
        var keys: [String] = []
        for number in 1...2 {
            try await withTenancy(try Tenancy(in: directory)) { tenancy in
                try await append([number], to: tenancy)
                await tenancy.headSchedule.signHead()
                keys.append(try await tenancy.auditLog.head(.init(), for: tenancy.admin).keyId)
            }
        }
        #expect(Set(keys).count == 1)
        #expect(FileBytes.names(in: directory.path + "/secrets").contains("audit-log"))
    }

    @Test("Proofs of every entry and between all sizes hold against the roots of the log, for keys too")
    func proofs() async throws {
        try await withTenancy { tenancy in
            let size = 13
            try await append(1...size, to: tenancy)
            await tenancy.headSchedule.signHead()
            let entries = try await entries(tenancy)
            var frontier = Frontier()
            let roots = entries.map { entry in
                frontier.append(entry.computedLeafHash)
                return frontier.root
            }
            let key = CallContext(
                brand: UUIDv7(milliseconds: 1, sequence: 0, random: 1), principal: "key:1", scopes: ["audit:read"])
            for to in 1...size {
                for index in 0..<to {
                    let asked = AuditLog.InclusionProof.Params(leafIndex: index, treeSize: to)
                    let told = try await tenancy.auditLog.inclusionProof(asked, for: key)
                    let path = told.path.compactMap { MerkleTree.Hash(hexadecimal: $0) }
                    let proof = InclusionProof(leafIndex: told.leafIndex, treeSize: told.treeSize, path: path)
                    #expect(proof.isValid(leafHash: entries[index].computedLeafHash, root: roots[to - 1]))
                    #expect(told.leafHash == entries[index].leafHash)
                }
                for from in 1...to {
                    let asked = AuditLog.ConsistencyProof.Params(fromSize: from, toSize: to)
                    let told = try await tenancy.auditLog.consistencyProof(asked, for: key)
                    let path = told.path.compactMap { MerkleTree.Hash(hexadecimal: $0) }
                    let proof = ConsistencyProof(fromSize: told.fromSize, toSize: told.toSize, path: path)
                    #expect(proof.isValid(from: roots[from - 1], to: roots[to - 1]))
                }
            }
            // Without a size it is the newest head's.
            try await append([99], to: tenancy)
            #expect(try await tenancy.auditLog.inclusionProof(.init(leafIndex: 0), for: key).treeSize == size)
            #expect(try await tenancy.auditLog.consistencyProof(.init(fromSize: 1), for: key).toSize == size)
        }
    }

    @Test("What the log has not reached is not found")
    func outside() async throws {
        try await withTenancy { tenancy in
            try await append(1...4, to: tenancy)
            await tenancy.headSchedule.signHead()
            for (index, size) in [(4, nil), (4, 4), (3, 3), (0, 5)] as [(Int, Int?)] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.auditLog.inclusionProof(
                        .init(leafIndex: index, treeSize: size), for: tenancy.admin)
                }
                #expect(failed?.code == RPCError.Code.notFound)
            }
            for (from, to) in [(5, nil), (3, 2), (1, 5)] as [(Int, Int?)] {
                let failed = await failure { () async throws(RPCError) in
                    try await tenancy.auditLog.consistencyProof(.init(fromSize: from, toSize: to), for: tenancy.admin)
                }
                #expect(failed?.code == RPCError.Code.notFound)
            }
        }
    }
}
