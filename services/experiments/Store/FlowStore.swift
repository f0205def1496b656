import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// Versions of flows.
struct FlowStore: Sendable {
    func insert(
        _ flow: FlowVersion, hash: SHA256.Digest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO flows (id, name, version, initial_state, states, transitions, hash, created_at)
            VALUES (:id, :name, :version, :initial_state, :states, :transitions, :hash, :created_at)
            """,
            [
                ":id": flow.id, ":name": flow.name, ":version": flow.version, ":initial_state": flow.initialState,
                ":states": flow.states.jsonText, ":transitions": flow.transitions.jsonText, ":hash": hash.bytes,
                ":created_at": flow.createdAt,
            ])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM flows") { $0.int(0) } ?? 0
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<FlowVersion>? {
        try transaction.one(
            """
            SELECT number, id, name, version, initial_state, states, transitions, hash, created_at
            FROM flows WHERE id = :id
            """, [":id": id], Self.flow)
    }

    /// - Parameter version: nil: the newest.
    func find(
        name: String, version: Int?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<FlowVersion>? {
        try transaction.one(
            """
            SELECT number, id, name, version, initial_state, states, transitions, hash, created_at
            FROM flows WHERE name = :name AND (:version IS NULL OR version = :version)
            ORDER BY version DESC LIMIT 1
            """, [":name": name, ":version": version], Self.flow)
    }

    /// The version of a flow that has this content.
    func find(
        name: String, hash: SHA256.Digest, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<FlowVersion>? {
        try transaction.one(
            """
            SELECT number, id, name, version, initial_state, states, transitions, hash, created_at
            FROM flows WHERE name = :name AND hash = :hash
            """, [":name": name, ":hash": hash.bytes], Self.flow)
    }

    /// Versions behind one, in the order in which they were created.
    ///
    /// - Parameter name: only this flow's; nil: of all flows.
    func list(
        name: String?, after number: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Numbered<FlowVersion>] {
        try transaction.all(
            """
            SELECT number, id, name, version, initial_state, states, transitions, hash, created_at
            FROM flows WHERE number > :number AND (:name IS NULL OR name = :name) ORDER BY number LIMIT :limit
            """, [":name": name, ":number": number, ":limit": limit], Self.flow)
    }

    private static func flow(_ row: Statement) throws(RPCError) -> Numbered<FlowVersion> {
        let id = FlowID(name: row.text(2), version: row.int(3))
        return Numbered(
            number: row.int64(0),
            value: FlowVersion(
                id: row.uuid(1), flowId: id.description, name: id.name, version: id.version,
                initialState: row.text(4), states: try row.json(5), transitions: try row.json(6),
                hash: Hexadecimal.encode(row.bytes(7)), createdAt: row.timestamp(8)))
    }
}

/// What names one version of a flow in a config: `onboarding_v1`.
struct FlowID: Equatable, CustomStringConvertible {
    let name: String
    let version: Int

    init(name: String, version: Int) {
        self.name = name
        self.version = version
    }

    /// Nil unless the text ends in `_v` and the number of a version, without zeros before it.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "v"), omittingEmptySubsequences: false)
        guard parts.count > 1, let digits = parts.last, let version = Int(Substring(digits)), version > 0,
            "\(version)".utf8.count == digits.count
        else { return nil }
        let name = text.utf8.dropLast(digits.count + 1)
        guard name.last == UInt8(ascii: "_"), name.count > 1 else { return nil }
        self.init(name: String(Substring(name.dropLast())), version: version)
    }

    var description: String { "\(name)_v\(version)" }
}
