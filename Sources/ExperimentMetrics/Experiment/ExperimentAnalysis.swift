public import Statistics

/// All metrics and arms of an experiment at one moment, and what to do.
public struct ExperimentAnalysis: Sendable, Equatable {
    /// What is known of one metric.
    public struct Metric: Sendable {
        public let definition: MetricDefinition
        public let sums: PhasedSums

        public init(_ definition: MetricDefinition, _ sums: PhasedSums) {
            self.definition = definition
            self.sums = sums
        }
    }

    /// What to do with one arm.
    public struct ArmDecision: Sendable, Equatable {
        public let arm: Int
        public let decision: ExperimentDecision
    }

    public let plan: AnalysisPlan
    public let split: SplitAnalysis
    /// Of a group-sequential test, so far.
    public let looks: [ReachedLook]
    /// Whether the planned end is reached.
    public let hasEnded: Bool
    /// In the order given.
    public let metrics: [MetricAnalysis]
    /// Of each arm, the control excepted.
    public let decisions: [ArmDecision]
    /// The one that counts: an arm to ship, of several the one whose first goal is better for the most certain; else one
    /// to go on with; else none is worth it. Of a broken experiment the first.
    public let recommendation: ArmDecision

    /// - Parameters:
    ///   - arms: names, at least two.
    ///   - control: one of them.
    ///   - weights: of each phase, the shares of the arms; 0 of those that it does not have.
    ///   - units: first exposures by phase and day.
    ///   - metrics: sums of each phase and arm, over all days up to the one of the last of
    ///     ``AnalysisPlan/looks(_:today:)`` in a group-sequential test, else up to today.
    ///   - isOver: whether the experiment was ended; it also has where the planned units are there.
    ///   - today: the day that is not over, which is no look of a group-sequential test; nil where all are.
    ///   - severalVariantsShare: of the units, from 0 to 1, which met more than one variant.
    /// - Throws: ``MetricProblem`` where the parts do not fit together.
    public init(
        arms: [String], control: Int, weights: [[Double]], units: [DailyUnits], metrics: [Metric], plan: AnalysisPlan,
        isOver: Bool, today: Int? = nil, severalVariantsShare: Double = 0
    ) throws(MetricProblem) {
        try Self.check(arms, control, weights, units, metrics)
        self.plan = plan
        let split = SplitAnalysis(weights: weights, units: units)
        self.split = split
        looks = plan.looks(units, today: today)
        let unitCount = split.counts.reduce(0, +)
        hasEnded = isOver || plan.plannedUnits.map { unitCount >= $0 } ?? false
        self.metrics = Self.analyse(metrics, control, plan, looks)
        let (ofMetrics, hasEnded) = (self.metrics, self.hasEnded)
        decisions = (0..<arms.count).filter { $0 != control }.map { arm in
            let evidence = ExperimentEvidence(
                metrics: ofMetrics.compactMap { $0.evidence(arm) }, hasEnded: hasEnded, isOver: isOver,
                countsAtAnyTime: plan.countsAtAnyTime, sampleRatioPValue: split.pValue(hasEnded: hasEnded),
                sampleRatioThreshold: plan.sampleRatioLevel.alpha, emptyArms: split.emptyArms.map { arms[$0] },
                severalVariantsShare: severalVariantsShare, severalVariantsLimit: plan.severalVariantsLimit)
            return ArmDecision(arm: arm, decision: ExperimentDecision(evidence))
        }
        recommendation = Self.recommend(decisions, self.metrics)
    }

    /// Goals are one family, secondary metrics another; a guardrail is no question among others, for all have to hold.
    private static func analyse(
        _ metrics: [Metric], _ control: Int, _ plan: AnalysisPlan, _ looks: [ReachedLook]
    ) -> [MetricAnalysis] {
        var analyses: [Int: MetricAnalysis] = [:]
        func analyse(_ role: MetricDefinition.Role, _ plan: AnalysisPlan) {
            let places = metrics.indices.filter { metrics[$0].definition.role == role }
            let family = MetricAnalysis.family(
                places.map { (metrics[$0].definition, metrics[$0].sums) }, control: control, plan: plan, looks: looks)
            for (place, analysis) in zip(places, family) { analyses[place] = analysis }
        }
        analyse(.goal, plan)
        analyse(.secondary, plan)
        analyse(.guardrail, plan.uncorrected)
        return metrics.indices.compactMap { analyses[$0] }
    }

