import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// What a brand says of its traits: that they are specially protected, or are not.
struct SpecialTraitStore: Sendable {
    /// - Parameters:
    ///   - name: as ``SpecialTraitRegistry`` compares names.
    ///   - category: nil: nothing special.
    func set(
        _ name: String, _ category: SpecialCategory?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO special_traits (name, category) VALUES (:name, :category)
            ON CONFLICT (name) DO UPDATE SET category = excluded.category
            """, [":name": name, ":category": category?.rawValue])
    }

    /// Says no more of a trait than the program knows.
    func remove(_ name: String, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM special_traits WHERE name = :name", [":name": name])
    }

    func count(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM special_traits") { $0.int(0) } ?? 0
    }

    func all(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(name: String, category: SpecialCategory?)] {
        try transaction.all("SELECT name, category FROM special_traits") {
            ($0.text(0), $0.textOrNil(1).flatMap { SpecialCategory(rawValue: $0) })
        }
    }
}
