import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// What is to be done to one legal hold in every service.
struct HoldOrder: Sendable, Equatable {
    enum Act: String, Sendable {
        case place, release
    }

    let hold: UUIDv7
    let brand: UUIDv7
    let act: Act
    /// Of a hold that is placed; empty: the whole brand's.
    var reason = ""
    var placedBy = ""
    var identifiers: [Identifier] = []
}

/// Orders that not every service has carried out.
struct HoldOrderStore: Sendable {
    /// Keeps an order. A release takes the place of an order to place the same hold.
    func put(_ order: HoldOrder, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO hold_orders (hold, brand, act, reason, placed_by, identifiers)
            VALUES (:hold, :brand, :act, :reason, :principal, :identifiers)
            ON CONFLICT (hold) DO UPDATE SET act = excluded.act, identifiers = excluded.identifiers
            """,
            [
                ":hold": order.hold, ":brand": order.brand, ":act": order.act.rawValue, ":reason": order.reason,
                ":principal": order.placedBy,
                ":identifiers": String(decoding: order.identifiers.json(), as: UTF8.self),
            ])
    }

    /// Forgets an order that was carried out, unless another took its place meanwhile.
    func remove(_ order: HoldOrder, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "DELETE FROM hold_orders WHERE hold = :hold AND act = :act",
            [":hold": order.hold, ":act": order.act.rawValue])
    }

    /// Oldest first.
    func all(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [HoldOrder] {
        try transaction.all(
            "SELECT hold, brand, act, reason, placed_by, identifiers FROM hold_orders ORDER BY hold"
        ) { row throws(RPCError) in
            guard let act = HoldOrder.Act(rawValue: row.text(2)),
                let identifiers = try? [Identifier](json: Array(row.text(5).utf8))
            else { throw .internalError("An order for the legal hold \(row.uuid(0)) is unreadable.") }
            return HoldOrder(
                hold: row.uuid(0), brand: row.uuid(1), act: act, reason: row.text(3), placedBy: row.text(4),
                identifiers: identifiers)
        }
    }

    /// Forgets those of a brand that is erased.
    func deleteAll(of brand: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM hold_orders WHERE brand = :brand", [":brand": brand])
    }
}
