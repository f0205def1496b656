import JSON
import SegmentRules
import Testing

@Suite struct SegmentRuleTests {
    static func rule(_ json: String) throws(SegmentRuleProblem) -> SegmentRule {
        guard let raw = try? JSONRaw(validating: json) else { fatalError("no JSON: \(json)") }
        return try SegmentRule(raw)
    }

    static func problem(_ json: String) -> SegmentRuleProblem? {
        do {
            _ = try rule(json)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A rule in words",
        arguments: [
            (#"{"trait": "city", "is": "Berlin"}"#, #"people whose city is "Berlin""#),
            (
                #"{"all": [{"trait": "city", "in": ["Berlin", "Bonn"]}, {"event": "order", "times": {"atLeast": 2}, "withinDays": 90}]}"#,
                #"people whose city is "Berlin" or "Bonn" and who did "order" at least 2 times in the last 90 days"#
            ),
            (
                #"{"any": [{"all": [{"kind": "household"}, {"trait": "age", "atLeast": 18, "lessThan": 65.50}]}, {"segment": "vip"}]}"#,
                "people (who are households and whose age is at least 18 and is less than 65.5) or in the segment vip"
            ),
            (
                #"{"not": {"event": "order", "revenue": {"atLeast": "100.00"}, "currency": "USD"}}"#,
                #"people not (whose revenue from "order" is at least 100.00 USD)"#
            ),
            (#"{"event": "visit", "times": {"is": 1}}"#, #"people who did "visit" 1 time"#),
            (#"{"trait": "since", "lessThan": "2026-01-01"}"#, "people whose since is before 2026-01-01T00:00:00Z"),
            (#"{"trait": "tags", "contains": "new"}"#, #"people whose tags contains "new""#),
            (#"{"trait": "plan", "isNot": true, "exists": true}"#, "people whose plan is not true and is known"),
            (#"{"firstSeen": {"withinDays": 1}}"#, "people first seen in the last 1 day"),
            (#"{"lastSeen": {"beforeDays": 30}}"#, "people last seen more than 30 days ago"),
            (#"{"purpose": "marketing"}"#, "people whose data may be used for marketing"),
        ])
    func words(rule: String, words: String) throws {
        #expect(try Self.rule(rule).words == words)
    }

    @Test(
        "What is no rule is refused at its place",
        arguments: [
            ("{}", ""), (#"{"trait": "a", "kind": "individual"}"#, ""), (#"{"all": []}"#, "/all"),
            (#"{"all": [{"any": [{"trait": "a"}]}]}"#, "/all/0/any/0"), (#"{"all": [7]}"#, "/all/0"),
            (#"{"trait": "a", "equals": 1}"#, "/equals"), (#"{"trait": "", "is": 1}"#, "/trait"),
            (#"{"trait": "a", "is": null}"#, "/is"), (#"{"trait": "a", "is": {}}"#, "/is"),
            (#"{"trait": "a", "is": ""}"#, "/is"), (#"{"trait": "a", "in": []}"#, "/in"),
            (#"{"trait": "a", "in": [1, [2]]}"#, "/in/1"), (#"{"trait": "a", "exists": 1}"#, "/exists"),
            (#"{"trait": "a", "atLeast": "much"}"#, "/atLeast"),
            (#"{"trait": "a", "atLeast": "2026-02-30"}"#, "/atLeast"),
            (#"{"trait": "a", "atMost": true}"#, "/atMost"), (#"{"trait": "a", "startsWith": 1}"#, "/startsWith"),
            (#"{"trait": "a/b", "is~": 1}"#, "/is~0"), (#"{"trait": "email", "is": "ada@example.org"}"#, "/is"),
            (#"{"event": 7}"#, "/event"), (#"{"event": "a", "times": {}}"#, "/times"),
            (#"{"event": "a", "times": {"atLeast": -1}}"#, "/times/atLeast"),
            (#"{"event": "a", "times": {"atLeast": 1.5}}"#, "/times/atLeast"),
            (#"{"event": "a", "times": {"about": 1}}"#, "/times/about"),
            (#"{"event": "a", "revenue": {"atLeast": "1.00"}}"#, ""), (#"{"event": "a", "currency": "EUR"}"#, ""),
            (#"{"event": "a", "revenue": {"atLeast": 1}, "currency": "EUR"}"#, "/revenue/atLeast"),
            (#"{"event": "a", "revenue": {"atLeast": "1.00001"}, "currency": "EUR"}"#, "/revenue/atLeast"),
            (#"{"event": "a", "currency": "euro"}"#, "/currency"), (#"{"event": "a", "where": {}}"#, "/where"),
            (#"{"event": "a", "withinDays": 0}"#, "/withinDays"), (#"{"kind": "robot"}"#, "/kind"),
            (#"{"kind": "household", "is": 1}"#, "/is"), (#"{"firstSeen": {}}"#, "/firstSeen"),
            (#"{"firstSeen": {"withinDays": 1, "beforeDays": 2}}"#, "/firstSeen"),
            (#"{"lastSeen": {"withinDays": "1"}}"#, "/lastSeen/withinDays"), (#"{"purpose": "Marketing"}"#, "/purpose"),
            (#"{"segment": 1}"#, "/segment"), (#"{"not": [{"kind": "household"}]}"#, "/not"),
        ])
    func refused(rule: String, pointer: String) {
        #expect(Self.problem(rule)?.pointer == pointer, "\(rule): \(String(describing: Self.problem(rule)))")
    }

    @Test("Each limit holds exactly")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"not": "#, count: depth - 1) + #"{"kind": "household"}"#
                + String(repeating: "}", count: depth - 1)
        }
        _ = try Self.rule(nested(SegmentRule.maximumDepth))
        #expect(Self.problem(nested(SegmentRule.maximumDepth + 1))?.message.contains("16") == true)

        func many(_ tests: Int) -> String {
            #"{"any": ["# + Array(repeating: #"{"kind": "household"}"#, count: tests).joined(separator: ",") + "]}"
        }
        _ = try Self.rule(many(SegmentRule.maximumTests))
        #expect(Self.problem(many(SegmentRule.maximumTests + 1))?.pointer == "/any/200")

        func listed(_ values: Int) -> String {
            #"{"trait": "a", "in": ["# + Array(repeating: "1", count: values).joined(separator: ",") + "]}"
        }
        _ = try Self.rule(listed(SegmentRule.maximumValues))
        #expect(Self.problem(listed(SegmentRule.maximumValues + 1))?.pointer == "/in")

        func long(_ count: Int) -> String {
            #"{"trait": "a", "is": "\#(String(repeating: "é", count: count))"}"#
        }
        _ = try Self.rule(long(SegmentRule.maximumLength))
        #expect(Self.problem(long(SegmentRule.maximumLength + 1))?.pointer == "/is")

        _ = try Self.rule(#"{"event": "a", "withinDays": \#(SegmentRule.maximumDays)}"#)
        #expect(Self.problem(#"{"event": "a", "withinDays": \#(SegmentRule.maximumDays + 1)}"#) != nil)

        func padded(_ bytes: Int) -> String {
            let rule = #"{"kind": "household"}"#
            return "{" + String(repeating: " ", count: bytes - rule.utf8.count) + rule.dropFirst()
        }
        _ = try Self.rule(padded(SegmentRule.maximumBytes))
        #expect(Self.problem(padded(SegmentRule.maximumBytes + 1))?.message.contains("16384") == true)
    }

    @Test("A segment is put in its place; one that comes to contain itself is refused, and one that makes it too large")
    func resolved() throws {
        func named(_ rules: [String: String]) throws -> [String: SegmentRule.NamedRule] {
            var named: [String: SegmentRule.NamedRule] = [:]
            for (key, rule) in rules { named[key] = SegmentRule.NamedRule(key: key, rule: try Self.rule(rule)) }
            return named
        }
        let rule = try Self.rule(#"{"not": {"segment": "a"}}"#)
        #expect(rule.references == ["a"])
        let resolved = try rule.resolved(of: "b", try named(["a": #"{"kind": "household"}"#]))
        #expect(resolved.words == "people not (who are households)")
        for (rules, problem) in [
            ([:], "not there"), (["a": #"{"segment": "b"}"#, "b": #"{"segment": "a"}"#], "b → a → b"),
            (["a": #"{"any": [{"segment": "a"}]}"#], "a → a"),
            (
                [
                    "a": #"{"any": ["# + Array(repeating: #"{"kind": "household"}"#, count: 200).joined(separator: ",")
                        + "]}"
                ],
                ""
            ),
        ] as [([String: String], String)] {
            let named = try named(rules)
            do {
                _ = try rule.resolved(of: "b", named)
                #expect(problem.isEmpty)
            } catch {
                #expect(!problem.isEmpty && error.message.contains(problem), "\(error)")
            }
        }
        // One test more than there may be, counted over both.
        let two = try Self.rule(#"{"any": [{"segment": "a"}, {"kind": "household"}]}"#)
        let large = try named([
            "a": #"{"any": ["# + Array(repeating: #"{"kind": "household"}"#, count: 200).joined(separator: ",") + "]}"
        ])
        #expect(throws: SegmentRuleProblem.self) { try two.resolved(of: nil, large) }
    }

    @Test(
        "Numbers are compared exactly, however they are written",
        arguments: [
            ("0.1", "is", "1e-1", true), ("30", "is", "3.0E1", true),
            ("9007199254740993", "greaterThan", "9007199254740992", true),
            ("0.30000000000000000001", "greaterThan", "0.3", true), ("-2", "lessThan", "-1.5", true),
            ("-1e300", "lessThan", "1e-300", true), ("0", "atLeast", "-0", true), ("0", "greaterThan", "-0.0", false),
            ("-10", "lessThan", "-9", true), ("-9", "lessThan", "-10", false), ("100", "lessThan", "99.999", false),
            (
                "99999999999999999999999999999999999999", "greaterThan", "9.9999999999999999999999999999999999998e37",
                true
            ),
            ("999999999999999999999999999999999999999", "greaterThan", "1", false),  // Of 39 digits: not compared.
            (#""5""#, "is", "5", false), ("true", "is", "1", false),
        ])
    func numbers(value: String, comparison: String, other: String, holds: Bool) throws {
        guard case .trait(_, let tests) = try Self.rule(#"{"trait": "a", "\#(comparison)": \#(other)}"#) else { return }
        #expect(tests[0].holds(for: try TraitValue(json: Array(value.utf8))) == holds)
    }

    @Test("Decimals are in the order of their values, against powers of ten at every place", arguments: -3...3)
    func order(exponent: Int) throws {
        for one in -12...12 {
            for other in -12...12 {
                guard case .trait(_, let tests) = try Self.rule(#"{"trait": "a", "lessThan": \#(other)e\#(exponent)}"#)
                else { return }
                let value = try TraitValue(json: Array("\(one)e\(exponent + 1)".utf8))
                #expect(tests[0].holds(for: value) == (one * 10 < other), "\(one)e1 < \(other)")
            }
        }
    }
}
