import JSONRPC
import JSONRPCUnixSocket
import Limits
import NIOCore
import ServiceKit

/// Passes the reply of a service on to the client, unread.
final class SplicedReply: ReplyReceiver, @unchecked Sendable {
    // Unchecked: made, called and released on the event loop only.
    private let reply: Reply?
    private let metrics: GateMetrics
    private let refund: Refund?
    let began = NIODeadline.now()
    /// Where it came through on its way to the service, and when.
    var flight: (queue: ServiceQueue, flight: FairQueue.Flight, sentAt: NIODeadline)?

    init(to reply: Reply?, metrics: GateMetrics, refund: Refund?) {
        self.reply = reply
        self.metrics = metrics
        self.refund = refund
    }

    func received(_ rest: UnsafeRawBufferPointer) {
        let now = NIODeadline.now()
        metrics.answered(after: now - began)
        if let refund, case .failure(let error) = ReplyLine.outcome(afterID: rest) { refund.giveBack(after: error) }
        reply?.splice(afterID: rest)
        if let flight { flight.queue.ended(flight.flight, after: now - flight.sentAt, at: now) }
    }

    func failed(_ error: RPCError) {
        metrics.refused(error)
        refund?.giveBack(after: error)
        reply?.failAndLog(error, method: "gate")
        if let flight { flight.queue.ended(flight.flight, after: nil, at: .now()) }
    }
}
