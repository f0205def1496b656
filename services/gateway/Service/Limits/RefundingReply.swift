import JSONRPC
import JSONRPCUnixSocket
import NIOCore

/// The reply of a method that the gateway answers itself, watched for the sake of a quota: whenever it fails inside Gyre,
/// now or later, the call gives back what it used.
final class RefundingReply: ReplyChannel, @unchecked Sendable {
    // Unchecked: the refund is touched on the event loop only.
    private let reply: Reply?
    private let refund: Refund
    private let eventLoop: any EventLoop
    private static let prefixLength = "{\"jsonrpc\":\"2.0\",\"id\":".utf8.count

    private init(to reply: Reply?, _ refund: Refund, on eventLoop: any EventLoop) {
        self.reply = reply
        self.refund = refund
        self.eventLoop = eventLoop
    }

    /// - Parameter reply: nil for a notification, which is answered all the same, to nobody.
    static func watching(_ reply: Reply?, _ refund: Refund, on eventLoop: any EventLoop) -> Reply {
        Reply(to: reply?.id ?? .null, over: RefundingReply(to: reply, refund, on: eventLoop))
    }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        let id = reply?.id ?? .null
        let rest = UnsafeRawBufferPointer(rebasing: message[(Self.prefixLength + id.json.utf8.count)...])
        if case .failure(let error) = ReplyLine.outcome(afterID: rest) {
            eventLoop.execute { self.refund.giveBack(after: error) }
        }
        reply?.splice(afterID: rest)
    }

    var isClosed: Bool { reply?.isAbandoned ?? false }

    var connection: ObjectIdentifier { reply?.connection ?? ObjectIdentifier(self) }
}
