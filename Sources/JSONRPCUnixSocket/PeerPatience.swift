import NIOCore

/// How long a peer may take: for a line that it has begun, and for replies that it does not read. A struct without I/O:
/// events in, and a verdict whenever it is asked for.
struct PeerPatience {
    enum Fault: Equatable {
        /// A line was begun and is not whole.
        case slowLine
        /// Replies lie in our memory, and the peer takes none.
        case unreadReplies
        /// More replies lie there than may.
        case tooManyUnread
    }

    let limits: UnixSocketLimits
    private var lineBegan: NIODeadline?
    private var readingStopped: NIODeadline?
    private var unwritableSince: NIODeadline?

    init(limits: UnixSocketLimits) {
        self.limits = limits
    }

    /// Whether there is something that time could make a fault of.
    var isWaiting: Bool { lineBegan != nil || unwritableSince != nil }

    /// - Parameters:
    ///   - endsLine: whether the last byte is a line end.
    ///   - holdsLineEnd: whether any byte is; asked only when it matters.
    mutating func received(endsLine: Bool, holdsLineEnd: () -> Bool, at now: NIODeadline) {
        if endsLine {
            lineBegan = nil
        } else if lineBegan == nil || holdsLineEnd() {
            lineBegan = now
        }
    }

    /// We do not take more for now: the time is ours, not the peer's.
    mutating func stoppedReading(at now: NIODeadline) {
        readingStopped = readingStopped ?? now
    }

    mutating func resumedReading(at now: NIODeadline) {
        if let stopped = readingStopped, let began = lineBegan { lineBegan = began + (now - max(stopped, began)) }
        readingStopped = nil
    }

    mutating func becameWritable(_ isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
    }

    /// - Parameter unsentBytes: what lies in our memory for the peer.
    func fault(unsentBytes: Int, at now: NIODeadline) -> Fault? {
        if let most = limits.unsentBytes, unsentBytes > most { return .tooManyUnread }
        if let most = limits.unreadTime, let since = unwritableSince, now - since >= most { return .unreadReplies }
        if let most = limits.lineTime, let began = lineBegan, (readingStopped ?? now) - began >= most {
            return .slowLine
        }
        return nil
    }
}

/// Closes the connection of a peer that takes longer, or reads less, than ``PeerPatience`` allows.
final class PeerPatienceHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private static let clockTick: TimeAmount = .milliseconds(500)

    private var patience: PeerPatience
    private var clock: Scheduled<Void>?
    private var isReadAsked = false

    init(limits: UnixSocketLimits) {
        patience = PeerPatience(limits: limits)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        patience.received(
            endsLine: bytes.last == UInt8(ascii: "\n"), holdsLineEnd: { bytes.contains(UInt8(ascii: "\n")) },
            at: .now())
        isReadAsked = false
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Whoever has not asked for more by now holds reading back.
        if !isReadAsked { patience.stoppedReading(at: .now()) }
        startClock(context)
    }

    func read(context: ChannelHandlerContext) {
        isReadAsked = true
        patience.resumedReading(at: .now())
        context.read()
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        judge(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        patience.becameWritable(context.channel.isWritable, at: .now())
        startClock(context)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        clock?.cancel()
        context.fireChannelInactive()
    }

    private func judge(_ context: ChannelHandlerContext) {
        // Asking is cheap, but not free: nothing lies there while the channel is writable.
        let unsent =
            context.channel.isWritable
            ? 0 : try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        if patience.fault(unsentBytes: unsent ?? 0, at: .now()) != nil { context.close(promise: nil) }
    }

    /// A timer while there is something to wait for, and none otherwise.
    private func startClock(_ context: ChannelHandlerContext) {
        guard clock == nil, patience.isWaiting else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let most = [patience.limits.lineTime, patience.limits.unreadTime].compactMap(\.self).min()
        clock = context.eventLoop.scheduleTask(in: min(Self.clockTick, most ?? Self.clockTick)) {
            let (handler, context) = bound.value
            handler.clock = nil
            guard context.channel.isActive else { return }
            handler.judge(context)
            handler.startClock(context)
        }
    }
}
