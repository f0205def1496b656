import JSON
import Testing

@testable import Assignment

@Suite("Conditions")
struct ConditionTests {
    private func holds(_ condition: String, _ attributes: String, groups: SavedGroups = .none) throws -> Bool {
        try Condition(JSONValue(json: condition), savedGroups: groups).holds(for: AttributeValue(json: attributes))
    }

    @Test(
        "Operators hold for what they should, and for nothing missing or of another kind",
        arguments: [
            (#"{}"#, #"{}"#, true), (#"{"a":1}"#, #"{"a":1.0}"#, true), (#"{"a":"1"}"#, #"{"a":1}"#, false),
            (#"{"a":true}"#, #"{"a":1}"#, false), (#"{"a":null}"#, #"{}"#, true), (#"{"a":{}}"#, #"{}"#, true),
            (#"{"a":{"$eq":null}}"#, #"{}"#, true), (#"{"a":{"$ne":10}}"#, #"{}"#, true),
            (#"{"a":{"$lt":10}}"#, #"{}"#, false),
            (#"{"a":{"$lt":"10"}}"#, #"{"a":5}"#, false), (#"{"a":{"$gt":5,"$lte":9}}"#, #"{"a":9}"#, true),
            (#"{"a":{"$gt":"alphabet","$lt":"zebra"}}"#, #"{"a":"AZL"}"#, false),
            // UTF-16 order: a surrogate is before U+E000.
            (#"{"a":{"$lt":"\uE000"}}"#, #"{"a":"😀"}"#, true), (#"{"a":{"$gte":true}}"#, #"{"a":true}"#, nil),
            (#"{"a":{"$in":["x",2,null]}}"#, #"{"a":[1,2]}"#, true), (#"{"a":{"$in":[null]}}"#, #"{}"#, true),
            (#"{"a":{"$in":[1]}}"#, #"{"a":true}"#, false), (#"{"a":{"$in":[[1]]}}"#, #"{"a":[[1]]}"#, false),
            (#"{"a":{"$nin":["x"]}}"#, #"{"a":[]}"#, true),
            (#"{"a":{"$ini":["STRAßE","σίσυφος"]}}"#, #"{"a":"ΣΊΣΥΦΟΣ"}"#, true),
            (#"{"a":{"$ini":["σίσυφοσ"]}}"#, #"{"a":"ΣΊΣΥΦΟΣ"}"#, false),
            (#"{"a":{"$in":["e\u0301"]}}"#, #"{"a":"\u00e9"}"#, false),
            (#"{"a.b.0":2}"#, #"{"a":{"b":[2]}}"#, true), (#"{"a.length":2}"#, #"{"a":[1,2]}"#, true),
            (#"{"a.00":1}"#, #"{"a":[1]}"#, false), (#"{"a.b":1}"#, #"{"a.b":1}"#, false),
            (#"{"a":{"x":1,"y":2}}"#, #"{"a":{"y":2,"x":1}}"#, false),
            (#"{"a":{"1":1,"0":2}}"#, #"{"a":{"0":2,"1":1}}"#, true),
            (#"{"a":{"$exists":false}}"#, #"{"a":null}"#, true), (#"{"a":{"$type":"null"}}"#, #"{}"#, true),
            (#"{"a":{"$type":"array"}}"#, #"{"a":[]}"#, true), (#"{"a":{"$size":{"$gte":1}}}"#, #"{"a":["x"]}"#, true),
            (#"{"a":{"$size":1}}"#, #"{"a":"x"}"#, false),
            (#"{"a":{"$all":["x",{"$gt":3}]}}"#, #"{"a":[4,"x"]}"#, true),
            (#"{"a":{"$alli":["X"]}}"#, #"{"a":["x"]}"#, true), (#"{"a":{"$all":[]}}"#, #"{"a":[]}"#, true),
            (#"{"a":{"$elemMatch":{"$lt":1}}}"#, #"{"a":[null,5,0]}"#, true),
            (#"{"a":{"$elemMatch":{"b":{"$gt":1}}}}"#, #"{"a":[{"b":1},{"b":2}]}"#, true),
            (#"{"a":{"$elemMatch":{"b":{"$exists":false}}}}"#, #"{"a":[null]}"#, false),
            (#"{"a":{"$elemMatch":{"$or":[{"b":1},{"b":2}]}}}"#, #"{"a":[{"b":2}]}"#, true),
            (#"{"a":{"$regex":"^x"}}"#, #"{"a":"xy"}"#, true), (#"{"a":{"$regex":"1"}}"#, #"{"a":1}"#, false),
            (#"{"a":{"$notRegex":"1"}}"#, #"{}"#, true), (#"{"a":{"$regexi":"É"}}"#, #"{"a":"caféé"}"#, true),
            (#"{"a":{"$vgt":"1.9.0"}}"#, #"{"a":"v1.10.0"}"#, true),
            (#"{"a":{"$vlt":"1.0.0"}}"#, #"{"a":"1.0.0-rc.1"}"#, true),
            (#"{"a":{"$veq":"1.0.0"}}"#, #"{"a":"1.0.0+build"}"#, true), (#"{"a":{"$vgt":"1"}}"#, #"{"a":2}"#, false),
            (#"{"a":{"$vne":"1"}}"#, #"{}"#, true), (#"{"a":{"$not":{"$gt":3}}}"#, #"{}"#, true),
            (#"{"$or":[]}"#, #"{}"#, true), (#"{"$nor":[{"a":1}]}"#, #"{"a":2}"#, true),
            (#"{"$not":{"a":1}}"#, #"{}"#, true),
            (#"{"$and":[{"a":1},{"$or":[{"b":1},{"c":1}]}]}"#, #"{"a":1,"c":1}"#, true),
        ] as [(String, String, Bool?)])
    func table(condition: String, attributes: String, answer: Bool?) throws {
        guard let answer else {
            #expect(throws: AssignmentError.self) { try holds(condition, attributes) }
            return
        }
        #expect(try holds(condition, attributes) == answer)
    }

    @Test("Saved groups are lists or conditions, and one that contains itself is refused by its cycle")
    func groups() throws {
        let groups = SavedGroups([
            "vips": .values(["u1", 7], attribute: "id"),
            "adults": .condition(["age": ["$gte": 18]]),
            "both": .condition(["$savedGroup": ["id": "adults"], "$or": [["$savedGroup": ["id": "vips"]]]]),
            "a": .condition(["$savedGroup": ["id": "b"]]), "b": .condition(["$not": ["$savedGroup": ["id": "a"]]]),
        ])
        #expect(try holds(#"{"id":{"$inGroup":"vips"}}"#, #"{"id":"u1"}"#, groups: groups))
        #expect(try !holds(#"{"id":{"$notInGroup":"vips"}}"#, #"{"id":7}"#, groups: groups))
        #expect(try holds(#"{"$savedGroup":{"id":"both"}}"#, #"{"id":"u1","age":18}"#, groups: groups))
        #expect(try !holds(#"{"$savedGroup":{"id":"both"}}"#, #"{"id":"u1","age":17}"#, groups: groups))
        #expect(try holds(#"{"$savedGroup":{"id":"vips","attributeKey":"b"}}"#, #"{"b":7}"#, groups: groups))
        let cycle = #expect(throws: AssignmentError.self) {
            try holds(#"{"$savedGroup":{"id":"a"}}"#, "{}", groups: groups)
        }
        #expect(cycle?.message == "closes a cycle of saved groups: a → b → a")
    }

    @Test(
        "What could never match is refused where it stands",
        arguments: [
            (#"{"a":{"$gtt":1}}"#, "/a/$gtt"), (#"{"$adn":[]}"#, "/$adn"), (#"{"a":{"$in":1}}"#, "/a/$in"),
            (#"{"$or":{}}"#, "/$or"), (#"{"$and":[1]}"#, "/$and/0"), (#"{"a/b~":{"$regex":"("}}"#, "/a~1b~0/$regex"),
            (#"{"a":{"$type":"text"}}"#, "/a/$type"), (#"{"a":{"$exists":1}}"#, "/a/$exists"),
            (#"{"a":{"$lt":null}}"#, "/a/$lt"),
            (#"{"a":{"$eq":[1]}}"#, "/a/$eq"), (#"{"a":{"$inGroup":"gone"}}"#, "/a/$inGroup"), (#"[]"#, ""),
            (#"{"a":{"$not":{"$or":[]}}}"#, "/a/$not/$or"), (#"{"a":{"$elemMatch":3}}"#, "/a/$elemMatch"),
            (#"{"a":{"$veq":[]}}"#, "/a/$veq"), (#"{"a":{"$all":"x"}}"#, "/a/$all"),
            (#"{"$savedGroup":{}}"#, "/$savedGroup"),
        ])
    func refused(condition: String, pointer: String) throws {
        let error = #expect(throws: AssignmentError.self) { try holds(condition, "{}") }
        #expect(error?.pointer == pointer)
    }

    @Test("Depth and size have limits that hold at their edges")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"$not":"#, count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
        }
        #expect(throws: Never.self) { try holds(nested(Condition.maximumDepth), "{}") }
        #expect(throws: AssignmentError.self) { try holds(nested(Condition.maximumDepth + 1), "{}") }
        func operators(_ depth: Int) -> String {
            String(repeating: #"{"$not":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        }
        #expect(throws: Never.self) { try holds(#"{"a":\#(operators(Condition.maximumDepth - 1))}"#, "{}") }
        #expect(throws: AssignmentError.self) { try holds(#"{"a":\#(operators(Condition.maximumDepth))}"#, "{}") }
        func wide(_ count: Int) -> String {
            "{" + (0..<count).map { "\"a\($0)\":1" }.joined(separator: ",") + "}"
        }
        #expect(throws: Never.self) { try holds(wide(Condition.maximumTests), "{}") }
        #expect(throws: AssignmentError.self) { try holds(wide(Condition.maximumTests + 1), "{}") }
    }

    @Test("Answers name every question and say nothing of values")
    func answers() throws {
        let condition = try Condition(["country": "DE", "$or": [["age": ["$gte": 18]], ["vip": true]]])
        let answers = condition.answers(for: try AttributeValue(json: #"{"country":"AT","age":20}"#))
        #expect(
            answers == [
                .init(pointer: "/country", holds: false), .init(pointer: "/$or/0/age", holds: true),
                .init(pointer: "/$or/1/vip", holds: false),
            ])
    }
}
