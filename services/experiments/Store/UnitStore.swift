import JSON
import JSONRPC
import SQLite
import ServiceContract

/// The units of which something is kept.
struct UnitStore: Sendable {
    /// The number of a unit; it becomes known if it is not.
    func number(
        of unit: String, type: String, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        if let known = try number(of: unit, type: type, in: transaction) { return known }
        try transaction.run(
            "INSERT INTO units (id, type, unit, first_seen_at) VALUES (:id, :type, :unit, :time)",
            [":id": transaction.newID(at: time), ":type": type, ":unit": unit, ":time": time])
        return transaction.connection.lastInsertRowID
    }

    func number(
        of unit: String, type: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        try transaction.one(
            "SELECT number FROM units WHERE type = :type AND unit = :unit", [":type": type, ":unit": unit]
        ) { $0.int64(0) }
    }

    func number(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        try transaction.one("SELECT number FROM units WHERE id = :id", [":id": id]) { $0.int64(0) }
    }

    func unit(
        _ number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (id: UUIDv7, type: String, unit: String)? {
        try transaction.one("SELECT id, type, unit FROM units WHERE number = :number", [":number": number]) {
            ($0.uuid(0), $0.text(1), $0.text(2))
        }
    }

    /// Hands all units to `body`.
    func each(
        in transaction: borrowing some Transaction & ~Copyable, _ body: (_ type: String, _ unit: String) -> Void
    ) throws(RPCError) {
        _ = try transaction.all("SELECT type, unit FROM units") { body($0.text(0), $0.text(1)) }
    }
}
