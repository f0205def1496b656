import Assignment
import JSON
import Testing

/// GrowthBook's SDK and the kernel must decide alike; where SDKs differ is told in the oracle and in ``Condition``.
@Suite("GrowthBook's SDK as an oracle", .enabled(if: GrowthBookOracle.isThere, GrowthBookOracle.missing))
struct GrowthBookOracleTests {
    private func cases(_ type: String) -> [JSONValue] { GrowthBookOracle.corpus.filter { $0["t"]?.string == type } }

    private var groups: SavedGroups {
        let groups = cases("groups").first?["groups"]?.object ?? JSONObject()
        return SavedGroups(Dictionary(uniqueKeysWithValues: groups.map { ($0.name, .values($0.value.array ?? [])) }))
    }

    @Test("Twenty thousand texts of all scripts and lengths have the same hashes of both versions")
    func hashes() {
        var count = 0
        var wrong = 0
        for row in cases("hash").flatMap({ $0["cases"]?.array ?? [] }) {
            let (seed, value) = (row[0]?.string ?? "?", row[1]?.string ?? "?")
            count += 1
            let first = HashVersion.v1.bucket(seed: seed, value: value)
            let second = HashVersion.v2.bucket(seed: seed, value: value)
            if Double(first) / 10_000 != row[2]?.double || Double(second) / 10_000 != row[3]?.double {
                wrong += 1
                if wrong < 10 { Issue.record("\(first) and \(second) instead of \(row)") }
            }
        }
        #expect(count > 20_000)
        #expect(wrong == 0)
    }

    @Test("Ten thousand numbers name units by the same texts")
    func numbers() {
        let rows = cases("number").flatMap { $0["cases"]?.array ?? [] }
        let wrong = rows.filter { row in AttributeValue(row[0] ?? .null).unitText != row[1]?.string }
        #expect(rows.count > 10_000)
        #expect(wrong.isEmpty, "\(wrong.prefix(10))")
    }

