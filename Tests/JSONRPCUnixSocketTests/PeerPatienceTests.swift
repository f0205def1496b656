import NIOCore
import Testing

@testable import JSONRPCUnixSocket

@Suite struct PeerPatienceTests {
    private let limits = UnixSocketLimits(
        lineBytes: 100, requestsInFlight: 1, lineTime: .seconds(30), unreadTime: .seconds(10), unsentBytes: 1_000)

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + seconds) }

    @Test("A line that is begun has its time; one byte a second does not stretch it")
    func slowLine() {
        var patience = PeerPatience(limits: limits)
        for second in Int64(0)..<30 {
            patience.received(endsLine: false, holdsLineEnd: { false }, at: at(second))
            #expect(patience.fault(unsentBytes: 0, at: at(second)) == nil)
        }
        #expect(patience.fault(unsentBytes: 0, at: at(30)) == .slowLine)
    }

    @Test("Each line has its own time, and a connection that says nothing has all the time there is")
    func manyLines() {
        var patience = PeerPatience(limits: limits)
        patience.received(endsLine: false, holdsLineEnd: { false }, at: at(0))
        patience.received(endsLine: false, holdsLineEnd: { true }, at: at(20))
        #expect(patience.fault(unsentBytes: 0, at: at(49)) == nil)
        #expect(patience.fault(unsentBytes: 0, at: at(50)) == .slowLine)
        patience.received(endsLine: true, holdsLineEnd: { true }, at: at(50))
        #expect(!patience.isWaiting)
        #expect(patience.fault(unsentBytes: 0, at: at(1_000_000)) == nil)
    }

    @Test("Time in which we take nothing is not the peer's")
    func heldBack() {
        var patience = PeerPatience(limits: limits)
        patience.received(endsLine: false, holdsLineEnd: { false }, at: at(0))
        patience.stoppedReading(at: at(5))
        #expect(patience.fault(unsentBytes: 0, at: at(100)) == nil)
        patience.resumedReading(at: at(100))
        #expect(patience.fault(unsentBytes: 0, at: at(124)) == nil)
        #expect(patience.fault(unsentBytes: 0, at: at(125)) == .slowLine)
    }

    @Test("Replies may lie unread for a while, and so many bytes of them")
    func unread() {
        var patience = PeerPatience(limits: limits)
        #expect(patience.fault(unsentBytes: 1_000, at: at(0)) == nil)
        #expect(patience.fault(unsentBytes: 1_001, at: at(0)) == .tooManyUnread)
        patience.becameWritable(false, at: at(0))
        patience.becameWritable(false, at: at(5))
        #expect(patience.fault(unsentBytes: 1, at: at(9)) == nil)
        #expect(patience.fault(unsentBytes: 1, at: at(10)) == .unreadReplies)
        patience.becameWritable(true, at: at(10))
        #expect(patience.fault(unsentBytes: 1, at: at(100)) == nil)
    }

    @Test("Services wait for each other as long as it takes")
    func betweenServices() {
        #expect(!UnixSocketLimits.betweenServices.areTimed)
        #expect(UnixSocketLimits.publicEdge.areTimed)
    }
}
