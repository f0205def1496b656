import JSON
import Testing

@testable import Assignment

@Suite("Rules for GrowthBook's SDKs")
struct GrowthBookRuleTests {
    private func definition(_ shares: Int...) throws -> ExperimentDefinition {
        let all = zip(["a", "b", "c", "d"], shares).map { Allocation.Share($0, $1) }
        return ExperimentDefinition(key: "e", allocation: try Allocation(all))
    }

    @Test("A rule has ranges in place of weights, filters for layer and holdouts, and at least two variations")
    func shape() throws {
        var one = try definition(10_000)
        one.condition = ["country": "DE"]
        let set = try ExperimentSet(
            experiments: [one], layers: [.init(key: "l", slots: [.init("e", BucketSet([try BucketRange(0, 2_500)]))])],
            holdouts: [.init(key: "h", withheld: BucketSet([try BucketRange(500, 600)]))])
        let rule = try #require(set.growthBookRule("e", values: ["on"]) { $0 })
        #expect(rule["variations"] == ["on", "on"])
        #expect(rule["ranges"]?.description == "[[0,1],[0,0]]")
        #expect(rule["meta"] == [["key": "a"], ["key": "a"]])
        #expect(rule["condition"] == ["country": "DE"])
        #expect(rule["filters"]?[0]?["ranges"]?.description == "[[0,0.05],[0.06,1]]")
        #expect(rule["filters"]?[1]?["seed"] == "layer:l")
        #expect(rule["weights"] == nil)
        #expect(set.growthBookRule("e", values: []) { $0 } == nil)
        #expect(set.growthBookRule("gone") { $0 } == nil)
    }

    @Test(
        "The SDK decides for 60,000 units as the kernel does, after edits, in layers and with holdouts",
        .enabled(if: GrowthBookOracle.isThere, GrowthBookOracle.missing))
    func sameDecisions() throws {
        var random = SeededGenerator(seed: 4_618)
        var asked: [(features: JSONValue, units: [JSONValue])] = []
        var expected: [[String?]] = []
        for number in 0..<200 {
            let set = try randomSet(&random, number)
            let units = (0..<300).map { _ in randomUnit(&random) }
            var features = JSONObject()
            for key in set.keys {
                let rule = set.growthBookRule(key) { $0 }
                features[key] = ["defaultValue": nil, "rules": .array(rule.map { [$0] } ?? [])]
            }
            asked.append((.object(features), units))
            expected.append(
                units.map { set.evaluate("e", for: UnitContext(attributes: AttributeValue($0)))?.variant })
        }
        let answers = try GrowthBookOracle.evaluate("e", asked)
        #expect(answers.count == 200)
        #expect(expected.joined().count { $0 != nil } > 10_000)
        for (index, answer) in answers.enumerated() {
            #expect(answer == expected[index], "\(asked[index].features)")
        }
    }

    /// An experiment "e", half of them in a layer, some with holdouts, some behind another experiment, which may not run.
    private func randomSet(_ random: inout SeededGenerator, _ number: Int) throws -> ExperimentSet {
        var definition = try randomDefinition("e", seed: "seed ß \(number)", &random)
        var definitions: [ExperimentDefinition] = []
        if random.below(3) == 0 {
            var parent = try randomDefinition("parent", seed: "parent \(number)", &random)
            parent.isActive = random.below(5) > 0
            let variants = random.below(2) == 0 ? [] : ["control"]
            definition.prerequisites = [Prerequisite("parent", variants: variants)]
            definitions.append(parent)
        }
        definitions.append(definition)
        var layers: [LayerDefinition] = []
        var holdouts: [HoldoutDefinition] = []
        if random.below(2) == 0 {
            let cuts = (0..<4).map { _ in random.below(10_001) }.sorted()
            let slot = BucketSet([try BucketRange(cuts[0], cuts[1]), try BucketRange(cuts[2], cuts[3])])
            layers.append(LayerDefinition(key: "shop", slots: [.init("e", slot)]))
        }
        if random.below(2) == 0 {
            let end = random.below(4_000)
            holdouts.append(HoldoutDefinition(key: "h\(number)", withheld: BucketSet([try BucketRange(0, end)])))
        }
        return try ExperimentSet(experiments: definitions, layers: layers, holdouts: holdouts)
    }

    /// An experiment whose allocation was edited a few times.
    private func randomDefinition(
        _ key: String, seed: String, _ random: inout SeededGenerator
    ) throws -> ExperimentDefinition {
        let version: HashVersion = random.below(3) == 0 ? .v1 : .v2
        func shares(_ random: inout SeededGenerator) -> [Allocation.Share] {
            var left = 10_000 / version.step
            var shares: [Allocation.Share] = []
            for name in ["control", "é", "b", "c"].prefix(1 + random.below(4)) {
                let amount = random.below(left + 1)
                shares.append(.init(name, amount * version.step))
                left -= amount
            }
            return shares
        }
        var allocation = try Allocation(shares(&random), version: version)
        for _ in 0..<random.below(5) { allocation = try allocation.edited(to: shares(&random)) }
        var definition = ExperimentDefinition(key: key, seed: seed, allocation: allocation)
        if random.below(2) == 0 { definition.condition = ["age": ["$gte": 30], "country": ["$in": ["DE", "AT"]]] }
        definition.hashAttribute = random.below(3) == 0 ? "device" : "id"
        return definition
    }

    private func randomUnit(_ random: inout SeededGenerator) -> JSONValue {
        var unit = JSONObject()
        let names = ["user-", "ü", "客户", "😀", "e\u{301}"]
        for attribute in ["id", "device"] where random.below(12) > 0 {
            unit[attribute] =
                random.below(8) == 0
                ? .number(JSONNumber(random.below(1_000_000)))
                : .string(names[random.below(names.count)] + "\(random.below(1_000_000))")
        }
        unit["age"] = .number(JSONNumber(20 + random.below(60)))
        unit["country"] = .string(["DE", "AT", "FR"][random.below(3)])
        return .object(unit)
    }
}
