public import Statistics

/// What every arm does to one metric.
public struct MetricAnalysis: Sendable, Equatable {
    public let definition: MetricDefinition
    /// Of each arm, the control excepted; or why there is no answer yet.
    public let arms: [ArmAnswer]

    public struct ArmAnswer: Sendable, Equatable {
        /// From 0, in the order of the experiment's arms.
        public let arm: Int
        public let result: Result<ArmEffect, NotEnoughData>
    }

    /// One metric by itself: corrected for its arms, if the plan corrects.
    ///
    /// - Parameters:
    ///   - sums: at least one phase, each of the same arms.
    ///   - control: one of the arms.
    ///   - looks: ``AnalysisPlan/looks(_:today:)``; the sums are as of the day of the last.
    public init(
        _ definition: MetricDefinition, _ sums: PhasedSums, control: Int, plan: AnalysisPlan, looks: [ReachedLook] = []
    ) {
        self = Self.family([(definition, sums)], control: control, plan: plan, looks: looks)[0]
    }

    /// Metrics that are corrected for together.
    static func family(
        _ metrics: [(definition: MetricDefinition, sums: PhasedSums)], control: Int, plan: AnalysisPlan,
        looks: [ReachedLook]
    ) -> [MetricAnalysis] {
        let armCount = metrics.first?.sums.first?.count ?? 0
        let arms = (0..<armCount).filter { $0 != control }
        let size = plan.correction == nil ? 1 : max(1, metrics.count * arms.count)
        let rule = InferenceRule(plan, looks: looks, armCount: armCount, familySizes: [size])
        let asked = metrics.flatMap { definition, sums in
            let cut = ShareCut(definition, sums)
            return arms.map { arm in Asked(definition, sums, arm: arm, control: control, cut: cut, rule) }
        }
        let adjusted = plan.correction?.adjust(asked.map(\.pValue)) ?? asked.map { _ in nil }
        let answers = zip(asked, adjusted).map { asked, adjusted in
            asked.answer(rule, adjusted, familySize: size)
        }
        return metrics.indices.map { index in
            let own = answers[(index * arms.count)..<((index + 1) * arms.count)]
            return MetricAnalysis(
                definition: metrics[index].definition,
                arms: zip(arms, own).map { ArmAnswer(arm: $0, result: $1) })
        }
    }

    private init(definition: MetricDefinition, arms: [ArmAnswer]) {
        self.definition = definition
        self.arms = arms
    }
}

/// A question with its p-value, before the correction.
private struct Asked {
    let definition: MetricDefinition
    let question: Result<(Question, pValue: Double?), NotEnoughData>

    init(
        _ definition: MetricDefinition, _ sums: PhasedSums, arm: Int, control: Int, cut: ShareCut?,
        _ rule: InferenceRule
    ) {
        self.definition = definition
        question = Result { () throws(NotEnoughData) in
            let question = try Question(
                definition, sums, arm: arm, control: control, cut: cut, phaseWeights: rule.plan.phaseWeights)
            return (question, try rule.pValue(question))
        }
    }

    var pValue: Double? { (try? question.get())?.pValue }

    func answer(
        _ rule: InferenceRule, _ adjusted: PValueAdjustment.Adjusted?, familySize: Int
    ) -> Result<ArmEffect, NotEnoughData> {
        var strictness = adjusted?.strictness ?? 1
        if case .groupSequential = rule.plan.engine { strictness = Double(familySize) }
        return question.flatMap { question, pValue in
            Result { () throws(NotEnoughData) in
                try ArmEffect(
                    question, definition, rule, pValue: pValue, adjusted: adjusted, strictness: strictness)
            }
        }
    }
}
