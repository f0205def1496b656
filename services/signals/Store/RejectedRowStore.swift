import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// Rows that could not be taken, until they are replayed.
struct RejectedRowStore: Sendable {
    /// Sets a row aside. Counting it is the caller's; that it left is counted by the table itself.
    func insert(
        _ row: RejectedRow, of number: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO rejected_rows (import, line, reason, row) VALUES (:import, :line, :reason, :row)
            ON CONFLICT DO NOTHING
            """,
            [":import": number, ":line": row.line, ":reason": row.reason, ":row": row.row])
    }

    func contains(
        line: Int, of number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            "SELECT 1 FROM rejected_rows WHERE import = :import AND line = :line", [":import": number, ":line": line]
        ) { _ in true } ?? false
    }

    /// Says anew why a row could not be taken.
    ///
    /// - Parameter forgetting: whether the row itself must not be kept.
    func explain(
        line: Int, of number: Int64, _ reason: String, forgetting: Bool, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE rejected_rows SET reason = :reason, row = iif(:forgetting, '', row)
            WHERE import = :import AND line = :line
            """, [":import": number, ":line": line, ":reason": reason, ":forgetting": forgetting])
    }

    func delete(line: Int, of number: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "DELETE FROM rejected_rows WHERE import = :import AND line = :line", [":import": number, ":line": line])
    }

    /// How many rows of an import are kept.
    func count(
        of number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        try transaction.one("SELECT count(*) FROM rejected_rows WHERE import = :import", [":import": number]) {
            $0.int(0)
        } ?? 0
    }

    /// The first rows behind `line`, in the order of the file.
    func first(
        _ count: Int, after line: Int64, of number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [RejectedRow] {
        try transaction.all(
            """
            SELECT line, reason, row FROM rejected_rows WHERE import = :import AND line > :line ORDER BY line
            LIMIT :count
            """, [":import": number, ":line": line, ":count": count]
        ) { RejectedRow(line: $0.int(0), reason: $0.text(1), row: $0.text(2)) }
    }

    /// Hands rows behind `line` to `body`, in the order of the file, until it returns false.
    func each(
        after line: Int64, of number: Int64, in transaction: borrowing some Transaction & ~Copyable,
        _ body: (RejectedRow) throws(RPCError) -> Bool
    ) throws(RPCError) {
        try transaction.each(
            sql: "SELECT line, reason, row FROM rejected_rows WHERE import = ? AND line > ? ORDER BY line",
            Arguments([number, line])
        ) { row throws(RPCError) in
            try body(RejectedRow(line: row.int(0), reason: row.text(1), row: row.text(2)))
        }
    }
}
