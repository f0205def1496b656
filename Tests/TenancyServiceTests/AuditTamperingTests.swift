import AuditProof
import CommonAPI
import JSON
import JSONRPC
import MerkleLog
import PythonOracle
import SQLite
import ServiceContract
import Testing

@testable import ServiceKit
@testable import TenancyService

/// Somebody changes the audit log in tenancy's database, past every trigger; both verifiers find it.
@Suite struct AuditTamperingTests {
    /// What is done to the rows.
    enum Change: CaseIterable {
        case edit, drop, close, exchange, truncate
    }

    private static let size = 300
    /// Where heads are signed; entries behind the last one are nobody's witness yet.
    private static let headSizes = [1, 2, 40, 64, 100, 129, 200, 277, 290]
    private static let covered = 290

    @Test(
        "Every edited, dropped, exchanged or cut off entry at or below the newest witnessed head is found",
        arguments: Change.allCases)
    func found(change: Change) async throws {
        let directory = TemporaryDirectory()
        let witnessed = try await log(in: directory)
        let connection = try Connection(
            path: directory.path + "/tenancy/service.db", OpenOptions(authorizer: false))
        var random = Shuffled(seed: 6_962)
        for hidesTraces in [false, true] {
            for _ in 0..<8 {
                let (index, other) = (random.below(Self.covered), random.below(Self.covered))
                guard index != other else { continue }
                try connection.execute("BEGIN IMMEDIATE; " + Self.withoutTriggers)
                try connection.execute(Self.sql(change, index, other, column: random.below(Self.edits.count)))
                if hidesTraces { try rebuild(connection) }
                let first = change == .exchange ? min(index, other) : index
                let verdict = try verify(connection, witnessed)
                try connection.execute("ROLLBACK")
                let bad = try #require(verdict.firstBadIndex, "\(change) at \(index) was not found")
                if hidesTraces, change != .truncate, change != .drop {
                    // All hashes were computed anew: the heads around it tell between which of them it is.
                    #expect(bad == Self.headSizes.last { $0 <= first } ?? 0)
                } else {
                    #expect(bad == first)
                }
            }
        }
        #expect(try verify(connection, witnessed).isGood)
    }

    @Test("What nobody witnessed yet is the log's own word, and said to be so")
    func uncovered() async throws {
        let directory = TemporaryDirectory()
        let witnessed = try await log(in: directory)
        let connection = try Connection(
            path: directory.path + "/tenancy/service.db", OpenOptions(authorizer: false))
        #expect(try verify(connection, witnessed).covered == Self.covered)
        try connection.execute("BEGIN IMMEDIATE; " + Self.withoutTriggers)
        try connection.execute("DELETE FROM audit_entries WHERE leaf_index >= \(Self.covered)")
        #expect(try verify(connection, witnessed).isGood)
    }

    /// A log of entries with heads on the way.
    ///
    /// - Returns: the heads as the gateway was told them.
    private func log(in directory: TemporaryDirectory) async throws -> [WitnessedHead] {
        var heads: [SignedTreeHead] = []
        try await withTenancy(try Tenancy(in: directory)) { tenancy in
            let (log, now) = (tenancy.log, tenancy.clock.now)
            try await tenancy.write { transaction throws(RPCError) in
                for number in 1...Self.size {
                    try log.append(.made(number, brand: nil), brand: nil, at: now, in: transaction)
                    if Self.headSizes.contains(number) { try log.signHead(at: now, in: transaction) }
                }
            }
            try await tenancy.eventually { tenancy.gateway.messages.count == Self.headSizes.count }
            heads = try tenancy.gateway.messages.map { try TreeHeadNotice(json: ($0["body"] ?? .null).json()).head }
        }
        return heads.enumerated().map { number, head in
            WitnessedHead(witness: "gateway", number: number + 1, head: head, receivedAt: head.timestamp)
        }
    }

    /// What both verifiers say of the log as it is in the database.
    private func verify(_ connection: Connection, _ witnessed: [WitnessedHead]) throws -> AuditVerifier.Verdict {
        let transaction = ReadTransaction(connection)
        let entries = try AuditStore().list(from: nil, count: 2 * Self.size, in: transaction)
        let head = try TreeHeadStore().newest(in: transaction)
        var verifier = AuditVerifier(head: head, witnessed: witnessed)
        for entry in entries { verifier.add(entry) }
        let verdict = verifier.verdict()
        if AuditOracle.isAvailable {
            let lines = (head.map { [AuditExport.line($0)] } ?? []) + witnessed.map(AuditExport.line)
            let (json, status) = try AuditOracle.verdict(on: (lines + entries.map(AuditExport.line)).flatMap(\.self))
            let told = try JSONValue(parsing: json)
            #expect(told["firstBadIndex"]?.int64.map { Int($0) } == verdict.firstBadIndex)
            #expect(status == (verdict.isGood ? 0 : 1))
        }
        return verdict
    }

    /// Covers the traces: all hashes are computed from the entries as they are now, heads beyond them are forgotten.
    private func rebuild(_ connection: Connection) throws {
        let transaction = WriteTransaction(connection, identifiers: CountedIdentifiers())
        let entries = try AuditStore().list(from: nil, count: 2 * Self.size, in: transaction)
        try connection.execute("DELETE FROM audit_nodes; DELETE FROM tree_heads WHERE tree_size > \(entries.count)")
        for (index, entry) in entries.enumerated() {
            try AuditNodeStore().append(entry.computedLeafHash, at: index, in: transaction)
        }
    }

    private static let withoutTriggers = """
        DROP TRIGGER audit_entries_are_appended; DROP TRIGGER audit_entries_are_not_changed;
        DROP TRIGGER audit_entries_are_not_removed; DROP TRIGGER audit_nodes_are_not_changed;
        DROP TRIGGER audit_nodes_are_not_removed; DROP TRIGGER tree_heads_are_not_removed;
        """

    private static let edits = [
        "principal = 'nobody'", "method = 'keys.list'", "service = 'gateway'", "at = at + 1", "fields = '[]'",
        "ids = '[\"01930000-0000-7000-8000-0000000000ff\"]'", "brand = x'019300000000700080000000000000ff'",
        "id = x'019300000000700080000000000000fe'",
    ]

    private static func sql(_ change: Change, _ index: Int, _ other: Int, column: Int) -> String {
        switch change {
        case .edit: "UPDATE audit_entries SET \(edits[column]) WHERE leaf_index = \(index)"
        case .drop: "DELETE FROM audit_entries WHERE leaf_index = \(index)"
        case .close:
            """
            DELETE FROM audit_entries WHERE leaf_index = \(index);
            UPDATE audit_entries SET leaf_index = leaf_index + 1000000 WHERE leaf_index > \(index);
            UPDATE audit_entries SET leaf_index = leaf_index - 1000001 WHERE leaf_index > 1000000;
            """
        case .exchange:
            """
            UPDATE audit_entries SET leaf_index = 1000000 WHERE leaf_index = \(index);
            UPDATE audit_entries SET leaf_index = \(index) WHERE leaf_index = \(other);
            UPDATE audit_entries SET leaf_index = \(other) WHERE leaf_index = 1000000;
            """
        case .truncate: "DELETE FROM audit_entries WHERE leaf_index >= \(index)"
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same places in every run.
private struct Shuffled {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
