/// One unit's way through experiments: remembers what it found out about those that others need.
struct EvaluationRun {
    private let set: ExperimentSet
    private let unit: UnitContext
    private var known: [Int: Evaluation] = [:]
    private var isTraced: Bool
    private(set) var steps: [Explanation.Step] = []

    init(set: ExperimentSet, unit: UnitContext, isTraced: Bool = false) {
        self.set = set
        self.unit = unit
        self.isTraced = isTraced
    }

    mutating func evaluate(_ index: Int) -> Evaluation {
        if !known.isEmpty, let known = known[index] { return known }
        let experiment = set.experiments[index]
        if unit.isRestricted {
            note(.restricted, isDecisive: true, "the person's data may be kept and not used")
            return outcome(experiment, .restricted)
        }
        return forced(experiment) ?? inactive(experiment) ?? assigned(experiment)
    }

    private mutating func note(
        _ check: Explanation.Step.Check, isDecisive: Bool, _ detail: @autoclosure () -> String,
        answers: @autoclosure () -> [Condition.Answer] = []
    ) {
        guard isTraced else { return }
        steps.append(.init(check: check, isDecisive: isDecisive, detail: detail(), answers: answers()))
    }

    private func outcome(
        _ experiment: CompiledExperiment, _ reason: Evaluation.Reason, variant: String? = nil, bucket: Int? = nil,
        propensity: Double? = nil, attribute: String? = nil, unit: String? = nil
    ) -> Evaluation {
        Evaluation(
            experiment: experiment.definition.key, variant: variant, reason: reason, bucket: bucket,
            propensity: propensity, hashAttribute: attribute, unit: unit,
            bucketVersion: experiment.definition.bucketVersion, phase: experiment.definition.phase,
            version: experiment.definition.version)
    }

    private mutating func forced(_ experiment: CompiledExperiment) -> Evaluation? {
        switch unit.forced(in: experiment.definition.key) {
        case .excluded:
            note(.forced, isDecisive: true, "is kept out by hand")
            return outcome(experiment, .excluded)
        case .variant(let key):
            guard let arm = experiment.definition.allocation.arms.first(where: { $0.variant.isExactly(key) }) else {
                note(.forced, isDecisive: false, "was to be in '\(key)', which the experiment does not have")
                return nil
            }
            note(.forced, isDecisive: true, "is in '\(key)' by hand")
            return outcome(experiment, .forced, variant: arm.variant)
        case nil:
            note(.forced, isDecisive: false, "nothing was decided by hand")
            return nil
        }
    }

    private mutating func inactive(_ experiment: CompiledExperiment) -> Evaluation? {
        let isActive = experiment.definition.isActive
        note(.active, isDecisive: !isActive, isActive ? "the experiment runs" : "the experiment does not run")
        return isActive ? nil : outcome(experiment, .inactive)
    }

    private mutating func assigned(_ experiment: CompiledExperiment) -> Evaluation {
        var name = experiment.hash.path.text
        let first = experiment.hash.unit(unit.attributes)
        var found = first
        if found == nil, let fallback = experiment.fallback {
            found = fallback.namedValue(in: unit.attributes).unitText
            name = fallback.text
        }
        guard let text = found else {
            note(.unit, isDecisive: true, "no attribute names the unit; '\(experiment.hash.path.text)' should")
            return outcome(experiment, .missingUnit)
        }
        note(.unit, isDecisive: false, "'\(name)' names the unit")
        if experiment.definition.isSticky, let kept = sticky(experiment, first: first, name: name, text: text) {
            return kept
        }
        if let reason = excluded(experiment) {
            return outcome(experiment, reason, attribute: name, unit: text)
        }
        let bucket = experiment.hash.hash.bucket(of: text)
        guard let arm = experiment.definition.allocation.arm(of: bucket) else {
            note(.bucket, isDecisive: true, "bucket \(bucket) is no variant's")
            return outcome(
                experiment, .coverage, bucket: bucket, propensity: experiment.propensities.last, attribute: name,
                unit: text)
        }
        let variant = experiment.definition.allocation.arms[arm].variant
        note(.bucket, isDecisive: true, "bucket \(bucket) is of '\(variant)'")
        return outcome(
            experiment, .split, variant: variant, bucket: bucket, propensity: experiment.propensities[arm],
            attribute: name, unit: text)
    }

