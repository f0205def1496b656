import JSON
import Testing

@Suite("The grammar of RFC 8259")
struct GrammarTests {
    @Test(
        "A document is one value with white space around its tokens",
        arguments: [
            "null", "true", "false", "0", "-0", "1.5e+3", "\"\"", "[]", "{}", " [ ] ", "\t{\r\n} ",
            "[1,2]", "[ 1 , 2 ]", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : [ ] }", "[[[]],{}]", "\"\u{7F}\"",
            "{\"\":{\"\":null}}", "[\"a\\u0000b\"]", "[1E400]",
        ])
    func accepted(document: String) {
        #expect(verdict(document) == nil)
    }

    @Test(
        "What the grammar does not allow is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "tru e", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "a",
            "[1,]", "[,1]", "[1 2]", "[1", "[", "]", "[1}", "[1]]", "[1],", "1 2", "{", "}", "{]", "{\"a\"}",
            "{\"a\":}",
            "{\"a\" 1}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}", "[1]\u{0}",
            "\u{0B}1",
            "\u{A0}1", "// 1\n1", "1 /* one */", "\u{FEFF}1", ":", ",",
        ])
    func refused(document: String) throws {
        #expect(try #require(verdict(document)).kind == .syntax)
    }

    @Test(
        "Numbers have no plus, no leading zeros, and digits on both sides of the point and behind the e",
        arguments: [
            "+1", "01", "-01", "00", "-", "-a", ".5", "1.", "1.e1", "1e", "1e+", "1E-", "0x1", "1_000", "--1", "1.2.3",
            "1e2e3", "1e1.5", "-.5", "1,5",
        ])
    func malformedNumbers(document: String) throws {
        #expect(try #require(verdict(document)).kind == .syntax)
        #expect(failure(document) { (reader) throws(JSONError) in try reader.readInt64() } != nil)
        #expect(failure(document) { (reader) throws(JSONError) in try reader.readUInt64() } != nil)
        #expect(failure(document) { (reader) throws(JSONError) in try reader.readDouble() } != nil)
        #expect(failure(document) { (reader) throws(JSONError) in try reader.readDecimal() } != nil)
        #expect(JSONNumber(document) == nil)
    }

    @Test("Every prefix of a document is refused, at its end")
    func prefixes() throws {
        let document = Array(#"{"id":-1.5e+3,"name":"a\u00e9\ud83d\ude00é😀","list":[true,false,null,{}]}"#.utf8)
        #expect(verdict(document) == nil)
        for count in 0..<document.count {
            let error = try #require(verdict(Array(document[..<count])), "\(count) bytes")
            if error.kind == .syntax { #expect(error.offset >= count - 5 && error.offset <= count) }
        }
    }

    @Test("White space does not change what is read")
    func whiteSpace() throws {
        let spaced = " {\n\t\"id\" : 7 ,\r\n \"traits\" : { \"age\" : 30 , \"a/b~c\" : [ \"x\" , \"y\" ] } } \n"
        let expected = Person(id: 7, traits: Person.Traits(age: 30, tags: ["x", "y"]))
        #expect(try Person(json: spaced) == expected)
        #expect(try Person(json: #"{"id":7,"traits":{"age":30,"a/b~c":["x","y"]}}"#) == expected)
    }

    @Test("Sixty-four levels are read, sixty-five are refused where the last one opens")
    func depth() throws {
        #expect(JSONReader.depthLimit == 64)
        #expect(verdict(nested("1", inArrays: 64)) == nil)
        #expect(verdict(nested("{}", inArrays: 63)) == nil)
        for document in [nested("1", inArrays: 65), nested("{}", inArrays: 64), nested("[", inArrays: 1_000_000)] {
            let error = try #require(verdict(document))
            #expect(error.kind == .depth)
            #expect(error.offset == 64)
            #expect(error.message == "must not nest deeper than 64 levels")
            #expect(error.pointer == String(repeating: "/0", count: 64))
        }
    }

    @Test("The depth limit counts what is read, skipped and kept raw alike")
    func depthAcrossCalls() throws {
        func readThenSkip(_ read: Int, _ skipped: Int) -> JSONError? {
            failure(nested("", inArrays: read + skipped)) { (reader) throws(JSONError) in
                for _ in 0..<read {
                    try reader.beginArray()
                    _ = try reader.nextElement()
                }
                try reader.skip()
                for _ in 0..<read { _ = try reader.nextElement() }
            }
        }
        for read in [0, 1, 32, 63] {
            #expect(readThenSkip(read, 64 - read) == nil)
            #expect(readThenSkip(read, 65 - read)?.kind == .depth)
        }
        func openObjects(_ count: Int) -> JSONError? {
            failure(String(repeating: "{\"a\":", count: count)) { (reader) throws(JSONError) in
                while true {
                    try reader.beginObject()
                    _ = try reader.nextMember()
                }
            }
        }
        #expect(openObjects(64)?.kind == .syntax)
        #expect(openObjects(65)?.kind == .depth)
    }

    @Test("A smaller depth limit is kept", arguments: [0, 1, 2, 63])
    func smallerDepth(limit: Int) throws {
        func verdict(_ document: String) -> JSONError.Kind? {
            Array(document.utf8).withUnsafeBytes { bytes in
                var reader = JSONReader(bytes, maximumDepth: limit)
                do throws(JSONError) {
                    try reader.skip()
                    return nil
                } catch {
                    return error.kind
                }
            }
        }
        #expect(verdict(nested("1", inArrays: limit)) == nil)
        #expect(verdict(nested("1", inArrays: limit + 1)) == .depth)
    }

    @Test("A reader made of no bytes at all says that they end")
    func noBytes() {
        #expect(verdict([])?.message == "must not end here")
        var reader = JSONReader(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect((try? reader.skip()) == nil)
        #expect(reader.offset == 0)
    }

    @Test("Nothing may follow the value")
    func finish() throws {
        #expect(try read(" 1 \n") { (reader) throws(JSONError) in try reader.readInt64() } == 1)
        let error = failure("1 x") { (reader) throws(JSONError) in try reader.readInt64() }
        #expect(error?.description == "has something after its end (byte 2)")
    }
}
