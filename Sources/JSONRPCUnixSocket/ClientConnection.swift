import JSON
import JSONRPC
import NIOCore
import NIOPosix

/// The client's end of one socket, confined to its event loop: connects, writes what was gathered in one loop turn
/// at once, matches replies to calls, and connects anew when the peer goes away.
///
/// ```
/// idle -> connecting -> connected -> connecting …      closed is final
/// ```
final class ClientConnection {
    private enum State {
        /// Nothing to do, no connection.
        case idle
        /// An attempt is under way, or waits for its turn; requests gather in `outgoing`.
        case connecting
        case connected(any Channel)
        case closed
    }

    private let path: String
    private let name: String
    private let loop: any EventLoop
    private var state = State.idle
    private var pending = PendingCalls(limit: UnixSocketClient.maximumPendingCalls)
    /// Whole lines that were not written yet.
    private var outgoing = ByteBuffer()
    private var isFlushScheduled = false
    private var isClockRunning = false
    private var attempts = 0
    /// Since when there has been no connection.
    private var disconnectedAt = NIODeadline.now()

    private static let clockTick = TimeAmount.milliseconds(50)

    init(path: String, name: String, loop: any EventLoop) {
        self.path = path
        self.name = name
        self.loop = loop
    }

    func send(_ afterID: UnsafeRawBufferPointer, deadline: NIODeadline, to receiver: any ReplyReceiver) {
        if case .closed = state { return receiver.failed(.dependencyUnavailable(name, cause: "client closed")) }
        guard let id = pending.begin(receiver, deadline: deadline) else {
            return receiver.failed(.busy("The \(name) service"))
        }
        outgoing.writeStaticString("{\"jsonrpc\":\"2.0\",\"id\":")
        outgoing.writeString(String(id))
        outgoing.writeBytes(afterID)
        outgoing.writeInteger(UInt8(ascii: "\n"))
        scheduleFlush()
        startClock()
    }

    func cancel(_ receiver: any ReplyReceiver) {
        if let id = pending.end(receiver) { withdraw(id) }
    }

    func close() {
        let previous = state
        state = .closed
        if case .connected(let channel) = previous { channel.close(promise: nil) }
        failAll("client closed")
    }

    // MARK: Writing

    /// Requests made in one turn of the loop leave in one write.
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.assumeIsolated().execute { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        switch state {
        case .connected(let channel):
            guard outgoing.readableBytes > 0 else { return }
            channel.writeAndFlush(outgoing, promise: nil)
            outgoing = ByteBuffer()
        case .idle:
            disconnectedAt = .now()
            connect()
        case .connecting, .closed:
            break
        }
    }

    // MARK: Connecting

    private func connect() {
        state = .connecting
        let handler = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientChannelHandler(handler.value))
                }
            }
            .connect(unixDomainSocketPath: path)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel)
                case .failure: self.retry()
                }
            }
    }

    private func connected(_ channel: any Channel) {
        guard case .connecting = state else { return channel.close(promise: nil) }
        attempts = 0
        state = .connected(channel)
        flush()
    }

    /// Tries again a little later: after 10, 20, 40 … 500 ms.
    private func retry() {
        guard case .connecting = state else { return }
        if NIODeadline.now() - disconnectedAt > .milliseconds(UnixSocketClient.reconnectGraceMilliseconds) {
            failAll("no connection to \(path)")
        }
        guard pending.count > 0 else {
            state = .idle
            return
        }
        attempts += 1
        let delay = TimeAmount.milliseconds(min(500, 5 << Int64(min(attempts, 7))))
        loop.assumeIsolated().scheduleTask(in: delay) {
            if case .connecting = self.state { self.connect() }
        }
    }

    /// The channel is gone: what was under way has failed, what comes next gets a new one.
    func disconnected() {
        guard case .connected = state else { return }
        state = .idle
        failAll("connection lost")
    }

    private func failAll(_ cause: String) {
        outgoing = ByteBuffer()
        for receiver in pending.endAll() { receiver.failed(.dependencyUnavailable(name, cause: cause)) }
    }

    // MARK: Replies

    func received(_ line: UnsafeRawBufferPointer) {
        if let reply = ReplyLine(line) {
            pending.end(reply.id)?.received(UnsafeRawBufferPointer(rebasing: line[reply.rest]))
        } else if let ordered = ReplyLine.reordered(line) {
            ordered.withUnsafeBytes { bytes in
                guard let reply = ReplyLine(bytes) else { return }
                pending.end(reply.id)?.received(UnsafeRawBufferPointer(rebasing: bytes[reply.rest]))
            }
        }
    }

    // MARK: Deadlines

    /// One timer for all calls, and none while there are none.
    private func startClock() {
        guard !isClockRunning else { return }
        isClockRunning = true
        tick()
    }

    private func tick() {
        loop.assumeIsolated().scheduleTask(in: Self.clockTick) {
            for call in self.pending.expire(at: .now()) {
                call.receiver.failed(.deadlineExceeded)
                self.withdraw(call.id)
            }
            if self.pending.count > 0 {
                self.tick()
            } else {
                self.isClockRunning = false
            }
        }
    }

    private func withdraw(_ id: UInt64) {
        outgoing.writeString("{\"jsonrpc\":\"2.0\",\"method\":\"rpc.cancel\",\"params\":{\"id\":\(id)}}\n")
        scheduleFlush()
    }
}

/// Cuts the peer's bytes into lines for its ``ClientConnection``.
private final class ClientChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ClientConnection
    /// A reply may be as long as a server may make it, plus its envelope.
    private var framer = LineFramer(maximumLineBytes: Session.maximumReplyBytes + 1_024)

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        framer.append(unwrapInboundIn(data))
        framer.forEachLine { output in
            if case .line(let line) = output { connection.received(line) }
            return true
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.disconnected()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
