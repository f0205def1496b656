import NIOCore
import Testing

@testable import JSONRPCUnixSocket

@Suite struct LineFramerTests {
    @Test("Lines are the same however the stream is cut")
    func cuts() {
        let stream = "one\ntwo\n\nthree\n"
        for size in 1...stream.utf8.count {
            var framer = LineFramer(maximumLineBytes: 10)
            var lines: [String] = []
            var rest = ByteBuffer(string: stream)
            while let piece = rest.readSlice(length: min(size, max(1, rest.readableBytes))) {
                framer.append(piece)
                while case .line(let line)? = framer.next() { lines.append(String(buffer: line)) }
            }
            #expect(lines == ["one", "two", "", "three"])
            #expect(framer.heldBytes == 0)
        }
    }

    @Test("A line may be as long as the limit, and not one byte longer")
    func limit() {
        var framer = LineFramer(maximumLineBytes: 4)
        framer.append(ByteBuffer(string: "1234\n12345\nok\n"))
        #expect(framer.next() == .line(ByteBuffer(string: "1234")))
        #expect(framer.next() == .tooLong)
        #expect(framer.next() == .line(ByteBuffer(string: "ok")))
        #expect(framer.next() == nil)
    }

    @Test("A stream without line ends is reported once and holds no memory")
    func endless() {
        var framer = LineFramer(maximumLineBytes: 1_000)
        var reports = 0
        for _ in 0..<100 {
            framer.append(ByteBuffer(repeating: UInt8(ascii: "x"), count: 999))
            while let output = framer.next() {
                if output == .tooLong { reports += 1 }
            }
            #expect(framer.heldBytes <= 1_000)
        }
        #expect(reports == 1)
        framer.append(ByteBuffer(string: "\nnext\n"))
        #expect(framer.next() == .line(ByteBuffer(string: "next")))
    }

    @Test("What stands behind the last line end counts as a line when the stream ends")
    func unterminated() {
        var framer = LineFramer(maximumLineBytes: 100)
        framer.append(ByteBuffer(string: "a\nb"))
        #expect(framer.next() == .line(ByteBuffer(string: "a")))
        #expect(framer.next() == nil)
        #expect(framer.finish() == .line(ByteBuffer(string: "b")))
        #expect(framer.finish() == nil)
    }
}
