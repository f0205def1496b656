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
                lines += framer.lines()
            }
            #expect(lines == ["one", "two", "", "three"])
            #expect(framer.heldBytes == 0)
        }
    }

    @Test("A line may be as long as the limit, and not one byte longer")
    func limit() {
        var framer = LineFramer(maximumLineBytes: 4)
        framer.append(ByteBuffer(string: "1234\n12345\nok\n"))
        #expect(framer.lines() == ["1234", "too long", "ok"])
    }

    @Test("A stream without line ends is reported once and holds no memory")
    func endless() {
        var framer = LineFramer(maximumLineBytes: 1_000)
        var reports = 0
        for _ in 0..<100 {
            framer.append(ByteBuffer(repeating: UInt8(ascii: "x"), count: 999))
            reports += framer.lines().count { $0 == "too long" }
            #expect(framer.heldBytes <= 1_000)
        }
        #expect(reports == 1)
        framer.append(ByteBuffer(string: "\nnext\n"))
        #expect(framer.lines() == ["next"])
    }

    @Test("What stands behind the last line end counts as a line when the stream ends")
    func unterminated() {
        var framer = LineFramer(maximumLineBytes: 100)
        framer.append(ByteBuffer(string: "a\nb"))
        #expect(framer.lines() == ["a"])
        framer.finish()
        #expect(framer.lines() == ["b"])
        framer.finish()
        #expect(framer.lines().isEmpty)
    }

    @Test("Whoever wants no more lines gets the next one the next time")
    func pauses() {
        var framer = LineFramer(maximumLineBytes: 4)
        framer.append(ByteBuffer(string: "a\n12345\nb\nc"))
        var lines: [String] = []
        while framer.forEachLine({ output in
            lines.append(output.text)
            return false
        }) {}
        #expect(lines == ["a", "too long", "b"])
        framer.append(ByteBuffer(string: "d\n"))
        #expect(framer.lines() == ["cd"])
    }
}

extension LineFramer {
    /// The lines there are, "too long" for those that are.
    fileprivate mutating func lines() -> [String] {
        var lines: [String] = []
        forEachLine { output in
            lines.append(output.text)
            return true
        }
        return lines
    }
}

extension LineFramer.Output {
    fileprivate var text: String {
        switch self {
        case .line(let bytes): String(decoding: bytes, as: UTF8.self)
        case .tooLong: "too long"
        }
    }
}
