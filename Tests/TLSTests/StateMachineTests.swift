import Testing

@testable import TLS

struct StateMachineTests {
    private var open: TLSStateMachine {
        var state = TLSStateMachine()
        _ = state.start()
        _ = state.handshakeDone()
        return state
    }

    @Test("A connection from its start to its end, closed by us")
    func ours() {
        var state = TLSStateMachine()
        #expect(state.start() == [.startHandshakeTimer, .shakeHands])
        #expect(state.handshakeDone() == [.stopTimer, .announceHandshake, .drain])
        #expect(state.close() == [.startCloseTimer, .failUnflushedWrites, .drain])
        #expect(!state.delivers && state.readsOnItsOwn)
        #expect(state.drained() == [.sendCloseNotify])
        #expect(state.closeNotifyWritten() == [])
        #expect(state.peerClosed(mayHalfClose: true) == [.stopTimer, .failWrites(.closed), .closeChannel])
        #expect(state.transportClosed() == [])
    }

    @Test("The peer closes: with half closure we go on, without we close")
    func theirs() {
        var state = open
        #expect(state.peerClosed(mayHalfClose: true) == [.announceInputClosed])
        #expect(state.acceptsWrites && !state.reads)
        #expect(state.peerClosed(mayHalfClose: true) == [])

        state = open
        #expect(state.peerClosed(mayHalfClose: false) == [.startCloseTimer, .failUnflushedWrites, .drain])
        #expect(state.drained() == [.sendCloseNotify])
        #expect(state.closeNotifyWritten() == [.stopTimer, .failWrites(.closed), .closeChannel])
    }

    @Test("Two halves make a whole, whichever is first")
    func halves() {
        var state = open
        #expect(state.closeOutput() == [.failUnflushedWrites, .drain])
        #expect(state.closeOutput() == [])
        #expect(state.drained() == [.sendCloseNotify])
        #expect(state.drained() == [])
        #expect(state.closeNotifyWritten() == [.announceOutputClosed])
        #expect(
            state.peerClosed(mayHalfClose: true)
                == [.announceInputClosed, .stopTimer, .failWrites(.closed), .closeChannel])

        state = open
        _ = state.peerClosed(mayHalfClose: true)
        _ = state.closeOutput()
        _ = state.drained()
        #expect(
            state.closeNotifyWritten()
                == [.announceOutputClosed, .stopTimer, .failWrites(.closed), .closeChannel])
    }

    @Test("A transport's end without close_notify is reported, unless we were leaving anyway")
    func truncation() {
        var state = open
        #expect(
            state.transportInputEnded() == [.stopTimer, .failWrites(.truncated), .report(.truncated), .closeChannel])
        #expect(state.transportClosed() == [])

        state = open
        _ = state.close()
        #expect(state.transportClosed() == [.stopTimer, .failWrites(.closed), .closeChannel])

        state = open
        _ = state.peerClosed(mayHalfClose: true)
        #expect(state.transportInputEnded() == [])
        #expect(state.transportClosed() == [.stopTimer, .failWrites(.closed), .closeChannel])
    }

    @Test("Nothing is reported twice, and nothing after the end")
    func once() {
        var state = open
        #expect(state.failed(.truncated).contains(.report(.truncated)))
        #expect(state.failed(.truncated) == [])
        #expect(state.handshakeTimedOut() == [] && state.closeTimedOut() == [] && state.drained() == [])
        #expect(!state.acceptsWrites && !state.reads && !state.mayEncrypt)
    }

    @Test("What is closed before it began, wholly or in half, never begins")
    func neverBegun() {
        for close in [{ $0.close() }, { $0.closeOutput() }] as [(inout TLSStateMachine) -> [TLSStateMachine.Action]] {
            var state = TLSStateMachine()
            #expect(close(&state) == [.stopTimer, .failWrites(.closed), .closeChannel])
            #expect(state.start() == [])
        }
    }

    @Test("A timer that fires after its handshake changes nothing")
    func lateTimer() {
        var state = open
        #expect(state.handshakeTimedOut() == [])
        #expect(state == open)
    }
}
