internal import Statistics

/// How far from 0 an effect has to be, by the plan's engine at this moment.
struct InferenceRule {
    let plan: AnalysisPlan
    private let sequence: ConfidenceSequence?
    /// Of a group-sequential test, by how many questions it is made stricter.
    private var bounds: [Int: Double] = [:]

    /// - Parameters:
    ///   - armCount: arms that share the planned units.
    ///   - familySizes: questions that are corrected for together.
    init(_ plan: AnalysisPlan, looks: [ReachedLook], armCount: Int, familySizes: [Int]) {
        self.plan = plan
        sequence =
            plan.engine == .alwaysValid
            ? ConfidenceSequence(plan.level, tightestAt: plan.tightestAt(armCount: armCount)) : nil
        guard case .groupSequential(let spending, _) = plan.engine else { return }
        for size in Set(familySizes + [1]) {
            guard let level = SignificanceLevel(alpha: plan.level.alpha / Double(max(size, 1))),
                let test = GroupSequentialTest(level, spending: spending),
                let bound = test.looks(at: looks.map(\.fraction))?.last?.bound
            else { continue }
            bounds[size] = bound
        }
    }

    /// Of "no difference"; nil of a posterior, and of a group-sequential test, which has a bound instead.
    ///
    /// - Throws: where this engine needs more than there is.
    func pValue(_ question: Question) throws(NotEnoughData) -> Double? {
        switch question.answer {
        case .few(let proportions):
            guard plan.engine == .fixed else {
                throw .tooFewSuccesses(have: proportions.fewest, need: AnalysisPlan.fewestSuccesses)
            }
            do throws(NotEnoughData) {
                return try proportions.pValue()
            } catch {
                // All units of both arms did the same.
                return 1
            }
        case .comparison(let comparison):
            if plan.engine == .fixed { return comparison.absolute.pValue() }
            let fewest = min(comparison.treatmentCount, comparison.controlCount)
            guard fewest >= AnalysisPlan.fewestNormalUnits else {
                throw .tooFewUnits(have: fewest, need: AnalysisPlan.fewestNormalUnits)
            }
            if case .groupSequential = plan.engine, bounds.isEmpty { throw .beforeFirstLook }
            return try sequence?.look(comparison.absolute, units: question.units).pValue
        }
    }

    /// Standard errors that leave 0 out; nil of a posterior.
    func criticalValue(_ comparison: Comparison, strictness: Double) -> Double? {
        switch plan.engine {
        case .fixed:
            StudentT(degreesOfFreedom: comparison.degreesOfFreedom)
                .upperQuantile(plan.level.alpha / strictness / 2)
        case .alwaysValid:
            sequence?.criticalValue(
                units: Double(comparison.treatmentCount + comparison.controlCount), strictness: strictness)
        case .groupSequential: bounds[Int(strictness)] ?? .infinity
        case .bayesian: nil
        }
    }

    /// What this engine assumes beside what the comparison does.
    func assumptions(_ ofComparison: [Assumption]) -> [Assumption] {
        switch plan.engine {
        case .fixed, .bayesian(nil): ofComparison
        case .alwaysValid, .groupSequential: ofComparison.filter { $0 != .oneLook } + [.fixedPlan]
        case .bayesian: ofComparison.filter { $0 != .oneLook } + [.priorPrecedesData]
        }
    }
}

extension Question {
    var units: Int { counts.treatment + counts.control }
}
