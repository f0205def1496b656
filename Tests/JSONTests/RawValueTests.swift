import JSON
import Testing

@Suite("Values kept as they were written")
struct RawValueTests {
    @Test("A raw value keeps its bytes, without the white space around it")
    func keepsBytes() throws {
        let document = #"{"id": [1.50, "\u0041", {"b" : null}] , "name":"x"}"#
        let raw = try read(document) { (reader) throws(JSONError) in
            try reader.beginObject()
            _ = try reader.nextMember()
            let raw = try reader.readRaw()
            _ = try reader.nextMember()
            _ = try reader.readString()
            _ = try reader.nextMember()
            return raw
        }
        #expect(raw.description == #"[1.50, "\u0041", {"b" : null}]"#)
        #expect(raw.json() == raw.bytes)
        #expect(raw.kind == .array)
    }

    @Test("A raw value is one line, so that it cannot smuggle a second message")
    func oneLine() throws {
        let raw = try JSONRaw(validating: "{\n\t\"a\":\r\n[1,\n\"x\\ny\"]\n}\n")
        #expect(raw.description == "{ \t\"a\":  [1, \"x\\ny\"] }")
        #expect(!raw.bytes.contains(0x0A) && !raw.bytes.contains(0x0D))
        #expect(try JSONRaw(json: "[1,\n2]").description == "[1, 2]")
    }

    @Test(
        "What is kept raw was validated",
        arguments: ["[1,]", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "01", "[1] 2", "", "[\u{1}]"])
    func validated(document: String) {
        #expect((try? JSONRaw(validating: document)) == nil)
        #expect((try? JSONRaw(json: document)) == nil)
    }

    @Test("A raw value can be read later, with pointers of its own")
    func readLater() throws {
        let raw = try JSONRaw(validating: #"{"id":1,"traits":{"age":200}}"#)
        #expect(throws: JSONError.self) {
            try raw.withReader { (reader) throws(JSONError) in try Person(from: &reader) }
        }
        let error = failure(raw.description) { (reader) throws(JSONError) in try Person(from: &reader) }
        #expect(error?.pointer == "/traits/age")
        let newer = try JSONRaw(validating: #"{"id":1,"more":true}"#)
        #expect(
            try newer.withReader(unknownMembers: .ignore) { (r) throws(JSONError) in try Person(from: &r) }
                == Person(id: 1))
    }

    @Test("Two raw values are equal when their bytes are")
    func equality() throws {
        #expect(try JSONRaw(validating: "[1]") == JSONRaw(validating: " [1] "))
        #expect(try JSONRaw(validating: "[1]") != JSONRaw(validating: "[ 1]"))
        #expect(JSONRaw(JSONValue.null) == JSONRaw.null)
        #expect(JSONRaw([1, 2]).description == "[1,2]")
        #expect(JSONRaw(["a": 1, "b": nil, "c": ["x"]]).description == #"{"a":1,"b":null,"c":["x"]}"#)
    }

    @Test("Every kind is told from the first byte")
    func kinds() throws {
        let table: [(String, JSONKind)] = [
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("-1", .number), ("0", .number), ("true", .bool),
            ("false", .bool), ("null", .null),
        ]
        for (document, kind) in table {
            #expect(try JSONRaw(validating: document).kind == kind)
            #expect(
                try read(document) { (r) throws(JSONError) in
                    let kind = try r.peek()
                    try r.skip()
                    return kind
                } == kind)
        }
    }

    @Test("The range of a skipped value slices exactly its bytes")
    func ranges() throws {
        let document = #" {"id" : "a\"}" ,"params": {"x":[1, 2]} , "n":-1.5e3,"t":true} "#
        let bytes = Array(document.utf8)
        var slices: [String] = []
        var range = 0..<0
        try bytes.withJSONReader { (reader) throws(JSONError) in
            range = try reader.skipRange()
        }
        #expect(String(decoding: bytes[range], as: UTF8.self) == document.dropFirst().dropLast())
        try bytes.withJSONReader { (reader) throws(JSONError) in
            try reader.beginObject()
            while try reader.nextMember() != nil {
                slices.append(String(decoding: bytes[try reader.skipRange()], as: UTF8.self))
            }
        }
        #expect(slices == [#""a\"}""#, #"{"x":[1, 2]}"#, "-1.5e3", "true"])
    }
}
