import JSON
import Testing

/// `readAhead(to:)`: finding the member that tells objects apart before any of them is read.
struct LookaheadTests {
    private func tag(_ text: String) throws(JSONError) -> String {
        try Array(text.utf8).withJSONReader { (reader) throws(JSONError) in
            let tag = try reader.readAhead(to: "type").string
            try reader.skip()
            return tag
        }
    }

    @Test(
        "The member is found wherever it stands, and nothing is consumed",
        arguments: [
            #"{"type":"a"}"#, #"{"x":{"type":"b"},"type":"a"}"#, #" { "x" : [1,{}] , "t\u0079pe" : "a" , "y":null}"#,
        ])
    func found(_ text: String) throws {
        #expect(try tag(text) == "a")
    }

    @Test("The object is read from its start afterwards, whatever surrounds it")
    func unconsumed() throws {
        let tags = try Array(#"[{"n":1,"type":"a"},{"type":"b","n":2}]"#.utf8).withJSONReader {
            (reader) throws(JSONError) in
            var tags: [String] = []
            try reader.beginArray()
            while try reader.nextElement() {
                tags.append(try reader.readAhead(to: "type").string)
                try reader.beginObject()
                while let key = try reader.nextMember() {
                    tags.append(key.string)
                    try reader.skip()
                }
            }
            return tags
        }
        #expect(tags == ["a", "n", "type", "b", "type", "n"])
    }

    @Test("A failure made right after it is about the member that was found")
    func failure() {
        let error = #expect(throws: JSONError.self) {
            try Array(#"[{"n":1,"type":"z"}]"#.utf8).withJSONReader { (reader) throws(JSONError) in
                try reader.beginArray()
                _ = try reader.nextElement()
                _ = try reader.readAhead(to: "type")
                throw reader.fail(.constraint, "must be a")
            }
        }
        #expect(error?.description == "/0/type: must be a")
    }

    @Test(
        "An object without the member, a member of another type and a value of another kind are refused",
        arguments: [
            ("{}", "/type: is required"), (#"{"x":{"type":"a"}}"#, "/type: is required"),
            (#"{"type":1}"#, "/type: must be a string"), ("[]", "must be an object"),
        ])
    func refusals(_ text: String, _ message: String) {
        let error = #expect(throws: JSONError.self) { try tag(text) }
        #expect(error?.description == message)
    }
}
