import NIOCore
import NIOHTTP1
import TLS

/// One request and the status of its answer; then the connection is closed.
final class PostExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: [UInt8]
    private let isSecure: Bool
    private let time: TimeAmount
    private let origin: String
    private var timer: Scheduled<Void>?
    private var status: EventLoopPromise<Int>?
    private var context: ChannelHandlerContext?

    /// - Parameters:
    ///   - time: for all of it.
    ///   - status: gets the answer's, or why there is none.
    init(
        _ head: HTTPRequestHead, _ body: [UInt8], isSecure: Bool, within time: TimeAmount,
        _ status: EventLoopPromise<Int>, origin: String
    ) {
        self.time = time
        self.head = head
        self.body = body
        self.isSecure = isSecure
        self.status = status
        self.origin = origin
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    /// Over TLS the request follows the handshake: nobody gets it whose certificate is not right.
    func begin() {
        guard let context else { return }
        guard context.channel.isActive else { return fail(.noAnswer, "\(origin) closed the connection") }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            fail(.timedOut, "\(origin) did not answer within \(time.nanoseconds / 1_000_000) milliseconds")
            context.close(promise: nil)
        }
        if !isSecure { send(context) }
        // Reads by itself from now on.
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSSession { send(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func send(_ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let bytes = context.channel.allocator.buffer(bytes: body)
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data), let status else { return }
        self.status = nil
        status.succeed(Int(head.status.code))
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            fail(.tls, "\(origin): \(error.text)")
        } else {
            fail(.noAnswer, "\(origin) does not answer as HTTP does")
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.noAnswer, "\(origin) closed the connection without an answer")
    }

    private func fail(_ reason: OutboundHTTPError.Reason, _ text: String) {
        guard let status else { return }
        self.status = nil
        status.fail(OutboundHTTPError(reason: reason, text: text))
    }
}
