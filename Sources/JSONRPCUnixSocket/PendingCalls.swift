public import JSONRPC
import NIOCore

/// Takes the reply to one forwarded request, on the client's event loop.
public protocol ReplyReceiver: AnyObject, Sendable {
    /// - Parameter rest: what follows the id in the reply's line, `,"result":…}` or `,"error":…}`; valid only
    ///   during this call.
    func received(_ rest: UnsafeRawBufferPointer)
    /// No reply will come.
    func failed(_ error: RPCError)
}

/// The calls of one client that wait for their reply. A struct without I/O.
struct PendingCalls {
    private struct Call {
        let receiver: any ReplyReceiver
        let deadline: NIODeadline
    }

    let limit: Int
    private var calls: [UInt64: Call] = [:]
    private var lastID: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { calls.count }

    /// Admits a call and chooses its id; nil when `limit` calls wait already.
    mutating func begin(_ receiver: any ReplyReceiver, deadline: NIODeadline) -> UInt64? {
        guard calls.count < limit else { return nil }
        lastID += 1
        calls[lastID] = Call(receiver: receiver, deadline: deadline)
        return lastID
    }

    /// The receiver of a reply; nil for one that nobody waits for any more.
    mutating func end(_ id: UInt64) -> (any ReplyReceiver)? {
        calls.removeValue(forKey: id)?.receiver
    }

    /// Removes a call that is withdrawn and tells its id; nil when it has ended already.
    mutating func end(_ receiver: any ReplyReceiver) -> UInt64? {
        guard let id = calls.first(where: { $0.value.receiver === receiver })?.key else { return nil }
        calls[id] = nil
        return id
    }

    /// Removes the calls whose deadline has passed.
    mutating func expire(at now: NIODeadline) -> [(id: UInt64, receiver: any ReplyReceiver)] {
        let expired = calls.filter { $0.value.deadline <= now }
        for id in expired.keys { calls[id] = nil }
        return expired.map { ($0.key, $0.value.receiver) }
    }

    /// Removes all calls: their connection is gone.
    mutating func endAll() -> [any ReplyReceiver] {
        defer { calls.removeAll() }
        return calls.values.map(\.receiver)
    }
}
