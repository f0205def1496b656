import JSON
import Testing

@Suite("Where errors point")
struct ErrorPlaceTests {
    @Test(
        "A refused value is named by its JSON Pointer",
        arguments: [
            (#"{"id":"x"}"#, "/id: must be an integer"),
            (#"{"id":1.0}"#, "/id: must be an integer"),
            (#"{"id":1,"name":7}"#, "/name: must be a string"),
            (#"{"id":1,"name":""}"#, "/name: must not be empty"),
            (#"{"id":1,"name":"elevenchars"}"#, "/name: must have at most 10 characters"),
            (#"{"id":1,"traits":[]}"#, "/traits: must be an object"),
            (#"{"id":1,"traits":{"age":151}}"#, "/traits/age: must be at most 150"),
            (#"{"id":1,"traits":{"age":-1}}"#, "/traits/age: must be at least 0"),
            (#"{"id":1,"traits":{"age":1,"a/b~c":{}}}"#, "/traits/a~1b~0c: must be an array"),
            (#"{"id":1,"traits":{"age":1,"a/b~c":["x",["],}"],2]}}"#, "/traits/a~1b~0c/1: must be a string"),
            (#"{"id":1,"traits":{"age":1,"a/b~c":["x","],\"}",2]}}"#, "/traits/a~1b~0c/2: must be a string"),
            (#"{"id":1,"traits":{"\u0061ge":200}}"#, "/traits/age: must be at most 150"),
            ("[]", "must be an object"),
            ("\"x\"", "must be an object"),
        ])
    func values(document: String, expected: String) {
        #expect(failure(document) { (reader) throws(JSONError) in try Person(from: &reader) }?.description == expected)
    }

    @Test(
        "A missing member is named as if it were there",
        arguments: [
            ("{}", "/id: is required"), (#"{"name":"x"}"#, "/id: is required"),
            (#"{"id":1,"traits":{}}"#, "/traits/age: is required"),
            (#"{"traits":{"a/b~c":["}"]} ,"id":1}"#, "/traits/age: is required"),
            (#"{"name":"x","traits":{"age":1}}"#, "/id: is required"),
        ])
    func missing(document: String, expected: String) throws {
        let error = try #require(failure(document) { (reader) throws(JSONError) in try Person(from: &reader) })
        #expect(error.description == expected)
        #expect(error.kind == .missingMember)
    }

    @Test(
        "Members that were not declared, or came before, are named",
        arguments: [
            (#"{"id":1,"x":2}"#, "/x: is not a known member", JSONError.Kind.unknownMember),
            (#"{"id":1,"traits":{"age":1,"~":{}}}"#, "/traits/~0: is not a known member", .unknownMember),
            (#"{"id":1,"id":1}"#, "/id: appears twice", .duplicateMember),
            (#"{"id":1,"i\u0064":1}"#, "/id: appears twice", .duplicateMember),
            (#"{"id":1,"traits":{"age":1},"traits":{"age":1}}"#, "/traits: appears twice", .duplicateMember),
            (#"{"id":1,"traits":{"age":1,"age":1}}"#, "/traits/age: appears twice", .duplicateMember),
        ])
    func members(document: String, expected: String, kind: JSONError.Kind) throws {
        let error = try #require(failure(document) { (reader) throws(JSONError) in try Person(from: &reader) })
        #expect(error.description == expected)
        #expect(error.kind == kind)
    }

    @Test(
        "Broken syntax is named by the innermost value it lies in, and its byte",
        arguments: [
            ("[1,x]", "/1: must have a value here (byte 3)"),
            ("[1,]", "/1: must have a value here (byte 3)"),
            ("[1,2", "/1: must not end here (byte 4)"),
            ("{\"a\":}", "/a: must have a value here (byte 5)"),
            ("{\"a\":{\"b\":[[],tru]}}", "/a/b/1: must have a value here (byte 14)"),
            ("{\"a\":1 \"b\":2}", "/a: must have ',' or '}' (byte 7)"),
            ("{\"a\":1,2}", "must have a member name here (byte 7)"),
            ("{\"a\" 1}", "/a: must have ':' after a member name (byte 5)"),
            ("{\"a\":[0,01]}", "/a/1: must not be a number with leading zeros (byte 8)"),
            ("{\"a\":[0,-]}", "/a/1: must be a number such as -1, 0.5 or 1e9 (byte 8)"),
            ("{\"a\":\"\\x\"}", "/a: must not have an unknown escape (byte 6)"),
            ("{\"a\":\"\u{1}\"}", "/a: must escape control characters in strings (byte 6)"),
            ("[[1,2],[3,{\"k\":\"\\ud800\"}]]", "/1/1/k: must not escape half of a surrogate pair (byte 16)"),
            ("[{\"a\":0},{\"a\":[]]}", "/1: must have ',' or '}' (byte 16)"),
            ("", "must not end here (byte 0)"),
            ("?", "must have a value here (byte 0)"),
        ])
    func syntax(document: String, expected: String) {
        #expect(verdict(document)?.description == expected)
    }

    @Test("Duplicates in what is skipped are named, however deep they lie")
    func duplicates() throws {
        let error = try #require(verdict(#"{"a":[0,{"b":1,"c":{"x":1,"y":2,"\u0078":3}}]}"#))
        #expect(error.description == "/a/1/c/x: appears twice")
        #expect(error.kind == .duplicateMember)
        #expect(error.offset == 32)
    }

    @Test("A rule about a whole object or array points at it once it was closed")
    func afterClosing() {
        func problem(_ document: String) -> String? {
            failure(document) { (reader) throws(JSONError) in
                try reader.beginObject()
                _ = try reader.nextMember()
                let values = try [Int64](from: &reader)
                if values.count > 2 { throw reader.fail(.constraint, "must have at most 2 elements") }
                if try reader.nextMember() == nil { throw reader.fail(.constraint, "must have two members") }
            }?.description
        }
        #expect(problem(#"{"a":[1,2,3]}"#) == "/a: must have at most 2 elements")
        #expect(problem(#"{"a":[1,2] }"#) == "must have two members")
    }

    @Test("An error can be placed at any byte that was read, and nowhere else")
    func chosenPlace() throws {
        var places: [String] = []
        _ = try read(#"[10,{"a":20},30]"#) { (reader) throws(JSONError) in
            try reader.skip()
            for offset in [-1, 0, 1, 4, 5, 9, 13, 15, 16, 1_000] {
                let error = reader.fail(.constraint, "is wrong", at: offset)
                places.append("\(error.offset) \(error.pointer)")
            }
        }
        #expect(places == ["0 ", "0 ", "1 /0", "4 /1", "5 /1", "9 /1/a", "13 /2", "15 ", "16 ", "16 "])
    }

    @Test("An error in a part of a document can be moved to the whole")
    func prefixed() throws {
        let error = try #require(failure(#"{"id":true}"#) { (reader) throws(JSONError) in try Person(from: &reader) })
        #expect(error.prefixed(by: "/params").description == "/params/id: must be an integer")
        #expect(error.prefixed(by: "") == error)
        #expect(error.prefixed(by: "/params") != error)
    }

    @Test("Asking for one type and finding another is a type error that says what was wanted")
    func types() {
        func problem(_ document: String, _ body: (inout JSONReader) throws(JSONError) -> Void) -> String? {
            failure(document, body).map { "\($0.kind): \($0.message)" }
        }
        for document in ["{}", "[]", "\"1\"", "true", "null"] {
            #expect(problem(document) { (r) throws(JSONError) in _ = try r.readInt64() } == "type: must be an integer")
            #expect(problem(document) { (r) throws(JSONError) in _ = try r.readUInt64() } == "type: must be an integer")
            #expect(problem(document) { (r) throws(JSONError) in _ = try r.readDouble() } == "type: must be a number")
        }
        for document in ["{}", "[]", "1", "true", "null"] {
            #expect(problem(document) { (r) throws(JSONError) in _ = try r.readString() } == "type: must be a string")
            #expect(problem(document) { (r) throws(JSONError) in _ = try r.readUUID() } == "type: must be a string")
        }
        for document in ["{}", "\"\"", "0", "null"] {
            #expect(
                problem(document) { (r) throws(JSONError) in _ = try r.readBool() } == "type: must be true or false")
            #expect(
                problem(document) { (r) throws(JSONError) in try r.beginArray() }?.hasPrefix("type") == (document != "")
            )
        }
    }
}
