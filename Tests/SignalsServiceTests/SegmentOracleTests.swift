import CommonAPI
import JSON
import JSONRPC
import PythonOracle
import SQLite
import ServiceContract
import SignalsAPI
import Testing

@testable import SignalsService

/// Random rules over random small brands, held against Python, which asks each person by itself.
@Suite struct SegmentOracleTests {
    private static let oracle = PythonOracle("segments_oracle.py")

    @Test(
        "Random rules hold for exactly those whom an independent judge finds",
        .enabled(if: oracle.isAvailable, "\(oracle.requirement)"), arguments: 1...(TestScale.isFull ? 40 : 6))
    func membership(seed: Int) async throws {
        try await withSignals { service in
            var brand = RandomBrand(seed: UInt64(seed))
            let people = try await brand.fill(service)
            for (key, rule) in RandomBrand.segments { try await service.segment(key, rule) }
            let rules = (0..<100).map { _ in brand.rule(depth: 3) }
            let question = """
                {"now": \(service.now.microseconds), "people": [\(people.joined(separator: ","))],
                 "segments": {\(RandomBrand.segments.map { "\"\($0.key)\": \($0.rule)" }.joined(separator: ", "))},
                 "rules": [\(rules.joined(separator: ",\n"))]}
                """
            let (output, status) = try Self.oracle.run(input: Array(question.utf8))
            #expect(status == 0)
            let verdicts = String(decoding: output, as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false)
            try #require(verdicts.count == rules.count + 1)
            var (none, everybody) = (0, 0)
            for (rule, verdict) in zip(rules, verdicts) {
                let found = try await service.previewSegment(rule)
                let members = found.items.map { actor in
                    actor.identifiers.first { $0.type == "customerId" }?.value ?? "-"
                }
                #expect(members.joined(separator: " ") == verdict, "\(rule)")
                #expect(found.people == members.count && found.everybody == people.count)
                if members.isEmpty { none += 1 }
                if members.count == people.count { everybody += 1 }
            }
            // The rules tell people apart.
            #expect(none < 60 && everybody < 60 && none + everybody < 90)
        }
    }
}

/// A few people of whom much is known, and rules that ask of it.
private struct RandomBrand {
    private static let numbers = [
        "30", "3e1", "30.0", "29.99999999999999999999", "9007199254740993", "9007199254740992", "-4.5", "0",
    ]
    private static let texts = ["Berlin", "Bonn", "berlin", "caf\u{E9}", "cafe\u{301}", "a \\\"quoted\\\" one", "30"]
    private static let times = [
        "2025-06-01", "2025-06-01T00:00:00Z", "2025-06-01T01:00:00+01:00", "2025-05-31T23:59:59.999999Z", "2025-02-30",
    ]
    private static let names = ["city", "age", "since", "tags", "vip", "diagnosis", "absent"]
    private static let events = ["order", "visit", "never"]
    private static let day: Int64 = 86_400_000_000
    /// When rules are asked: a second after the first person was made known.
    private static let end = Timestamp(microseconds: SignalsUnderTest.start.microseconds + 1_000_000)

