import JSON
import JSONRPC
import Synchronization
import Testing

@Suite("A watched reply") struct ReplyWatchingTests {
    @Test("passes on what it is answered with, byte for byte, and shows what follows the id")
    func watched() {
        let (original, sink) = makeReply(id: 71)
        let seen = Mutex("")
        Reply.watching(original) { rest in seen.withLock { $0 = String(decoding: rest, as: UTF8.self) } }
            .succeed { $0.verbatim("7") }
        #expect(seen.withLock { $0 } == #","result":7}"#)
        #expect(sink.lines == [#"{"jsonrpc":"2.0","id":71,"result":7}"#])
    }

    @Test("shows an error as well")
    func failed() {
        let (original, sink) = makeReply(id: 9)
        let seen = Mutex("")
        Reply.watching(original) { rest in seen.withLock { $0 = String(decoding: rest, as: UTF8.self) } }
            .fail(.busy("The queue"))
        #expect(seen.withLock { $0.hasPrefix(#","error":{"code":-32009"#) })
        #expect(sink.lines.count == 1 && sink.lines[0].hasPrefix(#"{"jsonrpc":"2.0","id":9,"error""#))
    }

    @Test("of a notification is seen and goes nowhere")
    func notification() {
        let seen = Mutex("")
        Reply.watching(nil) { rest in seen.withLock { $0 = String(decoding: rest, as: UTF8.self) } }
            .succeed { $0.verbatim("true") }
        #expect(seen.withLock { $0 } == #","result":true}"#)
    }

    private func makeReply(id: Int) -> (Reply, Sink) {
        let sink = Sink()
        return (Reply(to: RequestID(id), over: sink), sink)
    }
}

private final class Sink: ReplyChannel {
    private let sent = Mutex([String]())

    var lines: [String] { sent.withLock { $0 } }
    var isClosed: Bool { false }
    var connection: ObjectIdentifier { ObjectIdentifier(self) }

    func send(_ message: UnsafeRawBufferPointer, answering count: Int) {
        sent.withLock { $0.append(String(decoding: message, as: UTF8.self)) }
    }
}
