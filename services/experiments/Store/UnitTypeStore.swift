import JSONRPC
import SQLite
import ServiceContract

/// What the brand said of types of unit.
struct UnitTypeStore: Sendable {
    func set(
        _ type: String, identifierType: String?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO unit_types (type, identifier_type) VALUES (:type, :identifier_type)
            ON CONFLICT (type) DO UPDATE SET identifier_type = excluded.identifier_type
            """, [":type": type, ":identifier_type": identifierType])
    }

    /// By type; nil: units that are nobody's.
    func all(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [String: String?] {
        let rows = try transaction.all("SELECT type, identifier_type FROM unit_types") { ($0.text(0), $0.textOrNil(1)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// The types of units that are kept here.
    func kept(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [String] {
        // One step of the index for each type.
        try transaction.all(
            """
            WITH RECURSIVE found (type) AS (
                SELECT min(type) FROM units
                UNION ALL SELECT (SELECT min(type) FROM units WHERE units.type > found.type) FROM found
                WHERE found.type IS NOT NULL)
            SELECT type FROM found WHERE type IS NOT NULL
            """
        ) { $0.text(0) }
    }
}
