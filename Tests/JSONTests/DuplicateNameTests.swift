import JSON
import Testing

@Suite("Duplicate member names")
struct DuplicateNameTests {
    private func object(_ names: [String]) -> String {
        "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }

    /// Names of small objects are compared as they come, up to 16; larger objects are sorted.
    @Test("Any two equal names are found, in objects of any size", arguments: [2, 3, 15, 16, 17, 18, 33, 200])
    func everyPair(count: Int) throws {
        let names = (0..<count).map { "name \($0 * 7919 % 1_000)" }
        #expect(verdict(object(names)) == nil)
        for (first, second) in [(0, 1), (0, count - 1), (count - 2, count - 1), (count / 3, count / 2 + 1)] {
            guard first != second, second < count else { continue }
            var repeated = names
            repeated[second] = names[first]
            let error = try #require(verdict(object(repeated)), "\(first) and \(second)")
            #expect(error.kind == .duplicateMember)
            #expect(error.pointer == "/\(names[first])")
            #expect(error.offset == object(Array(repeated[..<second])).utf8.count)
        }
    }

    @Test(
        "Names are compared after unescaping, byte by byte",
        arguments: [
            (#"{"a":1,"\u0061":2}"#, true), (#"{"\u0061":1,"\u0061":2}"#, true), (#"{"é":1,"\u00e9":2}"#, true),
            (#"{"é":1,"e\u0301":2}"#, false), (#"{"😀":1,"\uD83d\ude00":2}"#, true), (#"{"\/":1,"/":2}"#, true),
            (#"{"\n":1,"\u000a":2}"#, true), (#"{"\u0000":1,"":2}"#, false), (#"{"a":1,"A":2}"#, false),
            (#"{"":1,"":2}"#, true), (#"{"long enough name":1,"long enough nam\u0065":2}"#, true),
            (#"{"long enough name":1,"long enougX name":2}"#, false), (#"{"abcdefgh":1,"abcdefghabcdefgh":2}"#, false),
            (#"{"\\u0061":1,"a":2}"#, false), (#"{"a":1,"a\u0000":2}"#, false), (#"{"a\u0000":1,"a":2}"#, false),
        ])
    func unescaped(document: String, isDuplicate: Bool) {
        #expect(verdict(document)?.kind == (isDuplicate ? .duplicateMember : nil))
        #expect((try? [String: Int64](json: document)) == nil || !isDuplicate)
    }

    @Test("The same name in different objects is no duplicate")
    func differentObjects() {
        #expect(verdict(#"{"a":{"a":{"a":1},"b":[{"a":1},{"a":2}]},"b":{"a":1}}"#) == nil)
        #expect(verdict(#"[{"a":1},{"a":{"b":1},"b":{"b":1}}]"#) == nil)
        #expect(verdict(#"{"a":{"b":1},"b":{"a":1},"a":1}"#)?.pointer == "/a")
        #expect(verdict(#"{"a":{"b":1,"c":{"b":1},"b":1}}"#)?.pointer == "/a/b")
    }

    @Test("More open objects and names than fit on the stack are still told apart")
    func manyOpen() {
        func levels(_ count: Int, innermost: String) -> String {
            (0..<count).reduce(innermost) { inner, level in "{\"x\(level)\":0,\"y\":1,\"z\":\(inner),\"end\":2}" }
        }
        #expect(verdict(levels(63, innermost: object((0..<300).map { "k\($0)" }))) == nil)
        #expect(verdict(levels(63, innermost: object((0..<300).map { "k\($0)" } + ["k7"])))?.kind == .duplicateMember)
        #expect(verdict(levels(40, innermost: "1").dropLast(1) + ",\"x39\":1}")?.pointer == "/x39")
    }

    /// Quadratic work would take minutes here.
    @Test("Tens of thousands of names are compared in moments, whatever they are")
    func manyNames() {
        let count = 30_000
        let middle = (0..<count).map { "same start \(($0 &* 7_919) % count) same end" }
        let families = [
            (0..<count).map { "k\($0)" }, (0..<count).map { "k\(count - $0)" }, middle,
            (0..<count).map { "\\u0061\(($0 &* 7_919) % count)" },
        ]
        for names in families {
            #expect(verdict(object(names)) == nil)
            #expect(verdict(object(names + [names[count / 2]]))?.kind == .duplicateMember)
        }
    }

    @Test("Ignored members are validated, and two of the same name are refused")
    func ignoredMembers() throws {
        func person(_ document: String) throws(JSONError) -> Person {
            try Person(json: document, unknownMembers: .ignore)
        }
        #expect(try person(#"{"x":{"y":[1,{}]},"id":1,"z":null}"#) == Person(id: 1))
        #expect(try person(#"{"x":1,"id":1,"traits":{"x":1,"age":3,"y":2},"y":1}"#).traits?.age == 3)
        let refused = [
            (#"{"id":1,"x":1,"x":2}"#, "/x: appears twice"),
            (#"{"x":1,"id":1,"\u0078":2}"#, "/x: appears twice"),
            (#"{"x":{"y":1,"y":2},"id":1}"#, "/x/y: appears twice"),
            (#"{"id":1,"traits":{"age":1,"p":1,"q":2,"p":3}}"#, "/traits/p: appears twice"),
            (#"{"x":1,"traits":{"age":1,"p":1,"q":2,"p":3},"id":1}"#, "/traits/p: appears twice"),
            (#"{"id":1,"id":2,"x":1}"#, "/id: appears twice"),
            (#"{"x":nul,"id":1}"#, "/x: must have a value here (byte 5)"),
        ]
        for (document, expected) in refused {
            let error = failure(document, unknownMembers: .ignore) { (r) throws(JSONError) in try Person(from: &r) }
            #expect(error?.description == expected)
        }
    }

    @Test("Ignoring sixty thousand members takes moments")
    func manyIgnoredMembers() throws {
        let members = (0..<60_000).map { "\"u\($0)\":{\"a\":[0]}" }.joined(separator: ",")
        #expect(try Person(json: "{\(members),\"id\":1}", unknownMembers: .ignore) == Person(id: 1))
        #expect((try? Person(json: "{\(members),\"id\":1,\"u777\":1}", unknownMembers: .ignore)) == nil)
    }
}
