import JSONRPC
import JSONRPCUnixSocket
import NIOCore

/// What the access log will say of one request. It watches its reply, and reads from it how it went.
final class AccessRecord: @unchecked Sendable {
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

    /// Makes the one reply to answer in place of the original; nil for a notification.
    func makeReply() -> Reply? {
        original.map { Reply.watching($0) { rest in self.note(ReplyLine.errorCode(afterID: rest)) } }
    }

    /// To be called for a notification, which nobody answers.
    func noteUnanswered() {
        if original == nil { note(nil) }
    }

    private func note(_ code: Int?) {
        log.add(self, code: code, microseconds: (NIODeadline.now() - began).nanoseconds / 1_000)
    }
}
