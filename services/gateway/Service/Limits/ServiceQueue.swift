import JSONRPC
import JSONRPCUnixSocket
import Limits
import NIOCore

/// Sends calls on to one service, in the order that its ``Limits/FairQueue`` decides.
///
/// Confined to the event loop.
final class ServiceQueue {
    /// A call that waits, with a copy of its bytes.
    private struct Waiting {
        let message: [UInt8]
        let deadline: NIODeadline
        let receiver: SplicedReply
    }

    private static let clockTick = TimeAmount.milliseconds(50)

    private let service: UnixSocketClient
    private let name: String
    private let eventLoop: any EventLoop
    private var queue: FairQueue
    private var waiting: [UInt64: Waiting] = [:]
    private var isSending = false
    private var isClockRunning = false

    /// - Parameter methods: how many there are.
    init(to service: UnixSocketClient, name: String, methods: Int, on eventLoop: any EventLoop) {
        self.service = service
        self.name = name
        self.eventLoop = eventLoop
        queue = FairQueue(methods: methods)
    }

    /// - Parameter message: copied, if it has to wait.
    func send(
        _ message: UnsafeRawBufferPointer, of brand: BucketName, method: Int, deadline: NIODeadline,
        to receiver: SplicedReply
    ) {
        let now = NIODeadline.now()
        switch queue.offer(of: brand, method: method, bytes: message.count, at: now.microseconds) {
        case .send(let flight):
            forward(message, flight, deadline, receiver, at: now)
        case .wait(let ticket):
            waiting[ticket] = Waiting(message: Array(message), deadline: deadline, receiver: receiver)
            startClock()
        case .full(let wait):
            receiver.failed(
                .busy(
                    "Your brand's queue for the \(name) service",
                    retryAfterMilliseconds: min(max(wait / 1_000, 10), 5_000)))
        }
    }

    /// A call has its answer; nil: it has none, and its time says nothing.
    func ended(_ flight: FairQueue.Flight, after time: TimeAmount?, at now: NIODeadline) {
        queue.ended(flight, after: time.map { $0.nanoseconds / 1_000 })
        sendWaiting(at: now)
    }

    private func sendWaiting(at now: NIODeadline) {
        // A call that fails at once ends within this loop, which then goes on by itself.
        guard queue.hasWaiting, !isSending else { return }
        isSending = true
        while let (ticket, flight) = queue.next(at: now.microseconds) {
            guard let call = waiting.removeValue(forKey: ticket) else {
                queue.ended(flight, after: nil)
                continue
            }
            call.message.withUnsafeBytes { forward($0, flight, call.deadline, call.receiver, at: now) }
        }
        isSending = false
    }

    private func forward(
        _ message: UnsafeRawBufferPointer, _ flight: FairQueue.Flight, _ deadline: NIODeadline,
        _ receiver: SplicedReply, at now: NIODeadline
    ) {
        receiver.flight = (self, flight, now)
        service.forward(afterID: message, deadline: deadline, to: receiver)
    }

    // MARK: Deadlines

    /// One timer while calls wait, and none while there are none.
    private func startClock() {
        guard !isClockRunning else { return }
        isClockRunning = true
        tick()
    }

    private func tick() {
        eventLoop.assumeIsolated().scheduleTask(in: Self.clockTick) {
            let now = NIODeadline.now()
            for (ticket, call) in self.waiting where call.deadline <= now {
                self.waiting[ticket] = nil
                call.receiver.failed(.deadlineExceeded)
            }
            if self.waiting.isEmpty { self.isClockRunning = false } else { self.tick() }
        }
    }
}

extension NIODeadline {
    fileprivate var microseconds: Int64 { Int64(uptimeNanoseconds / 1_000) }
}