    /// Assignments under the first attribute go before those under the fallback.
    private mutating func sticky(
        _ experiment: CompiledExperiment, first: String?, name: String, text: String
    ) -> Evaluation? {
        let definition = experiment.definition
        var stored = unit.sticky.assignments(in: definition.key, attribute: definition.hashAttribute, unit: first)
        if let fallback = experiment.fallback {
            let unitText = fallback.namedValue(in: unit.attributes).unitText
            stored += unit.sticky.assignments(in: definition.key, attribute: fallback.text, unit: unitText)
        }
        if let outdated = stored.first(where: { 0..<definition.minimumBucketVersion ~= $0.bucketVersion }) {
            note(
                .sticky, isDecisive: true,
                "was assigned under bucket version \(outdated.bucketVersion); the least is now "
                    + "\(definition.minimumBucketVersion)")
            return outcome(experiment, .outdated, attribute: name, unit: text)
        }
        guard let kept = stored.first(where: { $0.bucketVersion == definition.bucketVersion }),
            let arm = definition.allocation.arms.first(where: { $0.variant.isExactly(kept.variant) })
        else {
            note(.sticky, isDecisive: false, "no assignment to a variant of today is kept")
            return nil
        }
        note(.sticky, isDecisive: true, "keeps '\(kept.variant)' of bucket version \(kept.bucketVersion)")
        return outcome(
            experiment, .sticky, variant: arm.variant, bucket: experiment.hash.hash.bucket(of: text),
            propensity: kept.propensity, attribute: name, unit: text)
    }

    /// Why the unit cannot come to the hash, if it cannot.
    private mutating func excluded(_ experiment: CompiledExperiment) -> Evaluation.Reason? {
        let attributes = unit.attributes
        for holdout in experiment.holdouts {
            guard let bucket = holdout.hash.bucket(attributes) else {
                note(
                    .holdout, isDecisive: true, "'\(holdout.hash.path.text)', which '\(holdout.key)' needs, is missing")
                return .missingUnit
            }
            let isWithheld = holdout.withheld.contains(bucket)
            note(
                .holdout, isDecisive: isWithheld,
                "bucket \(bucket) of '\(holdout.key)' is \(isWithheld ? "" : "not ")withheld")
            if isWithheld { return .holdout }
        }
        if let layer = experiment.layer {
            guard let bucket = layer.hash.bucket(attributes) else {
                note(.layer, isDecisive: true, "'\(layer.hash.path.text)', which '\(layer.key)' needs, is missing")
                return .missingUnit
            }
            let isIn = layer.buckets.contains(bucket)
            note(
                .layer, isDecisive: !isIn,
                "bucket \(bucket) of '\(layer.key)' is \(isIn ? "" : "not ")in its slot \(layer.buckets)")
            if !isIn { return .layer }
        }
        if let condition = experiment.condition {
            let holds = condition.holds(for: attributes)
            note(
                .targeting, isDecisive: !holds, holds ? "the condition holds" : "the condition does not hold",
                answers: condition.answers(for: attributes))
            if !holds { return .targeting }
        }
        for parent in experiment.parents {
            let found = self.outcome(of: parent)
            let isMet =
                found.variant.map { variant in
                    parent.variants.isEmpty || parent.variants.contains { $0.isExactly(variant) }
                } ?? false
            note(
                .prerequisite, isDecisive: !isMet,
                "is \(found.variant.map { "in '\($0)'" } ?? "in no variant") of '\(parent.key)' (\(found.reason.rawValue)), "
                    + "\(isMet ? "as" : "not as") it must be")
            if !isMet { return .prerequisite }
        }
        return nil
    }

    /// What an experiment that others need decides; found out once, and without steps of its own.
    private mutating func outcome(of parent: CompiledExperiment.Parent) -> Evaluation {
        let wasTraced = isTraced
        isTraced = false
        defer { isTraced = wasTraced }
        let evaluation = evaluate(parent.experiment)
        known[parent.experiment] = evaluation
        return evaluation
    }
}
