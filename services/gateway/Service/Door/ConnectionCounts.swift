import Limits
import NIOCore

/// How many connections each address has. Confined to the event loop.
final class ConnectionCounts {
    /// One open connection; it ends with this object.
    final class Connection {
        private let counts: ConnectionCounts
        private let address: BucketName

        fileprivate init(_ counts: ConnectionCounts, _ address: BucketName) {
            self.counts = counts
            self.address = address
        }

        deinit { counts.closed(address) }
    }

    private let maximum: Int
    private let total: Int
    private var counts: [BucketName: Int] = [:]
    private var count = 0

    /// - Parameters:
    ///   - maximum: for one address.
    ///   - total: for all of them.
    init(maximum: Int, total: Int = .max) {
        self.maximum = maximum
        self.total = total
    }

    /// Nil for an address that has its share, and for all when all have theirs.
    func open(_ address: BucketName) -> Connection? {
        guard count < total, counts[address, default: 0] < maximum else { return nil }
        count += 1
        counts[address, default: 0] += 1
        return Connection(self, address)
    }

    private func closed(_ address: BucketName) {
        self.count -= 1
        let count = counts[address, default: 0] - 1
        counts[address] = count > 0 ? count : nil
    }
}

/// Closes a network connection whose address has its share, before a byte of it is read, and counts it otherwise.
final class ConnectionShareHandler: ChannelInboundHandler {
    // Whatever passes: what counts is that it is there.
    typealias InboundIn = NIOAny

    private let admit: (_ address: String?) -> ConnectionCounts.Connection?
    private var share: ConnectionCounts.Connection?

    /// - Parameter admit: gets the peer's address, without its port; nil refuses it.
    init(admit: @escaping (_ address: String?) -> ConnectionCounts.Connection?) {
        self.admit = admit
    }

    func channelActive(context: ChannelHandlerContext) {
        share = admit(context.remoteAddress?.ipAddress)
        if share == nil { context.close(promise: nil) } else { context.fireChannelActive() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Nobody above heard of a connection that was refused.
        guard share != nil else { return }
        share = nil
        context.fireChannelInactive()
    }
}