    @Test("Four thousand conditions hold for the same of 32,000 units")
    func conditions() throws {
        let groups = groups
        var count = 0
        var wrong = 0
        for line in cases("condition") {
            let condition = try Condition(try #require(line["condition"]), savedGroups: groups)
            for row in line["cases"]?.array ?? [] {
                count += 1
                guard condition.holds(for: AttributeValue(row[0] ?? .null)) != row[1]?.bool else { continue }
                wrong += 1
                if wrong < 10 { Issue.record("not \(row[1] ?? .null) for \(row[0] ?? .null): \(condition.source)") }
            }
        }
        #expect(count == 32_000)
        #expect(wrong == 0)
    }

    @Test("Ten thousand patterns match the same of 30,000 texts")
    func patterns() throws {
        let rows = cases("pattern").flatMap { $0["cases"]?.array ?? [] }
        var wrong = 0
        for row in rows {
            let (text, subject) = (row[0]?.string ?? "", row[1]?.string ?? "")
            let answer = try Pattern(text).matches(subject)
            let answerIgnoringCase = try Pattern(text, ignoringCase: true).matches(subject)
            guard answer != row[2]?.bool || answerIgnoringCase != row[3]?.bool else { continue }
            wrong += 1
            if wrong < 10 { Issue.record("\(answer) and \(answerIgnoringCase) instead of \(row)") }
        }
        #expect(rows.count == 30_000)
        #expect(rows.count { $0[2]?.bool == true } > 5_000)
        #expect(wrong == 0)
    }

    @Test("120,000 units of 400 experiments get the same variants from the same buckets")
    func experiments() throws {
        let groups = groups
        var count = 0
        var assigned = 0
        var wrong = 0
        for line in cases("experiment") {
            let experiment = try #require(line["experiment"])
            let set = try compiled(experiment, groups)
            let key = try #require(experiment["key"]?.string)
            for row in line["cases"]?.array ?? [] {
                count += 1
                let unit = UnitContext(attributes: AttributeValue(row[0] ?? .null))
                let answer = try #require(set.evaluate(key, for: unit))
                assigned += answer.variant == nil ? 0 : 1
                let isSame =
                    (answer.variant ?? "-1") == row[1]?.int64.map { "\($0)" }
                    && (answer.variant == nil || answer.bucket.map { Double($0) / 10_000 } == row[2]?.double)
                guard !isSame else { continue }
                wrong += 1
                if wrong < 10 { Issue.record("\(answer) instead of \(row) of \(experiment)") }
            }
        }
        #expect(count == 120_000)
        #expect(assigned > 20_000)
        #expect(wrong == 0)
    }

    @Test("7,200 units with stored assignments keep them, are left out, or are assigned anew alike")
    func sticky() throws {
        var count = 0
        var wrong = 0
        for line in cases("sticky") {
            let experiment = try #require(line["experiment"])
            let set = try compiled(experiment, .none)
            let key = try #require(experiment["key"]?.string)
            for row in line["cases"]?.array ?? [] {
                count += 1
                let attributes = AttributeValue(row[0] ?? .null)
                let stored = ["id", "device"].enumerated().flatMap { index, attribute in
                    self.stored(row[index + 1], under: attribute, of: row[0], in: key)
                }
                let unit = UnitContext(attributes: attributes, sticky: StickyAssignments(stored))
                let answer = try #require(set.evaluate(key, for: unit))
                guard answer.variant != row[3]?.string else { continue }
                wrong += 1
                if wrong < 10 { Issue.record("\(answer) instead of \(row) of \(experiment)") }
            }
        }
        #expect(count == 7_200)
        #expect(wrong == 0)
    }

    private func stored(
        _ stored: JSONValue?, under attribute: String, of attributes: JSONValue?, in experiment: String
    ) -> [StickyAssignment] {
        guard let unit = attributes?[attribute].flatMap({ AttributeValue($0).unitText }) else { return [] }
        return (stored?.object ?? JSONObject()).map { member in
            StickyAssignment(
                experiment: experiment, bucketVersion: Int(member.name) ?? -1, variant: member.value.string ?? "",
                hashAttribute: attribute, unit: unit)
        }
    }

    /// GrowthBook's experiment in this kernel's words: its filters are holdouts, its namespace is a layer.
    private func compiled(_ json: JSONValue, _ groups: SavedGroups) throws -> ExperimentSet {
        let key = try #require(json["key"]?.string)
        let version = HashVersion(rawValue: Int(json["hashVersion"]?.int64 ?? 1)) ?? .v1
        var definition = ExperimentDefinition(
            key: key, seed: json["seed"]?.string, allocation: try allocation(json, version))
        definition.hashAttribute = json["hashAttribute"]?.string ?? "id"
        definition.condition = json["condition"]
        definition.isSticky = json["meta"] != nil
        definition.fallbackAttribute = json["fallbackAttribute"]?.string
        definition.bucketVersion = Int(json["bucketVersion"]?.int64 ?? 0)
        definition.minimumBucketVersion = Int(json["minBucketVersion"]?.int64 ?? 0)
        var layers: [LayerDefinition] = []
        var holdouts: [HoldoutDefinition] = []
        if let filters = json["filters"]?.array {
            holdouts = filters.enumerated().map { index, filter in
                let ranges = (filter["ranges"]?.array ?? []).map(range)
                var holdout = HoldoutDefinition(
                    key: "\(index)", seed: filter["seed"]?.string, withheld: BucketSet(ranges).complement)
                holdout.hashAttribute = filter["attribute"]?.string ?? "id"
                holdout.hashVersion = HashVersion(rawValue: Int(filter["hashVersion"]?.int64 ?? 2)) ?? .v2
                return holdout
            }
        } else if let namespace = json["namespace"]?.array {
            let slot = BucketRange(from: namespace[1].double ?? 0, to: namespace[2].double ?? 0)
            var layer = LayerDefinition(
                key: "namespace", seed: "__" + (namespace[0].string ?? ""), slots: [.init(key, BucketSet([slot]))])
            layer.hashVersion = .v1
            layer.hashAttribute = definition.hashAttribute
            layers = [layer]
        }
        return try ExperimentSet(experiments: [definition], layers: layers, holdouts: holdouts, savedGroups: groups)
    }

    private func allocation(_ json: JSONValue, _ version: HashVersion) throws -> Allocation {
        let count = json["variations"]?.array?.count ?? 0
        let names = json["meta"]?.array?.map { $0["key"]?.string ?? "" } ?? (0..<count).map { "\($0)" }
        if let ranges = json["ranges"]?.array {
            return try Allocation(
                ranges: zip(names, ranges).map { ($0, $1[0]?.double ?? 0, $1[1]?.double ?? 0) }, version: version)
        }
        let weights = json["weights"]?.array?.map { $0.double ?? 0 } ?? names.map { _ in 1 / Double(count) }
        return try Allocation(
            weights: Array(zip(names, weights)), coverage: json["coverage"]?.double ?? 1, version: version)
    }

    private func range(_ json: JSONValue) -> BucketRange {
        BucketRange(from: json[0]?.double ?? 0, to: json[1]?.double ?? 0)
    }
}
