import JSON
import Testing

@Suite("Strings")
struct StringTests {
    private func string(_ document: String) throws(JSONError) -> String {
        try read(document) { (reader) throws(JSONError) in try reader.readString() }
    }

    @Test(
        "Escapes become the characters they stand for",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u4E2D""#, "Aé中"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD800\uDC00\udbff\udfff""#, "\u{10000}\u{10FFFF}"),
            (#""a\u0000b""#, "a\u{0}b"), (#""\ufeff\uffff""#, "\u{FEFF}\u{FFFF}"),
            (#""abcdefg\nhijklmnopqrst\u0075vwxyz""#, "abcdefg\nhijklmnopqrstuvwxyz"),
            (#""\u007f\u0080\u07ff\u0800""#, "\u{7F}\u{80}\u{7FF}\u{800}"),
        ])
    func escapes(document: String, text: String) throws {
        #expect(try string(document) == text)
        #expect(try Array(string(document).utf8) == Array(text.utf8))
    }

    @Test("Text of any length comes back as it was, wherever the first special byte lies", arguments: 0..<40)
    func lengths(count: Int) throws {
        for special in ["", "\\n", "é", "中", "😀", "\\\"", "\\ud83d\\ude00"] {
            let plain = String(repeating: "x", count: count)
            let expected = plain + (special.first == "\\" ? try string("\"\(special)\"") : special) + plain
            #expect(try string("\"\(plain)\(special)\(plain)\"") == expected)
            #expect(
                try string(" [\"\(plain)\(special)\"]".dropFirst(2).dropLast() + "") == String(expected.dropLast(count))
            )
        }
    }

    @Test(
        "Escapes that the grammar does not know are refused",
        arguments: [
            #""\x41""#, #""\a""#, #""\'""#, #""\u""#, #""\u12""#, #""\u12g4""#, #""\u 123""#, #""\U0041""#, #""\"#,
            #""\""#,
        ])
    func unknownEscapes(document: String) throws {
        #expect(try #require(verdict(document)).kind == .syntax)
    }

    @Test(
        "Half of a surrogate pair is refused, however it is written",
        arguments: [
            #""\ud800""#, #""\udc00""#, #""\udbff x""#, #""\ud83d\u0041""#, #""\ud83d\ud83d\ude00""#, #""\ud83d\n""#,
            #""\ude00\ud83d""#, #""\uDFFF""#,
        ])
    func loneSurrogates(document: String) throws {
        let error = try #require(verdict(document))
        #expect(error.kind == .encoding)
        #expect(error.message == "must not escape half of a surrogate pair")
        #expect(try #require(verdict("{\(document):1}")).kind == .encoding)
    }

    @Test("Control characters must be escaped; the others need not", arguments: UInt8(0)...0x20)
    func controlCharacters(byte: UInt8) {
        for padding in [0, 3, 8, 13] {
            let plain = [UInt8](repeating: 0x61, count: padding)
            let error = verdict([0x22] + plain + [byte] + plain + [0x22])
            #expect(error?.kind == (byte < 0x20 ? .syntax : nil))
        }
    }

    /// Unicode 15, table 3-7, the rows and what lies just outside of them.
    @Test("UTF-8 is checked: no overlong forms, no surrogates, nothing past U+10FFFF")
    func encoding() {
        let wellFormed: [[UInt8]] = [
            [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xE0, 0xBF, 0xBF], [0xE1, 0x80, 0x80], [0xEC, 0xBF, 0xBF],
            [0xED, 0x80, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80],
            [0xF3, 0xBF, 0xBF, 0xBF], [0xF4, 0x8F, 0xBF, 0xBF],
        ]
        let illFormed: [[UInt8]] = [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x7F], [0xC2, 0xC0], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x7F], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80], [0xF1, 0x80, 0x80, 0xC0],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ]
        for padding in 0..<40 {
            let plain = [UInt8](repeating: 0x61, count: padding)
            for bytes in wellFormed { #expect(verdict([0x22] + plain + bytes + plain + [0x22]) == nil) }
            for bytes in illFormed {
                let error = verdict([0x22] + plain + bytes + plain + [0x22])
                #expect(error?.kind == .encoding, "\(bytes)")
                #expect(error?.offset == padding + 1)
            }
        }
    }

    @Test("Every scalar is read back from its bytes and from its escapes")
    func everyScalar() throws {
        for value in stride(from: UInt32(0x20), through: 0x10FFFF, by: 0x2B) {
            guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
            let escaped = String(scalar).utf16.map { "\\u" + String(UInt32($0) + 0x10000, radix: 16).suffix(4) }
                .joined()
            #expect(try string("\"\(scalar)\"") == String(scalar))
            #expect(try string("\"\(escaped)\"") == String(scalar))
        }
    }

    @Test("Lengths are counted in Unicode scalars, after unescaping")
    func scalarLengths() {
        func problem(_ document: String, _ lengths: ClosedRange<Int>) -> String? {
            failure(document) { (reader) throws(JSONError) in try reader.readString(lengths: lengths) }?.description
        }
        for three in [#""abc""#, #""a\u0062c""#, #""äöü""#, #""中文字""#, #""😀😀😀""#, #""\ud83d\ude00😀x""#, #""e\u0301x""#]
        {
            #expect(problem(three, 3...3) == nil)
            #expect(problem(three, 0...3) == nil)
            #expect(problem(three, 4...9) == "must have at least 4 characters")
            #expect(problem(three, 0...2) == "must have at most 2 characters")
            #expect(problem(three, 1...1) == "must have at most 1 character")
            #expect(problem(three, 0...0) == "must be empty")
        }
        #expect(problem(#""""#, 1...5) == "must not be empty")
        #expect(problem(#""""#, 0...0) == nil)
        let long = "\"" + String(repeating: "x", count: 500) + "\""
        #expect(problem(long, 0...500) == nil)
        #expect(problem(long, 0...499) == "must have at most 499 characters")
        #expect(problem(long, 501...600) == "must have at least 501 characters")
    }

    @Test("A string can be matched in place, whatever its escapes")
    func matching() throws {
        func kind(_ document: String) throws(JSONError) -> Int {
            try read(document) { (reader) throws(JSONError) in
                switch try reader.readStringKey() {
                case "": 0
                case "a": 1
                case "ab": 2
                case "abc": 3
                case "email": 5
                case "deadline": 8
                case "idempotencyKey": 14
                case "é": 20
                default: -1
                }
            }
        }
        let table = [
            (#""""#, 0), (#""a""#, 1), (#""ab""#, 2), (#""abc""#, 3), (#""email""#, 5), (#""deadline""#, 8),
            (#""idempotencyKey""#, 14), (#""é""#, 20), (#""\u00e9""#, 20), (#""\u0061""#, 1), (#""e\u006dail""#, 5),
            (#""emaiL""#, -1), (#""emai""#, -1), (#""emaill""#, -1), (#""xmail""#, -1), (#""deadlinf""#, -1),
            (#""idempotencyKez""#, -1), (#""idempotencyK\u0065y""#, 14), (#""idempotencyK\u0065""#, -1),
            (#""e\u0301""#, -1),
        ]
        for (document, expected) in table { #expect(try kind(document) == expected, "\(document)") }
    }

    @Test("A string's bytes can be lent without a copy, unescaped")
    func lentBytes() throws {
        for (document, expected) in [
            (#""plain""#, "plain"), (#""\u0070lain""#, "plain"), (#""""#, ""), (#""\ud83d\ude00é""#, "😀é"),
        ] {
            let bytes = try read(document) { (reader) throws(JSONError) in
                try reader.readStringBytes { (bytes) throws(JSONError) in Array(bytes) }
            }
            #expect(bytes == Array(expected.utf8))
        }
    }
}
