import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// The properties of events that a brand says are specially protected, by names as ``SpecialTraitRegistry`` compares them.
struct SpecialPropertyStore: Sendable {
    func set(
        _ name: String, _ category: SpecialCategory, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO special_properties (name, category) VALUES (:name, :category)
            ON CONFLICT (name) DO UPDATE SET category = excluded.category
            """, [":name": name, ":category": category.rawValue])
    }

    func remove(_ name: String, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM special_properties WHERE name = :name", [":name": name])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM special_properties") { $0.int(0) } ?? 0
    }

    func all(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(name: String, category: SpecialCategory)] {
        try transaction.all("SELECT name, category FROM special_properties") { row throws(RPCError) in
            guard let category = SpecialCategory(rawValue: row.text(1)) else {
                throw .internalError("A property is declared to hold the unknown category '\(row.text(1))'.")
            }
            return (row.text(0), category)
        }
    }
}
