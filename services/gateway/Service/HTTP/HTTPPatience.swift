import Hummingbird
import NIOCore

/// How long the peer of an HTTP connection may take. A struct without I/O.
///
/// ```
/// waiting for a request -> answering -> waiting …      at any time: replies unread
/// ```
struct HTTPPatience {
    /// The limits, each in time after which the connection is closed.
    struct Limits: Sendable {
        /// For the head of a request, from the opening of the connection or the reply before it.
        var head = TimeAmount.seconds(60)
        /// For the body of a request.
        var body = TimeAmount.seconds(30)
        /// From a request's head to its reply: more than the longest deadline that a caller can set.
        var answer = TimeAmount.seconds(330)
        /// For a reply to be read.
        var unread = TimeAmount.seconds(30)
    }

    private let limits: Limits
    private var waitingSince: NIODeadline
    private var answeringSince: NIODeadline?
    private var unwritableSince: NIODeadline?

    init(_ limits: Limits, at now: NIODeadline) {
        self.limits = limits
        waitingSince = now
    }

    mutating func received(at now: NIODeadline) {
        answeringSince = answeringSince ?? now
    }

    mutating func replied(at now: NIODeadline) {
        answeringSince = nil
        waitingSince = now
    }

    mutating func becameWritable(_ isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
    }

    func isExhausted(at now: NIODeadline) -> Bool {
        if let since = unwritableSince, now - since >= limits.unread { return true }
        if let since = answeringSince { return now - since >= limits.answer }
        return now - waitingSince >= limits.head
    }
}

/// Closes an HTTP connection when ``HTTPPatience`` is exhausted.
final class HTTPPatienceHandler: ChannelDuplexHandler, RemovableChannelHandler {
    // Whatever passes: that it does is all that counts.
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private var patience: HTTPPatience
    private let tick: TimeAmount
    private var clock: RepeatedTask?

    init(_ limits: HTTPPatience.Limits) {
        patience = HTTPPatience(limits, at: .now())
        tick = min(.seconds(5), min(limits.head, limits.unread))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        clock = context.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in
            let (handler, context) = bound.value
            if handler.patience.isExhausted(at: .now()) { context.close(promise: nil) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        clock?.cancel()
        clock = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        patience.received(at: .now())
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        patience.replied(at: .now())
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        patience.becameWritable(context.channel.isWritable, at: .now())
        context.fireChannelWritabilityChanged()
    }
}
