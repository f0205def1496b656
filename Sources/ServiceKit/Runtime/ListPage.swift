public import JSONRPC

/// Where a list goes on: behind the item at this position of its order.
public struct ListCursor: Sendable, Equatable {
    public let position: Int64

    /// - Parameters:
    ///   - text: the `nextCursor` of the page before; nil on the first page.
    ///   - start: the position that everything is behind.
    /// - Throws: invalidCursor for a text that no list gave out.
    public init(_ text: String?, from start: Int64 = 0) throws(RPCError) {
        guard let text else {
            position = start
            return
        }
        guard let position = Int64(text), position > 0, "\(position)" == text else { throw .invalidCursor }
        self.position = position
    }
}

/// One page of a list on its way: full at so many items, or with the item that passes
/// ``maximumBytes``.
public struct ListPage<Item> {
    /// Bytes of what may be large on one page, so that a reply stays far from the longest line: a page ends early with the
    /// item that passes it.
    public static var maximumBytes: Int { 512 << 10 }

    public private(set) var items: [Item] = []
    /// Whether there is an item that did not go onto the page.
    public private(set) var hasMore = false
    private var bytes = 0
    private let limit: Int

    public init(limit: Int) {
        self.limit = limit
    }

    /// Adds the next item, if there is room.
    ///
    /// - Parameter bytes: what of it may be large.
    /// - Returns: whether to go on; false once it is known that there is more.
    public mutating func add(_ item: Item, bytes count: Int) -> Bool {
        guard items.count < limit, bytes < Self.maximumBytes else {
            hasMore = true
            return false
        }
        items.append(item)
        bytes += count
        return true
    }
}

/// A row under the number that others refer to it by.
public struct Numbered<Value: Sendable>: Sendable {
    public let number: Int64
    public let value: Value

    public init(number: Int64, value: Value) {
        self.number = number
        self.value = value
    }
}

extension ListPage {
    /// Where the next page begins; nil on the last one.
    public func cursor<Value>() -> String? where Item == Numbered<Value> {
        hasMore ? items.last.map { "\($0.number)" } : nil
    }
}
