/// What a connection does on each event, without bytes: the handler tells it what happened and does what it answers.
///
/// A connection is over when both directions have ended with a close_notify, or at once on an error.
struct TLSStateMachine: Equatable {
    enum State: Equatable {
        /// → handshaking, closed.
        case idle
        /// The output may be closed already: then what was written follows the handshake, and close_notify after it.
        /// → open, closed.
        case handshaking(isOutputClosed: Bool)
        /// → open with more ended, closed.
        case open(Flow)
        case closed
    }

    struct Flow: Equatable {
        /// The peer's close_notify arrived.
        var hasInputEnded = false
        var output = Output.open
        /// The whole channel is being closed: what is still read is nobody's.
        var isClosing = false
    }

    enum Output: Equatable {
        /// → draining.
        case open
        /// Nothing more is accepted; what was flushed is encrypted as fast as the peer reads. → notifying.
        case draining
        /// close_notify is with the channel. → ended.
        case notifying
        /// close_notify is written.
        case ended
    }

    enum Action: Equatable {
        case shakeHands
        case startHandshakeTimer
        case startCloseTimer
        case stopTimer
        case announceHandshake
        case announceInputClosed
        case announceOutputClosed
        /// Encrypt what was flushed, then say `drained`.
        case drain
        /// Hand a close_notify to the channel, and say `closeNotifyWritten` when it is written.
        case sendCloseNotify
        case failUnflushedWrites
        case failWrites(TLSError)
        case report(TLSError)
        case closeChannel
    }

    private(set) var state = State.idle

    // MARK: What holds now

    var acceptsWrites: Bool {
        switch state {
        case .idle: true
        case .handshaking(let isOutputClosed): !isOutputClosed
        case .open(let flow): flow.output == .open
        case .closed: false
        }
    }

    /// Before the handshake is done writes wait, however willing the channel.
    var isBeforeHandshake: Bool {
        switch state {
        case .idle, .handshaking: true
        case .open, .closed: false
        }
    }

    var isHandshaking: Bool {
        if case .handshaking = state { true } else { false }
    }

    var mayEncrypt: Bool {
        guard case .open(let flow) = state else { return false }
        return flow.output == .open || flow.output == .draining
    }

    /// Records are worth decrypting: the application's, or on the way to the peer's close_notify.
    var reads: Bool {
        guard case .open(let flow) = state else { return false }
        return !flow.hasInputEnded
    }

    /// What was decrypted is the application's.
    var delivers: Bool {
        guard case .open(let flow) = state else { return false }
        return !flow.isClosing
    }

    /// TLS itself waits for the peer, whether or not the application reads.
    var readsOnItsOwn: Bool {
        switch state {
        case .handshaking: true
        case .open(let flow): flow.isClosing && !flow.hasInputEnded
        case .idle, .closed: false
        }
    }

    // MARK: The handshake

    mutating func start() -> [Action] {
        guard state == .idle else { return [] }
        state = .handshaking(isOutputClosed: false)
        return [.startHandshakeTimer, .shakeHands]
    }

    mutating func handshakeDone() -> [Action] {
        guard case .handshaking(let isOutputClosed) = state else { return [] }
        state = .open(Flow(output: isOutputClosed ? .draining : .open))
        return [.stopTimer, .announceHandshake, .drain]
    }

    // MARK: Our end

    mutating func closeOutput() -> [Action] {
        switch state {
        case .handshaking(isOutputClosed: false):
            state = .handshaking(isOutputClosed: true)
            return [.failUnflushedWrites]
        case .open(var flow) where flow.output == .open:
            flow.output = .draining
            state = .open(flow)
            return [.failUnflushedWrites, .drain]
        case .idle:
            // Half of a connection that there never was.
            return close()
        case .handshaking, .open, .closed:
            return []
        }
    }

    mutating func close() -> [Action] {
        guard case .open(var flow) = state else {
            state = .closed
            return [.stopTimer, .failWrites(.closed), .closeChannel]
        }
        guard !flow.isClosing else { return [] }
        flow.isClosing = true
        if flow.output == .open { flow.output = .draining }
        state = .open(flow)
        return [.startCloseTimer, .failUnflushedWrites, .drain]
    }

    /// Nothing that was flushed waits to be encrypted.
    mutating func drained() -> [Action] {
        guard case .open(var flow) = state, flow.output == .draining else { return [] }
        flow.output = .notifying
        state = .open(flow)
        return [.sendCloseNotify]
    }

    mutating func closeNotifyWritten() -> [Action] {
        guard case .open(var flow) = state, flow.output == .notifying else { return [] }
        flow.output = .ended
        state = .open(flow)
        return (flow.isClosing ? [] : [.announceOutputClosed]) + endIfBothEnded()
    }

    // MARK: The peer's end

    /// - Parameter mayHalfClose: the application goes on writing after the peer has ended; else all is closed.
    mutating func peerClosed(mayHalfClose: Bool) -> [Action] {
        guard case .open(var flow) = state, !flow.hasInputEnded else { return [] }
        flow.hasInputEnded = true
        state = .open(flow)
        let news: [Action] = flow.isClosing ? [] : mayHalfClose ? [.announceInputClosed] : close()
        return news + endIfBothEnded()
    }

    /// The transport's input ended; after the peer's close_notify that is no news.
    mutating func transportInputEnded() -> [Action] {
        switch state {
        case .idle, .handshaking: return failed(.handshakeTruncated)
        case .open(let flow) where flow.isClosing: return end()
        case .open(let flow) where !flow.hasInputEnded: return failed(.truncated)
        case .open, .closed: return []
        }
    }

    /// The transport is gone.
    mutating func transportClosed() -> [Action] {
        let actions = transportInputEnded()
        return actions.isEmpty ? end() : actions
    }

    // MARK: The end

    mutating func handshakeTimedOut() -> [Action] { isHandshaking ? failed(.handshakeTimedOut) : [] }

    mutating func closeTimedOut() -> [Action] { end() }

    mutating func failed(_ error: TLSError) -> [Action] {
        if case .closed = state { return [] }
        let isClosing = if case .open(let flow) = state { flow.isClosing } else { false }
        state = .closed
        return [.stopTimer, .failWrites(error)] + (isClosing ? [] : [.report(error)]) + [.closeChannel]
    }

    private mutating func endIfBothEnded() -> [Action] {
        guard case .open(let flow) = state, flow.hasInputEnded, flow.output == .ended else { return [] }
        return end()
    }

    private mutating func end() -> [Action] {
        if case .closed = state { return [] }
        state = .closed
        return [.stopTimer, .failWrites(.closed), .closeChannel]
    }
}
