import JSON
import JSONRPC

/// One page of a list, and where the next one begins.
struct Page<Item> {
    let items: [Item]
    /// Nil on the last page.
    let nextCursor: String?

    /// - Parameters:
    ///   - rows: one more than `limit`, where there are as many: that is how a further page is known.
    ///   - cursor: where a page that ends with this row would go on.
    init(_ rows: [Item], limit: Int, cursor: (Item) -> String) {
        items = Array(rows.prefix(limit))
        nextCursor = rows.count > limit ? items.last.map(cursor) : nil
    }
}

/// Where a list goes on, as the caller got it from the page before.
enum Cursor {
    /// The cursor of a list in the order of ids.
    static func id(_ text: String?) throws(RPCError) -> UUIDv7? {
        guard let text else { return nil }
        guard let id = UUIDv7(text) else { throw .invalidCursor }
        return id
    }

    /// The cursor of a list in the order of row numbers.
    static func number(_ text: String?) throws(RPCError) -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), number >= 1, String(number) == text else { throw .invalidCursor }
        return number
    }
}