    private static func recommend(_ decisions: [ArmDecision], _ metrics: [MetricAnalysis]) -> ArmDecision {
        func rank(_ decision: ArmDecision) -> Int {
            switch decision.decision.verdict {
            case .broken: 0
            case .ship: 1
            case .keepRunning, .inconclusive: 2
            case .rollBack: 3
            }
        }
        let goal = metrics.first { $0.definition.role == .goal }
        func assured(_ decision: ArmDecision) -> Double { goal?.assuredGain(decision.arm) ?? -.infinity }
        return decisions.reduce(decisions[0]) { best, next in
            let (a, b) = (rank(best), rank(next))
            return b < a || (a == b && assured(next) > assured(best)) ? next : best
        }
    }
}

extension AnalysisPlan {
    /// The same for a question by itself.
    var uncorrected: AnalysisPlan {
        var plan = self
        plan.correction = nil
        return plan
    }
}

extension SplitAnalysis {
    /// One look at the end, any number before.
    func pValue(hasEnded: Bool) -> Double? {
        hasEnded ? (try? pooled.get())?.pValue ?? sequentialPValue : sequentialPValue
    }
}

extension MetricAnalysis {
    private func effect(_ arm: Int) -> ArmEffect.Scaled? {
        arms.first { $0.arm == arm }.flatMap { try? $0.result.get() }?.effect(definition.scale)
    }

    /// The least gain that the interval leaves, larger being better.
    fileprivate func assuredGain(_ arm: Int) -> Double? {
        effect(arm)?.interval.map { definition.direction == .higherIsBetter ? $0.lower : -$0.upper }
    }

    /// What the decision is taken on; nil of secondary metrics.
    fileprivate func evidence(_ arm: Int) -> ExperimentEvidence.Metric? {
        let role: ExperimentEvidence.Metric.Role
        switch definition.role {
        case .goal: role = .goal
        case .secondary: return nil
        case .guardrail: role = .guardrail(margin: definition.margin ?? 0)
        }
        return ExperimentEvidence.Metric(
            name: definition.name, role: role, direction: definition.direction, scale: definition.scale,
            interval: effect(arm)?.interval, worthHaving: definition.worthHaving)
    }
}

extension ExperimentAnalysis {
    private static func check(
        _ arms: [String], _ control: Int, _ weights: [[Double]], _ units: [DailyUnits], _ metrics: [Metric]
    ) throws(MetricProblem) {
        guard arms.count >= 2 else { throw MetricProblem("/arms", "must be at least two") }
        guard arms.indices.contains(control) else { throw MetricProblem("/control", "must be one of the arms") }
        guard !weights.isEmpty else { throw MetricProblem("/weights", "must be those of at least one phase") }
        for (phase, weights) in weights.enumerated() {
            guard weights.count == arms.count, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
                throw MetricProblem("/weights/\(phase)", "must be one of each arm, 0 or more")
            }
        }
        for (place, part) in units.enumerated() {
            guard weights.indices.contains(part.phase) else {
                throw MetricProblem("/units/\(place)/phase", "must be one of the phases")
            }
            guard part.counts.count == arms.count, part.counts.allSatisfy({ $0 >= 0 }) else {
                throw MetricProblem("/units/\(place)/counts", "must be one of each arm, 0 or more")
            }
        }
        for (place, metric) in metrics.enumerated() {
            guard metric.sums.count == weights.count, metric.sums.allSatisfy({ $0.count == arms.count }) else {
                throw MetricProblem("/metrics/\(place)/sums", "must be those of each phase and arm")
            }
            guard metric.sums.joined().allSatisfy({ $0.fits(metric.definition) }) else {
                throw MetricProblem("/metrics/\(place)/sums", "must be those of this definition")
            }
        }
    }
}

extension MetricSums {
    /// Whether these are sums that the definition keeps.
    fileprivate func fits(_ definition: MetricDefinition) -> Bool {
        total.sums.count == definition.sumCount
            && bins.values.allSatisfy { $0.sums.count == definition.binSumCount }
    }
}
