public import JSON

extension ExperimentSet {
    /// An experiment as a rule of GrowthBook's payload, with which its SDKs decide as this set does.
    ///
    /// Buckets are written as `ranges`, never as weights, whose sums would round; a variant of several ranges is in
    /// `variations` several times under the same key of `meta`, so a client's `variation_key` is the variant, and its
    /// `variation_id` is not the variant's number. Layers and holdouts become `filters`. Variants without buckets are there
    /// with an empty range, since SDKs ignore an experiment of fewer than two variations.
    ///
    /// Prerequisites become `parentConditions`. These ask for the value of a feature, so the payload must have one for
    /// each experiment that others need: with this rule, the variants' keys as values, and null as default.
    ///
    /// What SDKs do otherwise: who is forced must be told to them; kept assignments are those of their own store, and in a
    /// rule they check filters and prerequisites (the Python SDK also the condition) before they look there.
    ///
    /// - Parameters:
    ///   - experiment: Its key.
    ///   - values: What each variant stands for, in the order of the arms; unless given, the variants' keys.
    ///   - variantFeature: The feature whose value is the key of the variant of an experiment that others need.
    /// - Returns: The rule; nil if there is no such experiment, it is not active, or there is no value for each arm.
    public func growthBookRule(
        _ experiment: String, values: [JSONValue]? = nil, variantFeature: (_ experiment: String) -> String
    ) -> JSONValue? {
        guard let compiled = compiled(experiment), compiled.definition.isActive else { return nil }
        let values = values ?? compiled.definition.allocation.arms.map { .string($0.variant) }
        guard values.count == compiled.definition.allocation.arms.count else { return nil }
        let definition = compiled.definition
        let arms = definition.allocation.arms
        var entries = definition.allocation.slices
        entries += arms.indices.filter { arms[$0].buckets.isEmpty }.map { ($0, BucketRange(known: 0, 0)) }
        if entries.count == 1 { entries.append((entries[0].arm, BucketRange(known: 0, 0))) }
        var rule = JSONObject()
        rule["key"] = .string(definition.key)
        rule["seed"] = .string(definition.seed)
        rule["hashVersion"] = .number(JSONNumber(definition.allocation.version.rawValue))
        rule["hashAttribute"] = .string(definition.hashAttribute)
        rule["phase"] = .string(String(definition.phase))
        rule["variations"] = .array(entries.map { values[$0.arm] })
        rule["ranges"] = .array(entries.map { ExperimentSet.bounds($0.range) })
        rule["meta"] = .array(entries.map { ["key": .string(arms[$0.arm].variant)] })
        if let condition = definition.condition { rule["condition"] = condition }
        let filters = compiled.filters
        if !filters.isEmpty { rule["filters"] = .array(filters) }
        if !compiled.parents.isEmpty {
            rule["parentConditions"] = .array(compiled.parents.map { $0.condition(feature: variantFeature($0.key)) })
        }
        if definition.isSticky {
            rule["bucketVersion"] = .number(JSONNumber(definition.bucketVersion))
            rule["minBucketVersion"] = .number(JSONNumber(definition.minimumBucketVersion))
            rule["fallbackAttribute"] = definition.fallbackAttribute.map { .string($0) }
        } else {
            rule["disableStickyBucketing"] = .bool(true)
        }
        return .object(rule)
    }

    static func bounds(_ range: BucketRange) -> JSONValue {
        .array([.number(JSONNumber(range.bounds.lower)), .number(JSONNumber(range.bounds.upper))])
    }
}

extension CompiledExperiment {
    /// Holdouts and the layer, as GrowthBook's filters: the buckets that go on.
    fileprivate var filters: [JSONValue] {
        var filters = holdouts.map { CompiledExperiment.filter($0.hash, $0.withheld.complement) }
        if let layer { filters.append(CompiledExperiment.filter(layer.hash, layer.buckets)) }
        return filters
    }

    private static func filter(_ hash: UnitHash, _ buckets: BucketSet) -> JSONValue {
        [
            "seed": .string(hash.hash.seed), "hashVersion": .number(JSONNumber(hash.hash.version.rawValue)),
            "attribute": .string(hash.path.text), "ranges": .array(buckets.ranges.map(ExperimentSet.bounds)),
        ]
    }
}

extension CompiledExperiment.Parent {
    fileprivate func condition(feature: String) -> JSONValue {
        let asked: JSONValue = variants.isEmpty ? ["$exists": true] : ["$in": .array(variants.map { .string($0) })]
        return ["id": .string(feature), "condition": ["value": asked]]
    }
}
