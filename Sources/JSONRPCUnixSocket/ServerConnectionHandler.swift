import JSONRPC
import NIOCore

/// The server's end of one connection: frames lines, hands them to a ``Session``, writes replies back, and stops
/// reading while too many requests wait or the peer does not read.
///
/// All replies that are ready when the loop comes by leave in one write.
final class ServerConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let makeHandler: (any Channel) -> EventLoopFuture<(any RequestHandler)?>
    private let limits: UnixSocketLimits
    private var framer: LineFramer
    private var session: Session?
    private var replies: ReplyBuffer?
    private var requestsBegun = 0
    private var isReadHeldBack = false
    private var isInputClosed = false
    /// Lines that are handled before a look at what lies unsent.
    private static let linesBetweenWrites = 64

    /// - Parameter makeHandler: finds out who is at the other end; nil refuses them.
    init(limits: UnixSocketLimits, makeHandler: @escaping (any Channel) -> EventLoopFuture<(any RequestHandler)?>) {
        self.limits = limits
        self.makeHandler = makeHandler
        framer = LineFramer(maximumLineBytes: limits.lineBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        makeHandler(context.channel).assumeIsolated().whenComplete { result in
            let (handler, context) = bound.value
            guard case .success(let requests?) = result else { return context.close(promise: nil) }
            handler.start(requests, context: context)
        }
        context.fireChannelActive()
    }

    private func start(_ requests: any RequestHandler, context: ChannelHandlerContext) {
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
        let replies = ReplyBuffer {
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.serve(context: context)
            }
        }
        self.replies = replies
        session = Session(handler: requests, channel: replies)
        serve(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framer.append(unwrapInboundIn(data))
        serve(context: context)
    }

    /// Handles the lines there are, as far as the limit of requests in flight allows, and writes the replies that are
    /// ready.
    private func serve(context: ChannelHandlerContext) {
        guard let session, let replies else { return }
        var isCutShort: Bool
        repeat {
            replies.expectTake()
            // Replies that nobody has read yet leave first: bad lines are answered at once, each with more than it has.
            isCutShort = context.channel.isWritable ? receiveLines(session, replies) : true
            if let bytes = replies.take() { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
            // What another thread answered before it was taken woke nobody: it may have made room.
        } while isCutShort && hasRoom && context.channel.isWritable
        resumeReading(context: context)
        closeIfDone(context: context)
    }

    /// - Returns: whether a limit ended it, so that there may be another line.
    private func receiveLines(_ session: Session, _ replies: ReplyBuffer) -> Bool {
        guard hasRoom else { return true }
        var handled = 0
        return framer.forEachLine { output in
            switch output {
            case .line(let line):
                // An empty line is no message; it is what a person's Enter or a keep-alive sends.
                guard !line.isEmpty else { return true }
                let begun = session.receive(line)
                requestsBegun += begun
            case .tooLong:
                requestsBegun += 1
                Reply(to: .null, over: replies).fail(.requestTooLarge(limit: limits.lineBytes))
            }
            handled += 1
            if handled % Self.linesBetweenWrites == 0, replies.hasMany { return false }
            return hasRoom
        }
    }

    // MARK: Backpressure

    private var requestsInFlight: Int { requestsBegun - (replies?.requestsAnswered ?? 0) }

    private var hasRoom: Bool { requestsInFlight < limits.requestsInFlight }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        replies != nil && hasRoom && context.channel.isWritable
    }

    func read(context: ChannelHandlerContext) {
        if mayRead(context) {
            context.read()
        } else {
            isReadHeldBack = true
        }
    }

    private func resumeReading(context: ChannelHandlerContext) {
        guard isReadHeldBack, mayRead(context) else { return }
        isReadHeldBack = false
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { serve(context: context) }
        context.fireChannelWritabilityChanged()
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent {
            // The peer has said all it wants to say and may still wait for its replies.
            isInputClosed = true
            framer.finish()
            serve(context: context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func closeIfDone(context: ChannelHandlerContext) {
        guard isInputClosed, let replies, requestsInFlight == 0, framer.heldBytes == 0 else { return }
        if let bytes = replies.take() {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        replies?.close()
        session?.close()
        session = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
