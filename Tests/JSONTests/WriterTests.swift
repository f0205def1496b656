import JSON
import Testing

@Suite("Writing")
struct WriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(capacity: 0)
        body(&writer)
        return writer.string()
    }

    @Test("Commas are placed by the writer")
    func commas() {
        let text = written { writer in
            writer.beginObject()
            writer.key("a")
            writer.int(1)
            writer.key("b")
            writer.beginArray()
            writer.null()
            writer.bool(true)
            writer.bool(false)
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.string("x")
            writer.endArray()
            writer.key(String("c"))
            writer.raw(.null)
            writer.endObject()
            writer.newline()
            writer.beginArray()
            writer.endArray()
        }
        #expect(text == #"{"a":1,"b":[null,true,false,{},[],"x"],"c":null}"# + "\n[]")
    }

    @Test("Only quotes, backslashes and control characters are escaped")
    func escapes() {
        let short: [UInt32: String] = [
            0x22: #"\""#, 0x5C: #"\\"#, 0x08: #"\b"#, 0x09: #"\t"#, 0x0A: #"\n"#, 0x0C: #"\f"#, 0x0D: #"\r"#,
        ]
        for scalar in (0..<0x80 as Range<UInt32>).compactMap(Unicode.Scalar.init) {
            let long =
                scalar.value < 0x20 ? "\\u00" + String(0x100 + scalar.value, radix: 16).suffix(2) : String(scalar)
            let expected = "\"\(short[scalar.value] ?? long)\""
            #expect(written { $0.string(String(scalar)) } == expected)
        }
        #expect(written { $0.string("é中😀\u{2028}/") } == "\"é中😀\u{2028}/\"")
    }

    @Test("Text of any length reads back as it was, wherever its escapes lie", arguments: 0..<40)
    func lengths(count: Int) throws {
        let plain = String(repeating: "x", count: count)
        for special in ["", "\"", "\\", "\n", "\u{1}", "é", "😀", "\"\"\"\"\"\"\"\"\"\"\"\"", "\u{0}\u{1F}"] {
            for text in [plain + special, special + plain, plain + special + plain] {
                #expect(try String(json: text.json()) == text)
                #expect(try [String: Int](json: [text: count].json()) == [text: count])
            }
        }
    }

    @Test("The buffer grows at every place where it can be full", arguments: 0..<64)
    func growth(count: Int) throws {
        let padding = String(repeating: "p", count: count)
        let id = try #require(UUIDv7("01930000-0000-7000-8000-000000000001"))
        let text = written { writer in
            writer.beginArray()
            writer.string(padding)
            writer.int(Int64.min)
            writer.double(-1.7976931348623157e308)
            writer.string(String(repeating: "\u{1}", count: 30))
            id.write(to: &writer)
            Timestamp.last.write(to: &writer)
            Amount(tenThousandths: .min).write(to: &writer)
            for _ in 0..<40 { writer.beginArray() }
            for _ in 0..<40 { writer.endArray() }
            writer.endArray()
        }
        let value = try JSONValue.parse(text)
        #expect(value[0]?.string == padding)
        #expect(value[1]?.int64 == .min)
        #expect(value[2]?.double == -Double.greatestFiniteMagnitude)
        #expect(value[3]?.string?.utf8.count == 30)
        #expect(value[4]?.string == id.description)
        #expect(value[5]?.string == "9999-12-31T23:59:59.999999Z")
        #expect(value[6]?.string == "-922337203685477.5808")
    }

    @Test("Integers of every width")
    func integers() {
        #expect(written { $0.int(Int8.min) } == "-128")
        #expect(written { $0.int(UInt64.max) } == "18446744073709551615")
        #expect(written { $0.int(Int64.min) } == "-9223372036854775808")
        #expect(written { $0.int(Int128.max) } == "170141183460469231731687303715884105727")
        var power: UInt64 = 1
        for digits in 1...20 {
            #expect(written { $0.int(power) } == String(power))
            #expect(written { $0.int(power - 1) } == String(power - 1))
            if digits < 20 { power *= 10 }
        }
    }

    @Test(
        "Doubles are written as short as they read back",
        arguments: [
            (0.0, "0"), (-0.0, "-0.0"), (1, "1"), (-100, "-100"), (0.1, "0.1"), (1e15, "1000000000000000"),
            (1.5e300, "1.5e+300"), (1e-5, "1e-05"),
            (9_007_199_254_740_991, "9007199254740991"), (9_007_199_254_740_992, "9007199254740992.0"),
            (0.30000000000000004, "0.30000000000000004"),
        ])
    func doubles(value: Double, text: String) throws {
        #expect(written { $0.double(value) } == text)
        #expect(try Double(json: text).bitPattern == value.bitPattern)
    }

    @Test("Parts of a message can be written as they are; the comma after them is still right")
    func verbatim() {
        let text = written { writer in
            writer.verbatim("{\"jsonrpc\":\"2.0\",\"id\":")
            writer.int(1)
            writer.key("result")
            writer.beginArray()
            writer.verbatim(String("1,"))
            Array("[2]".utf8).withUnsafeBytes { writer.rawBytes($0) }
            Array(",3".utf8).withUnsafeBytes { writer.verbatim($0) }
            writer.int(4)
            writer.verbatim("]}\n")
            writer.null()
        }
        #expect(text == "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[1,[2],3,4]}\nnull")
    }

    @Test("What was written can be taken back to any token, and goes on with the right comma")
    func truncation() {
        var writer = JSONWriter()
        writer.beginArray()
        let empty = writer.count
        writer.int(1)
        let one = writer.count
        writer.beginObject()
        writer.key("a")
        let key = writer.count
        writer.string("failed half way")
        writer.truncate(to: key)
        writer.int(7)
        writer.endObject()
        #expect(writer.string() == #"[1,{"a":7}"#)
        writer.truncate(to: one)
        writer.int(2)
        #expect(writer.string() == "[1,2")
        writer.truncate(to: empty)
        writer.int(3)
        writer.endArray()
        #expect(writer.string() == "[3]")
        writer.truncate(to: 0)
        writer.int(4)
        #expect(writer.string() == "4")
    }

    @Test("A writer can be used again, with or without its memory", arguments: [true, false])
    func reuse(keepingCapacity: Bool) {
        var writer = JSONWriter()
        for round in 0..<3 {
            writer.beginArray()
            writer.string(String(repeating: "x", count: 10_000))
            writer.int(round)
            writer.endArray()
            #expect(writer.count == 10_006)
            #expect(writer.bytes().count == 10_006)
            #expect(writer.withBytes { $0.count } == 10_006)
            writer.removeAll(keepingCapacity: keepingCapacity)
            #expect(writer.count == 0)
        }
    }

    @Test("Standard types write and read themselves")
    func standardTypes() throws {
        #expect(["a": [1, 2], "B": []].json() == Array(#"{"B":[],"a":[1,2]}"#.utf8))
        #expect([Int?.some(1), nil].json() == Array("[1,null]".utf8))
        #expect(try [Int?](json: "[1,null, 2]") == [1, nil, 2])
        #expect(try [Bool](json: "[true,false]") == [true, false])
        #expect(try [[Double]](json: "[[],[0.5]]") == [[], [0.5]])
        #expect(try [String: UInt64](json: #"{"a":1,"b":18446744073709551615}"#) == ["a": 1, "b": .max])
        #expect(String("a\"b").json() == Array(#""a\"b""#.utf8))
        #expect(true.json() == Array("true".utf8) && UInt64(1).json() == [0x31] && Int64(-1).json() == [0x2D, 0x31])
    }

    @Test("A writer that outgrows the memory it was lent goes on in its own", arguments: [0, 1, 24, 25, 48, 49, 1_000])
    func lentMemory(count: Int) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { memory in
            let text = String(repeating: "x", count: count)
            var writer = JSONWriter(using: memory)
            writer.verbatim(text)
            writer.verbatim(text)
            #expect(writer.string() == text + text)
            writer.removeAll(keepingCapacity: false)
            writer.verbatim("again")
            #expect(writer.string() == "again")
        }
    }
}
