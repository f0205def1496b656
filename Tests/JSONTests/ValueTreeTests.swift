import JSON
import Testing

@Suite("Values as trees")
struct ValueTreeTests {
    @Test("A tree keeps the order of members and the text of numbers")
    func roundTrip() throws {
        let document = #"{"b":1.50,"a":[null,true,-0,"x\ny"],"c":{"":{}}}"#
        #expect(try JSONValue.parse(document).description == document)
        #expect(try JSONValue(parsing: Array(" { \"b\" : 1.50 } ".utf8)).description == #"{"b":1.50}"#)
    }

    @Test("Members and elements are found by name, index and pointer")
    func access() throws {
        let value = try JSONValue.parse(#"{"a":{"b/c":[10,{"~":"x"}],"":2},"a ":3,"é":4}"#)
        #expect(value["a"]?["b/c"]?[0]?.int64 == 10)
        #expect(value["a"]?[0] == nil)
        #expect(value["a"]?["b/c"]?["x"] == nil)
        #expect(value["a"]?["b/c"]?[2] == nil)
        #expect(value["a"]?["b/c"]?[-1] == nil)
        let table: [(String, JSONValue?)] = [
            ("", value), ("/a/b~1c/0", 10), ("/a/b~1c/1/~0", "x"), ("/a/", 2), ("/a ", 3), ("/é", 4),
            ("/e\u{301}", nil), ("a", nil),
            ("/a/b~1c/00", nil), ("/a/b~1c/+1", nil), ("/a/b~1c/-", nil), ("/a/b~1c/2", nil), ("/a/b~2c", nil),
            ("/a~", nil), ("/x/y", nil), ("/", nil),
        ]
        for (pointer, expected) in table { #expect(value[pointer: pointer] == expected, "\(pointer)") }
    }

    @Test("Tokens become pointers and come back", arguments: ["", "a", "~", "/", "~1", "a/b~c", "é/😀"])
    func tokens(name: String) {
        #expect(JSONPointer.tokens("/" + JSONPointer.escape(name)) == [name])
    }

    @Test("Literals, and equality that ignores the order of members but not the spelling of numbers")
    func literals() throws {
        let value: JSONValue = ["a": [1, 0.5, nil, true, "x"], "b": [:]]
        #expect(try value == JSONValue.parse(#"{"b":{},"a":[1,0.5,null,true,"x"]}"#))
        #expect(try value.hashValue == JSONValue.parse(#"{"b":{},"a":[1,0.5,null,true,"x"]}"#).hashValue)
        #expect(try value != JSONValue.parse(#"{"b":{},"a":[1.0,0.5,null,true,"x"]}"#))
        #expect(try JSONValue.parse(#"{"é":1}"#)["e\u{301}"] == nil)
        #expect(value["a"]?.array?.count == 5 && value["b"]?.object?.isEmpty == true)
        #expect(value["a"]?[2]?.isNull == true && value["a"]?[3]?.bool == true && value["a"]?[1]?.double == 0.5)
        #expect(JSONValue.null.string == nil && JSONValue.null.number == nil && JSONValue.null.bool == nil)
    }

    @Test("Members can be set, replaced and removed")
    func editing() throws {
        var object = try JSONObject(json: #"{"a":1,"b":2}"#)
        object["c"] = 3
        object["a"] = "x"
        object["b"] = nil
        object["d"] = nil
        #expect(JSONValue.object(object).description == #"{"a":"x","c":3}"#)
        #expect(object.map(\.name) == ["a", "c"])
        #expect((try? JSONObject(json: "[]")) == nil)
    }

    @Test("For people, what is short stays on a line and the rest gets lines of its own")
    func pretty() throws {
        let value = try JSONValue.parse(#"{"name":"x","list":[1,2,3],"long":["aaaaaaaaaa","bbbbbbbbbb",{}],"none":[]}"#)
        #expect(
            value.pretty(width: 200)
                == #"{"name": "x", "list": [1, 2, 3], "long": ["aaaaaaaaaa", "bbbbbbbbbb", {}], "none": []}"#)
        let lines = """
            {
              "name": "x",
              "list": [1, 2, 3],
              "long": [
                "aaaaaaaaaa",
                "bbbbbbbbbb",
                {}
              ],
              "none": []
            }
            """
        #expect(value.pretty(width: 30) == lines)
        #expect(try JSONValue.parse(lines) == value)
    }

    @Test("A tree as deep as the limit is read; one deeper is refused")
    func depth() throws {
        #expect(try JSONValue.parse(nested("1", inArrays: 64)).description == nested("1", inArrays: 64))
        #expect((try? JSONValue.parse(nested("1", inArrays: 65))) == nil)
    }

    @Test("Random trees come back as they were, also from pretty text")
    func random() throws {
        var generator = SplitMix(state: 4)
        for _ in 0..<300 {
            let value = tree(depth: 4, &generator)
            #expect(try JSONValue(parsing: value.json()) == value)
            #expect(try JSONValue.parse(value.pretty(width: 40)) == value)
            #expect(JSONRaw(value).description == value.description)
        }
    }

    private func tree(depth: Int, _ generator: inout SplitMix) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return nil
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .number(JSONNumber(Int64.random(in: .min ... .max, using: &generator)))
        case 3: return .number(JSONNumber(Double.random(in: -1...1, using: &generator)))
        case 4:
            let scalars = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                ["a", "\"", "\\", "\n", "é", "中", "😀", "\u{0}"].randomElement(using: &generator) ?? "a"
            }
            return .string(scalars.joined())
        case 5:
            return .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in tree(depth: depth - 1, &generator) })
        default:
            var object = JSONObject()
            for index in 0..<Int.random(in: 0..<5, using: &generator) {
                object["name \(index)\n"] = tree(depth: depth - 1, &generator)
            }
            return .object(object)
        }
    }
}
