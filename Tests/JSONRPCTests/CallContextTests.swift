import JSON
import JSONRPC
import Testing

/// What travels between services beside the parameters.
@Suite struct CallContextTests {
    @Test(
        "A restriction that is absent means all, and an empty one none: the two stay apart on the wire",
        arguments: [nil, [], ["a"], ["a", "b"]] as [[String]?])
    func restrictions(names: [String]?) throws {
        let call = CallContext(principal: "key:1", industries: names, segments: names?.reversed())
        let text = String(decoding: call.json(), as: UTF8.self)
        #expect(text.contains("\"industries\"") == (names != nil))
        #expect(try CallContext(json: text) == call)
    }
}
