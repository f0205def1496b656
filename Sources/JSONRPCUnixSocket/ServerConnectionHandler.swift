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

    private let makeHandler: (PeerCredentials) -> (any RequestHandler)?
    private let limits: UnixSocketLimits
    private var framer: LineFramer
    private var session: Session?
    private var replies: ReplyBuffer?
    private var isReadHeldBack = false
    private var isInputClosed = false

    init(limits: UnixSocketLimits, makeHandler: @escaping (PeerCredentials) -> (any RequestHandler)?) {
        self.limits = limits
        self.makeHandler = makeHandler
        framer = LineFramer(maximumLineBytes: limits.lineBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        PeerCredentials.read(from: context.channel).assumeIsolated().whenComplete { result in
            let (handler, context) = bound.value
            guard case .success(let peer) = result, let requests = handler.makeHandler(peer) else {
                return context.close(promise: nil)
            }
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
                handler.writeReplies(context: context)
            }
        }
        self.replies = replies
        session = Session(handler: requests, channel: replies)
        receiveLines(context: context)
        resumeReading(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framer.append(unwrapInboundIn(data))
        receiveLines(context: context)
    }

    /// Handles the lines there are, as far as the limit of requests in flight allows.
    private func receiveLines(context: ChannelHandlerContext) {
        guard let session, let replies else { return }
        while replies.requestsInFlight < limits.requestsInFlight {
            guard let output = framer.next() ?? (isInputClosed ? framer.finish() : nil) else { break }
            switch output {
            case .line(let line):
                // An empty line is no message; it is what a person's Enter or a keep-alive sends.
                guard line.readableBytes > 0 else { continue }
                replies.began(line.withUnsafeReadableBytes { session.receive($0) })
            case .tooLong:
                replies.began(1)
                Reply(to: .null, over: replies).fail(.requestTooLarge(limit: limits.lineBytes))
            }
        }
        closeIfDone(context: context)
    }

    private func writeReplies(context: ChannelHandlerContext) {
        if let bytes = replies?.take() {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        }
        receiveLines(context: context)
        resumeReading(context: context)
    }

    // MARK: Backpressure

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        guard let replies else { return false }
        return replies.requestsInFlight < limits.requestsInFlight && context.channel.isWritable
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
        resumeReading(context: context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent {
            // The peer has said all it wants to say and may still wait for its replies.
            isInputClosed = true
            receiveLines(context: context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func closeIfDone(context: ChannelHandlerContext) {
        guard isInputClosed, let replies, replies.requestsInFlight == 0, framer.heldBytes == 0 else { return }
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
