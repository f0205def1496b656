import NIOCore

/// What the HTTP of a connection tells ``ConnectionShareHandler``.
enum ConnectionUse {
    /// There is a request to answer.
    case works
    /// All replies are sent.
    case rests
}

/// Closes a network connection whose address has its share, before a byte of it is read, and counts it otherwise.
final class ConnectionShareHandler: ChannelDuplexHandler {
    // Whatever passes: what counts is that it is there.
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private let rests: Bool
    private let admit: (_ address: String?) -> ConnectionCounts.Connection?
    private var share: ConnectionCounts.Connection?

    /// - Parameters:
    ///   - rests: whether the connection rests until ``ConnectionUse`` says otherwise.
    ///   - admit: gets the peer's address, without its port; nil refuses it.
    init(rests: Bool, admit: @escaping (_ address: String?) -> ConnectionCounts.Connection?) {
        self.rests = rests
        self.admit = admit
    }

    func channelActive(context: ChannelHandlerContext) {
        share = admit(context.remoteAddress?.ipAddress)
        guard share != nil else { return context.close(promise: nil) }
        if rests { rest(context) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Nobody above heard of a connection that was refused.
        guard share != nil else { return }
        share = nil
        context.fireChannelInactive()
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let use = event as? ConnectionUse else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        switch use {
        case .works: share?.works()
        case .rests: rest(context)
        }
        promise?.succeed()
    }

    /// Others may have the place of this connection. It has nothing more to say: it ends without another word.
    private func rest(_ context: ChannelHandlerContext) {
        share?.rests { context.close(promise: nil) }
    }
}
