import JSON
import JSONRPC

/// Calls that wait until what they spend is on disk, in their order. A struct without I/O.
struct UnreservedCalls {
    /// Goes on with a call, or fails it.
    typealias GoOn = (RPCError?) -> Void

    let maximumCalls: Int
    let maximumBytes: Int
    private var calls: [GoOn] = []
    private var keys: Set<UUIDv7> = []
    private var bytes = 0

    init(maximumCalls: Int, maximumBytes: Int) {
        self.maximumCalls = maximumCalls
        self.maximumBytes = maximumBytes
    }

    /// Whether calls of this key wait.
    func holds(_ key: UUIDv7) -> Bool { !keys.isEmpty && keys.contains(key) }

    /// - Returns: false when there is no room.
    mutating func keep(for key: UUIDv7, bytes count: Int, _ goOn: @escaping GoOn) -> Bool {
        guard calls.count < maximumCalls, bytes + count <= maximumBytes else { return false }
        calls.append(goOn)
        keys.insert(key)
        bytes += count
        return true
    }

    mutating func takeAll() -> [GoOn] {
        defer { self = UnreservedCalls(maximumCalls: maximumCalls, maximumBytes: maximumBytes) }
        return calls
    }
}
