import JSONRPC
import JSONRPCUnixSocket
import NIOCore

/// What the access log will say of one request. It stands in the way of its reply, and reads from it how it went.
final class AccessRecord: ReplyChannel, @unchecked Sendable {
    // Unchecked: changed on the event loop only, and before the request is handed to whatever answers it.
    let door: StaticString
    let bytes: Int
    /// `,"method":"signals.track"`; nothing for a method that there is none of.
    var method: [UInt8] = []
    /// `,"brand":"…","principal":"…"`, as far as they are known.
    var caller: [UInt8] = []
    var trace: TraceContext?
    private let log: AccessLog
    private let original: Reply?
    private let began = NIODeadline.now()

    /// - Parameters:
    ///   - original: where the reply goes; nil for a notification.
    ///   - bytes: how long the request is.
    init(_ log: AccessLog, door: StaticString, over original: Reply?, bytes: Int) {
        self.log = log
        self.door = door
        self.original = original
        self.bytes = bytes
    }

    /// What to answer in place of the original.
    var reply: Reply? { original.map { Reply(to: $0.id, over: self) } }

    /// To be called for a notification, which nobody answers.
    func noteUnanswered() {
        if original == nil { note(nil) }
    }

    private func note(_ code: Int?) {
        log.add(self, code: code, microseconds: (NIODeadline.now() - began).nanoseconds / 1_000)
    }

    // MARK: ReplyChannel

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        guard let original else { return }
        let rest = UnsafeRawBufferPointer(
            rebasing: message[(Self.head.utf8CodeUnitCount + original.id.json.utf8.count)...])
        note(ReplyLine.errorCode(afterID: rest))
        original.splice(afterID: rest)
    }

    var isClosed: Bool { original?.isAbandoned ?? false }
    var connection: ObjectIdentifier { original?.connection ?? ObjectIdentifier(self) }

    /// How a reply begins, up to its id.
    private static let head: StaticString = "{\"jsonrpc\":\"2.0\",\"id\":"
}
