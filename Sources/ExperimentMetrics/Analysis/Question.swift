internal import Statistics

/// One arm compared with the control in one metric, before any engine concludes anything of it.
struct Question: Sendable {
    enum Answer: Sendable {
        case comparison(Comparison)
        /// So few successes or failures that the normal distribution does not hold.
        case few(ProportionComparison)
    }

    let answer: Answer
    /// Phases with units that could not be compared: an arm has none there, or too few.
    let phasesLeftOut: [Int]

    var counts: (treatment: Int, control: Int) {
        switch answer {
        case .comparison(let comparison): (comparison.treatmentCount, comparison.controlCount)
        case .few(let proportions): (proportions.treatment.count, proportions.control.count)
        }
    }
}

extension Question {
    /// - Throws: why there is no answer.
    init(
        _ definition: MetricDefinition, _ sums: PhasedSums, arm: Int, control: Int, cut: ShareCut?,
        phaseWeights: BlockWeights
    ) throws(NotEnoughData) {
        let phases = sums.map { (treatment: $0[arm], control: $0[control]) }
        switch definition.kind {
        case .quantile(let share): try self.init(quantile: share, ofEvents: false, phases, phaseWeights)
        case .eventQuantile(let share): try self.init(quantile: share, ofEvents: true, phases, phaseWeights)
        case .proportion, .count, .mean, .ratio, .retention:
            try self.init(moments: definition, phases, cut, phaseWeights)
        }
    }

    typealias Phase = (treatment: MetricSums, control: MetricSums)

    private init(
        moments definition: MetricDefinition, _ phases: [Phase], _ cut: ShareCut?, _ phaseWeights: BlockWeights
    ) throws(NotEnoughData) {
        let isUsable = phases.map { $0.treatment.total.count >= 2 && $0.control.total.count >= 2 }
        guard isUsable.contains(true) else { throw Self.tooFewUnits(phases) }
        let blocks = zip(phases, isUsable).filter(\.1).map { phase, _ in
            (
                treatment: definition.moments(phase.treatment, cut: cut),
                control: definition.moments(phase.control, cut: cut)
            )
        }
        phasesLeftOut = phases.indices.filter { !isUsable[$0] && Self.hasUnits(phases[$0]) }
        let isProportion = definition.isProportion
        if isProportion, let proportions = Self.few(blocks) {
            guard blocks.count == 1 else {
                throw .tooFewSuccesses(have: proportions.fewest, need: AnalysisPlan.fewestSuccesses)
            }
            answer = .few(proportions)
            return
        }
        let own = definition.kind == .ratio ? 2 : 1
        answer = .comparison(
            try Comparison(
                blocks: blocks, metric: definition.kind == .ratio ? .ratio(0, by: 1) : .mean(0),
                covariates: (own..<definition.variableCount).map { .mean($0) }, blockWeights: phaseWeights))
    }

    /// Quantiles of each phase, weighed as means are.
    private init(
        quantile share: Double, ofEvents: Bool, _ phases: [Phase], _ phaseWeights: BlockWeights
    ) throws(NotEnoughData) {
        var parts: [(treatment: QuantileEstimate, control: QuantileEstimate)] = []
        var counted: [(treatment: Int, control: Int)] = []
        var leftOut: [Int] = []
        var reason: (error: NotEnoughData, units: Int) = (Self.tooFewUnits(phases), -1)
        for (index, phase) in phases.enumerated() where Self.hasUnits(phase) {
            do throws(NotEnoughData) {
                let t = try phase.treatment.quantile(share, ofEvents: ofEvents)
                let c = try phase.control.quantile(share, ofEvents: ofEvents)
                parts.append((t, c))
                counted.append((phase.treatment.total.count, phase.control.total.count))
            } catch {
                leftOut.append(index)
                let units = phase.treatment.total.count + phase.control.total.count
                if units > reason.units { reason = (error, units) }
            }
        }
        guard let first = parts.first else { throw reason.error }
        let weights = phaseWeights.shares(counted)
        func weighed(_ part: (QuantileEstimate) -> Double, power: Int) -> (Double, Double) {
            zip(parts, weights).reduce((0, 0)) {
                let weight = power == 1 ? $1.1 : $1.1 * $1.1
                return ($0.0 + weight * part($1.0.treatment), $0.1 + weight * part($1.0.control))
            }
        }
        let means = weighed(\.value, power: 1)
        let variances = weighed({ $0.standardError * $0.standardError }, power: 2)
        let counts = parts.reduce((0, 0)) { ($0.0 + $1.treatment.count, $0.1 + $1.control.count) }
        answer = .comparison(
            try Comparison(
                treatment: (means.0, variances.0, counts.0), control: (means.1, variances.1, counts.1),
                assumptions: first.treatment.assumptions + (parts.count > 1 ? Self.ofPhases(phaseWeights) : [])))
        phasesLeftOut = leftOut
    }

    private static func ofPhases(_ weights: BlockWeights) -> [Assumption] {
        weights == .units ? [.strataPrecedeExposure, .sharesFollowThePast] : [.strataPrecedeExposure]
    }

    private static func hasUnits(_ phase: Phase) -> Bool { phase.treatment.total.count + phase.control.total.count > 0 }

    private static func tooFewUnits(_ phases: [Phase]) -> NotEnoughData {
        .tooFewUnits(have: phases.map { min($0.treatment.total.count, $0.control.total.count) }.max() ?? 0, need: 2)
    }

    /// The proportions of all blocks, if an arm has few successes or failures.
    private static func few(_ blocks: [Comparison.Block]) -> ProportionComparison? {
        func proportion(_ arm: (Comparison.Block) -> CrossMoments) -> Proportion? {
            Proportion(
                successes: Int(blocks.reduce(0) { $0 + arm($1).sums[0].value }),
                of: blocks.reduce(0) { $0 + arm($1).count })
        }
        guard let t = proportion({ $0.treatment }), let c = proportion({ $0.control }) else { return nil }
        let proportions = ProportionComparison(treatment: t, control: c)
        return proportions.fewest < AnalysisPlan.fewestSuccesses ? proportions : nil
    }
}

extension ProportionComparison {
    /// The fewest successes or failures of an arm.
    var fewest: Int {
        [treatment, control].reduce(.max) { min($0, $1.successes, $1.count - $1.successes) }
    }
}
