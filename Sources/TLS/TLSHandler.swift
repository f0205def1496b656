public import NIOCore

/// TLS on a channel, as server or client: encrypted bytes below it, plaintext above it.
///
/// ```swift
/// // In a server bootstrap's child channel initialiser:
/// try channel.pipeline.syncOperations.addHandler(TLSHandler(contexts.current))
/// // In a client bootstrap's channel initialiser:
/// try channel.pipeline.syncOperations.addHandler(TLSHandler(context, serverName: "gyre.example"))
/// ```
///
/// - **The handshake** begins when the channel is active. Writes wait for its end, which a ``TLSSession`` announces as a
///   user event.
/// - **The end.** The peer's close_notify is `ChannelEvent.inputClosed` where the channel allows half closure, and
///   closes the channel where it does not. `close(mode: .output)` sends close_notify and goes on reading; the transport
///   itself stays whole until both sides have ended. `close()` sends what was flushed, then close_notify, and waits for
///   the peer's, all within ``TLSLimits/closeTimeout``. A transport that ends without a close_notify is the error
///   `truncated`.
/// - **Errors** are ``TLSError``, reported once by `errorCaught`; the channel is closed by then or right after.
///
/// Flushed plaintext is encrypted while the channel is writable, and waits otherwise; see ``TLSLimits``.
public final class TLSHandler: ChannelDuplexHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    private let connection: TLSConnection
    private let limits: TLSLimits
    private var state = TLSStateMachine()
    private var timer: Scheduled<Void>?
    /// Of the one who closed the output.
    private var outputPromise: EventLoopPromise<Void>?
    /// Of those who closed the channel.
    private var closePromise: EventLoopPromise<Void>?

    private var writes = PendingWrites()
    private var isEncrypting = false

    private var replyBytesInFlight = 0
    /// The application asked for a read and has not been given anything since.
    private var isReadAwaited = false
    private var isReadHeldBack = false

    /// The server's side of a connection.
    /// - Throws: `library` when there is no memory.
    public init(_ context: TLSServerContext, limits: TLSLimits = TLSLimits()) throws(TLSError) {
        connection = try TLSConnection(context)
        self.limits = limits
    }

    /// The client's side of a connection.
    /// - Parameter serverName: the host name or IP address that the server's certificate must be for; a host name is
    ///   also sent, so that the server can choose its certificate. 1 to 255 bytes.
    /// - Throws: `limitExceeded` for another length, `library` when there is no memory.
    public init(
        _ context: TLSClientContext, serverName: String, limits: TLSLimits = TLSLimits()
    ) throws(TLSError) {
        connection = try TLSConnection(context, serverName: serverName)
        self.limits = limits
    }

    // MARK: The channel's life

    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { perform(state.start(), context) }
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        // Nothing is left to do unless the channel never was active.
        timer?.cancel()
        failWrites(.closed)
        completeClose()
    }

    public func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        perform(state.start(), context)
    }

    public func channelInactive(context: ChannelHandlerContext) {
        // Closed by the peer, it is closed all the same.
        completeClose()
        perform(state.transportClosed(), context)
        context.fireChannelInactive()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent {
            // What the application learns about the end of its input is decided by close_notify.
            perform(state.transportInputEnded(), context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output:
            guard state.acceptsWrites else {
                promise?.fail(TLSError.closed)
                return
            }
            outputPromise = promise
            perform(state.closeOutput(), context)
        case .all:
            closePromise.setOrCascade(to: promise)
            perform(state.close(), context)
        case .input:
            context.close(mode: mode, promise: promise)
        }
    }

    // MARK: Reading

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard state.isHandshaking || state.reads else { return }
        connection.receive(&bytes)
        if state.isHandshaking { shakeHands(context) }
        decrypt(context)
    }

    private func shakeHands(_ context: ChannelHandlerContext) {
        let progress = connection.shakeHands()
        sendReplies(context)
        switch progress {
        case .done: perform(state.handshakeDone(), context)
        case .needsBytes: break
        case .peerClosed: perform(state.failed(.handshakeTruncated), context)
        case .failed(let error): perform(state.failed(error), context)
        }
    }

    private func decrypt(_ context: ChannelHandlerContext) {
        while state.reads {
            let (plaintext, progress) = connection.read(limit: limits.bytesPerRead)
            sendReplies(context)
            if let plaintext, state.delivers {
                isReadAwaited = false
                context.fireChannelRead(wrapInboundOut(plaintext))
            }
            switch progress {
            case .done: continue
            case .needsBytes: return
            case .peerClosed: return perform(state.peerClosed(mayHalfClose: mayHalfClose(context)), context)
            case .failed(let error): return perform(state.failed(error), context)
            }
        }
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if state.readsOnItsOwn || isReadAwaited { readIfAllowed(context) }
    }

    public func read(context: ChannelHandlerContext) {
        isReadAwaited = true
        readIfAllowed(context)
    }

    private func readIfAllowed(_ context: ChannelHandlerContext) {
        isReadHeldBack = replyBytesInFlight > limits.replyBytes
        if !isReadHeldBack { context.read() }
    }

    private func mayHalfClose(_ context: ChannelHandlerContext) -> Bool {
        // A channel without the option cannot half close.
        (try? context.channel.syncOptions?.getOption(ChannelOptions.allowRemoteHalfClosure)) ?? false
    }

    // MARK: Writing

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        guard state.acceptsWrites else {
            promise?.fail(TLSError.closed)
            return
        }
        writes.append(bytes, promise)
        if state.isBeforeHandshake, writes.byteCount > limits.bytesBeforeHandshake {
            let limit = limits.bytesBeforeHandshake
            perform(
                state.failed(
                    TLSError(.writing, .limitExceeded, "more than \(limit) bytes were written before the handshake")),
                context)
        }
    }

    public func flush(context: ChannelHandlerContext) {
        writes.flush()
        encryptFlushed(context)
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        // First what waits: when that fills the channel again, nobody above needs to hear that it was writable.
        encryptFlushed(context)
        context.fireChannelWritabilityChanged()
    }

    private func encryptFlushed(_ context: ChannelHandlerContext) {
        // Promises may be fulfilled during a write and lead here again; the loop sees what they flush.
        guard !isEncrypting else { return }
        isEncrypting = true
        defer { isEncrypting = false }
        while state.mayEncrypt, writes.hasFlushed, context.channel.isWritable {
            connection.reserve(plaintextBytes: min(limits.bytesPerWrite, writes.byteCount))
            let (promise, error) = writes.takeFlushed(limit: limits.bytesPerWrite) { (bytes, count) throws(TLSError) in
                try connection.encrypt(&bytes, count: count)
            }
            if let error {
                promise?.fail(error)
                return perform(state.failed(error), context)
            }
            send(promise, context)
        }
        if !writes.hasFlushed { return perform(state.drained(), context) }
        if let most = limits.unsentBytes, state.mayEncrypt, writes.byteCount > most {
            perform(
                state.failed(TLSError(.writing, .limitExceeded, "the peer leaves more than \(most) bytes unread")),
                context)
        }
    }

    /// Sends the records there are; `written` may be of writes that made none.
    private func send(_ written: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        if let records = connection.takeOutgoing() {
            context.writeAndFlush(wrapOutboundOut(records), promise: written)
        } else {
            written?.succeed()
        }
    }

    /// Sends what reading the peer's records made necessary.
    private func sendReplies(_ context: ChannelHandlerContext) {
        guard let records = connection.takeOutgoing() else { return }
        let count = records.readableBytes
        replyBytesInFlight += count
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            replyBytesInFlight -= count
            if isReadHeldBack { readIfAllowed(context) }
        }
        context.writeAndFlush(wrapOutboundOut(records), promise: written)
    }

    private func sendCloseNotify(_ context: ChannelHandlerContext) {
        connection.sendCloseNotify()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] result in
            completeOutput((try? result.get()) == nil ? .closed : nil)
            perform(state.closeNotifyWritten(), context)
        }
        send(written, context)
    }

    // MARK: Doing what the state machine says

    private func perform(_ actions: [TLSStateMachine.Action], _ context: ChannelHandlerContext) {
        for action in actions { perform(action, context) }
    }

    private func perform(_ action: TLSStateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .shakeHands:
            shakeHands(context)
            if state.readsOnItsOwn { context.read() }
        case .startHandshakeTimer:
            startTimer(limits.handshakeTimeout, context) { $0.handshakeTimedOut() }
        case .startCloseTimer:
            startTimer(limits.closeTimeout, context) { $0.closeTimedOut() }
        case .stopTimer:
            timer?.cancel()
            timer = nil
        case .announceHandshake:
            context.fireUserInboundEventTriggered(connection.session)
        case .announceInputClosed:
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .announceOutputClosed:
            context.fireUserInboundEventTriggered(ChannelEvent.outputClosed)
        case .drain:
            encryptFlushed(context)
            if state.readsOnItsOwn { readIfAllowed(context) }
        case .sendCloseNotify:
            sendCloseNotify(context)
        case .failUnflushedWrites:
            for promise in writes.dropUnflushed() { promise.fail(TLSError.closed) }
        case .failWrites(let error):
            failWrites(error)
        case .report(let error):
            context.fireErrorCaught(error)
        case .closeChannel:
            let promise = closePromise
            closePromise = nil
            context.close(promise: promise)
        }
    }

    private func failWrites(_ error: TLSError) {
        for promise in writes.dropAll() { promise.fail(error) }
        completeOutput(error)
    }

    private func completeClose() {
        let promise = closePromise
        closePromise = nil
        promise?.succeed()
    }

    private func completeOutput(_ error: TLSError?) {
        guard let promise = outputPromise else { return }
        outputPromise = nil
        if let error { promise.fail(error) } else { promise.succeed() }
    }

    private func startTimer(
        _ delay: TimeAmount, _ context: ChannelHandlerContext,
        _ event: @escaping (inout TLSStateMachine) -> [TLSStateMachine.Action]
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            timer = nil
            perform(event(&state), context)
        }
    }
}
