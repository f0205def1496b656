import NIOCore
import NIOHTTP1

/// How long the peer of an HTTP connection may take. A struct without I/O.
///
/// ```
/// resting -> answering, one request or more -> resting …      at any time: replies unread
/// ```
struct HTTPPatience {
    /// The limits, each in time after which the connection is closed.
    struct Limits: Sendable {
        /// For the head of a request, from the opening of the connection or the end of the reply before it.
        var head = TimeAmount.seconds(60)
        /// For the body of a request.
        var body = TimeAmount.seconds(30)
        /// From a request's head to its reply, and between the parts of a reply: more than the longest deadline that a
        /// caller can set.
        var answer = TimeAmount.seconds(330)
        /// For a reply to be read.
        var unread = TimeAmount.seconds(30)
    }

    private let limits: Limits
    /// Of the present rest or answer.
    private var since: NIODeadline
    /// Requests whose reply has not ended.
    private var requests = 0
    private var unwritableSince: NIODeadline?

    init(_ limits: Limits, at now: NIODeadline) {
        self.limits = limits
        since = now
    }

    /// No request waits for its reply, or for the rest of it.
    var rests: Bool { requests == 0 }

    /// A request's head came.
    mutating func began(at now: NIODeadline) {
        if rests { since = now }
        requests += 1
    }

    /// A part of a reply was written.
    mutating func wrote(at now: NIODeadline) {
        since = now
    }

    /// A reply was sent to its end.
    mutating func ended(at now: NIODeadline) {
        since = now
        // What cannot be read as a request has a reply as well.
        requests = max(0, requests - 1)
    }

    mutating func becameWritable(_ isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
    }

    func isExhausted(at now: NIODeadline) -> Bool {
        if let since = unwritableSince, now - since >= limits.unread { return true }
        return now - since >= (rests ? limits.head : limits.answer)
    }
}

/// Closes an HTTP connection when ``HTTPPatience`` is exhausted, and says whether it rests.
final class HTTPPatienceHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart

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
        if case .head = unwrapInboundIn(data) {
            patience.began(at: .now())
            context.triggerUserOutboundEvent(ConnectionUse.works, promise: nil)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else {
            patience.wrote(at: .now())
            return context.write(data, promise: promise)
        }
        let sent = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.patience.ended(at: .now())
            if handler.patience.rests { context.triggerUserOutboundEvent(ConnectionUse.rests, promise: nil) }
        }
        context.write(data, promise: sent)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        patience.becameWritable(context.channel.isWritable, at: .now())
        context.fireChannelWritabilityChanged()
    }
}
