import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// What purposes rest on where nothing is recorded of a person.
struct PurposeStore: Sendable {
    func set(_ name: String, _ basis: LegalBasis?, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let basis, basis != .consent else {
            try transaction.run("DELETE FROM purposes WHERE name = :name", [":name": name])
            return
        }
        try transaction.run(
            """
            INSERT INTO purposes (name, legal_basis) VALUES (:name, :basis)
            ON CONFLICT (name) DO UPDATE SET legal_basis = excluded.legal_basis
            """, [":name": name, ":basis": basis.rawValue])
    }

    func basis(
        of name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> LegalBasis? {
        try transaction.one("SELECT legal_basis FROM purposes WHERE name = :name", [":name": name]) {
            LegalBasis(rawValue: $0.text(0))
        } ?? nil
    }

    /// How many purposes rest on a basis.
    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM purposes") { $0.int(0) } ?? 0
    }

    /// The purposes that rest on a basis, and those for which something is recorded of people, by name.
    func all(
        at now: Timestamp, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [PurposeBasis] {
        try transaction.all(
            """
            WITH recorded AS (
                SELECT consents.purpose AS name, count(*) AS people
                FROM consents JOIN consent_entries ON sequence = entry
                WHERE NOT is_withdrawal AND (expires_at IS NULL OR expires_at > :now)
                GROUP BY consents.purpose
            )
            SELECT name, legal_basis, people FROM purposes FULL JOIN recorded USING (name) ORDER BY name LIMIT :limit
            """, [":now": now, ":limit": limit]
        ) { row in
            PurposeBasis(
                name: row.text(0), legalBasis: row.textOrNil(1).flatMap { LegalBasis(rawValue: $0) },
                people: row.isNull(2) ? nil : row.int(2))
        }
    }
}