    static let segments = [
        (key: "cities", rule: #"{"trait": "city", "in": ["Berlin", "Bonn"]}"#),
        (key: "buyers", rule: #"{"all": [{"event": "order"}, {"not": {"segment": "cities"}}]}"#),
    ]

    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    private mutating func one<T>(of values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: People

    /// Makes thirty people, of whom some are restricted; the others as the judge reads them.
    mutating func fill(_ service: SignalsUnderTest) async throws -> [String] {
        var told: [String] = []
        _ = try await service.call("purposes.set", #"{"name": "support", "legalBasis": "legitimateInterests"}"#)
        for number in 1...30 {
            let id = "p\(number)"
            let customer = #""identifier": {"type": "customerId", "value": "\#(id)"}"#
            var purposes: [String] = []
            var (traits, events): ([String], [String]) = ([], [])
            var isHidden = false
            for name in Self.names.dropLast(2) where chance(70) { traits.append("\"\(name)\": \(value(of: name))") }
            if chance(30) {
                try await service.allowHealth(of: id)
                try await service.identify(id, #"{"diagnosis": "Bonn"}"#, id: "d-\(id)", at: "2025-12-01T00:00:00Z")
                events.append(Self.event("$identify", at: Timestamp("2025-12-01T00:00:00Z")?.microseconds ?? 0))
                traits.append(#""diagnosis": "Bonn""#)
                isHidden = chance(50)
                if isHidden {
                    service.advance(milliseconds: 1)
                    _ = try await service.call("consents.withdraw", "{\"purpose\": \"care\", \(customer)}")
                }
            }
            let stated = traits.filter { !$0.hasPrefix("\"diagnosis\"") }
            try await service.identify(
                id, "{\(stated.joined(separator: ", "))}", id: "i-\(id)", at: "2025-01-01T00:00:00Z")
            events.append(Self.event("$identify", at: Timestamp("2025-01-01T00:00:00Z")?.microseconds ?? 0))
            for index in 0..<Int.random(in: 0...6, using: &random) {
                events.append(try await happening(to: id, index, service))
            }
            if chance(30) {
                _ = try await service.call(
                    "consents.record",
                    "{\"purpose\": \"marketing\", \"legalBasis\": \"contract\", \(customer)}")
            }
            if chance(30) { _ = try await service.call("restrictions.place", "{\"kind\": \"objection\", \(customer)}") }
            let isRestricted = chance(10)
            if isRestricted {
                _ = try await service.call("restrictions.place", "{\"kind\": \"restriction\", \(customer)}")
            }
            let kind = one(of: ["individual", "individual", "household"])
            _ = try await service.write { transaction throws(RPCError) in
                try transaction.run(
                    """
                    UPDATE actors SET kind = :kind
                    WHERE number = (SELECT actor FROM identifiers WHERE type = 'customerId' AND value = :id)
                    """, [":kind": kind, ":id": id])
            }
            // One rule decides on the use of data; here only who asks for it is in question.
            for purpose in ["support", "marketing", "care"] {
                let verdict = try await service.call(
                    "consents.check",
                    "{\"purpose\": \"\(purpose)\", \"identifiers\": [{\"type\": \"customerId\", \"value\": \"\(id)\"}]}"
                )
                if verdict["items"]?[0]?["mayUse"]?.bool == true { purposes.append("\"\(purpose)\"") }
            }
            if isRestricted { continue }
            told.append(
                """
                {"id": "\(id)", "kind": "\(kind)", "traits": {\(traits.joined(separator: ", "))},
                 "hidden": [\(isHidden ? "\"diagnosis\"" : "")], "purposes": [\(purposes.joined(separator: ", "))],
                 "events": [\(events.joined(separator: ", "))]}
                """)
        }
        service.advance(milliseconds: (Self.end.microseconds - service.now.microseconds) / 1_000)
        return told
    }

    private mutating func happening(
        to id: String, _ index: Int, _ service: SignalsUnderTest
    ) async throws -> String {
        let name = one(of: ["order", "visit"])
        // Often at the very edge of a stretch that rules ask for.
        let days = Int64(one(of: [0, 1, 10, 30, 90, 200]))
        let at = Self.end.microseconds - days * Self.day + Int64(one(of: [-1, 0, 1, 60_000_000]))
        let revenue = chance(70) ? one(of: ["10.00", "0.0001", "-3.5", "99999999999999.9999", "25"]) : nil
        let currency = revenue == nil ? nil : one(of: ["EUR", "USD"])
        try await service.track(
            name, id, id: "\(id)-\(index)", at: "\(Timestamp(microseconds: at))", revenue: revenue, currency: currency)
        return Self.event(
            name, at: at, revenue: revenue.flatMap { Amount($0)?.tenThousandths } ?? 0, currency: currency)
    }

    private static func event(_ name: String, at: Int64, revenue: Int64 = 0, currency: String? = nil) -> String {
        let currency = currency.map { ", \"currency\": \"\($0)\"" } ?? ""
        return "{\"event\": \"\(name)\", \"at\": \(at), \"revenue\": \(revenue)\(currency)}"
    }

    private mutating func value(of name: String) -> String {
        switch name {
        case "city", "diagnosis": return "\"\(one(of: Self.texts))\""
        case "age": return one(of: Self.numbers + ["\"30\"", "[30]"])
        case "since": return "\"\(one(of: Self.times))\""
        case "tags":
            return one(of: [#"["Berlin", 30, true]"#, #"["Bonn", ["Berlin"]]"#, "[]", #""Berlin""#, #"{"a": 1}"#])
        default: return one(of: ["true", "false", "0"])
        }
    }

    // MARK: Rules

    mutating func rule(depth: Int) -> String {
        if depth > 1, chance(60) {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return "{\"not\": \(rule(depth: depth - 1))}"
            case let kind:
                let rules = (0..<Int.random(in: 1...3, using: &random)).map { _ in rule(depth: depth - 1) }
                return "{\"\(kind == 1 ? "all" : "any")\": [\(rules.joined(separator: ", "))]}"
            }
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: return traitRule()
        case 4...6: return eventRule()
        case 7:
            let end = one(of: ["firstSeen", "lastSeen"])
            return "{\"\(end)\": {\"\(one(of: ["withinDays", "beforeDays"]))\": \(one(of: [1, 10, 30, 90, 300]))}}"
        case 8: return "{\"purpose\": \"\(one(of: ["support", "marketing", "care", "nothing"]))\"}"
        default: return one(of: [#"{"segment": "cities"}"#, #"{"segment": "buyers"}"#, #"{"kind": "household"}"#])
        }
    }

    private mutating func traitRule() -> String {
        let name = one(of: Self.names)
        let scalar = one(of: Self.numbers + Self.texts.map { "\"\($0)\"" } + ["true", "false"])
        let comparison = one(of: ["greaterThan", "atLeast", "lessThan", "atMost"])
        let test =
            switch Int.random(in: 0..<9, using: &random) {
            case 0: "\"is\": \(scalar)"
            case 1: "\"isNot\": \(scalar)"
            case 2: "\"in\": [\(scalar), \"Bonn\", 30.00]"
            case 3: "\"notIn\": [\(scalar), \"Berlin\"]"
            case 4: "\"exists\": \(chance(50))"
            case 5: "\"contains\": \(one(of: ["\"Berlin\"", "\"er\"", "30", "true"]))"
            case 6: "\"startsWith\": \"\(one(of: ["B", "be", "caf", "cafe"]))\""
            case 7: "\"\(comparison)\": \(one(of: Self.numbers))"
            default: "\"\(comparison)\": \"\(one(of: Array(Self.times.dropLast())))\""
            }
        let second = chance(20) ? ", \"exists\": true" : ""
        return "{\"trait\": \"\(name)\", \(test)\(test.hasPrefix("\"exists\"") ? "" : second)}"
    }

    private mutating func eventRule() -> String {
        var parts = ["\"event\": \"\(one(of: Self.events + ["order", "visit", "$identify"]))\""]
        let comparison = one(of: ["is", "greaterThan", "atLeast", "lessThan", "atMost"])
        if chance(60) { parts.append("\"times\": {\"\(comparison)\": \(one(of: [0, 1, 2, 3]))}") }
        if chance(40) {
            parts.append(
                "\"revenue\": {\"\(comparison)\": \"\(one(of: ["0", "10.00", "10.0001", "99999999999999.9999"]))\"}")
            parts.append("\"currency\": \"\(one(of: ["EUR", "USD", "GBP"]))\"")
        }
        if chance(60) { parts.append("\"withinDays\": \(one(of: [1, 10, 30, 90]))") }
        return "{\(parts.joined(separator: ", "))}"
    }
}
