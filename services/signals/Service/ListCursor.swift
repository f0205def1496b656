import JSONRPC

/// Where a list goes on: behind the item at this position of its order.
struct ListCursor: Sendable, Equatable {
    let position: Int64

    /// - Parameters:
    ///   - text: the `nextCursor` of the page before; nil on the first page.
    ///   - start: the position that everything is behind.
    /// - Throws: invalidCursor for a text that no list gave out.
    init(_ text: String?, from start: Int64 = 0) throws(RPCError) {
        guard let text else {
            position = start
            return
        }
        guard let position = Int64(text), position > 0, "\(position)" == text else { throw .invalidCursor }
        self.position = position
    }
}

/// One page of a list on its way: full at so many items, or with the item that passes ``IntakeLimits/pageBytes``.
struct Page<Item> {
    private(set) var items: [Item] = []
    /// Whether there is an item that did not go onto the page.
    private(set) var hasMore = false
    private var bytes = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Adds the next item, if there is room.
    ///
    /// - Parameter bytes: what of it may be large.
    /// - Returns: whether to go on; false once it is known that there is more.
    mutating func add(_ item: Item, bytes count: Int) -> Bool {
        guard items.count < limit, bytes < IntakeLimits.pageBytes else {
            hasMore = true
            return false
        }
        items.append(item)
        bytes += count
        return true
    }
}
