/// What to do with a variant, and why: a rule that anyone can apply by hand to the same intervals.
///
/// In this order:
/// 1. **broken**: the split is not the promised one, an arm stays empty, or too many units met several variants. No
///    effect of such data means anything.
/// 2. **keepRunning**: the intervals count only at the planned end, and it is not there; or there is not enough data.
/// 3. **rollBack**: a guardrail is worse than its margin allows, or a goal is worse, for certain.
/// 4. **ship**: at least one goal is better for certain, and every guardrail is within its margin for certain.
/// 5. **rollBack**: at the planned end, every goal's interval leaves out an effect worth having.
/// 6. **keepRunning**: anything else; **inconclusive** where the experiment is over.
///
/// "For certain" is the whole interval on one side. Its level is the caller's, and so is its correction for several
/// metrics: with intervals adjusted by Holm, the family of decisions keeps α.
public struct ExperimentDecision: Sendable, Equatable {
    public enum Verdict: String, Sendable, Equatable, CaseIterable {
        case ship
        case rollBack
        case keepRunning
        case inconclusive
        case broken
    }

    public let verdict: Verdict
    /// Why, the weightiest first; never empty.
    public let reasons: [Reason]

    public init(_ evidence: ExperimentEvidence) {
        let faults = Self.faults(evidence)
        guard faults.isEmpty else {
            self.init(.broken, faults)
            return
        }
        guard evidence.hasEnded || evidence.countsAtAnyTime else {
            self.init(.keepRunning, [.plannedEndNotReached])
            return
        }
        let missing = evidence.metrics.compactMap { metric in
            metric.interval == nil ? Reason.notEnoughData(metric: metric.name) : nil
        }
        let harms = evidence.metrics.compactMap(\.harm)
        let gains = evidence.metrics.compactMap(\.gain)
        let unclear = evidence.metrics.compactMap(\.doubt)
        if !harms.isEmpty {
            self.init(.rollBack, harms + gains)
        } else if !gains.isEmpty, unclear.isEmpty, missing.isEmpty {
            self.init(.ship, gains + evidence.metrics.compactMap(\.safety))
        } else if evidence.hasEnded, let futile = Self.futility(evidence) {
            self.init(.rollBack, futile)
        } else {
            let open = evidence.metrics.compactMap(\.openGoal)
            let verdict: Verdict = evidence.isOver ? .inconclusive : .keepRunning
            self.init(verdict, missing + gains + unclear + (gains.isEmpty ? open : []))
        }
    }

    private init(_ verdict: Verdict, _ reasons: [Reason]) {
        self.verdict = verdict
        self.reasons = reasons.isEmpty ? [.noGoal] : reasons
    }

    private static func faults(_ evidence: ExperimentEvidence) -> [Reason] {
        var faults: [Reason] = []
        if let pValue = evidence.sampleRatioPValue, !(pValue >= evidence.sampleRatioThreshold) {
            faults.append(.sampleRatio(pValue: pValue, threshold: evidence.sampleRatioThreshold))
        }
        faults += evidence.emptyArms.map { .emptyArm($0) }
        if !(evidence.severalVariantsShare <= evidence.severalVariantsLimit) {
            faults.append(
                .severalVariants(share: evidence.severalVariantsShare, limit: evidence.severalVariantsLimit))
        }
        return faults
    }

    /// Why no goal can be worth more units; nil while one may be.
    private static func futility(_ evidence: ExperimentEvidence) -> [Reason]? {
        let goals = evidence.metrics.filter { $0.role == .goal }
        let futile = goals.compactMap(\.futility)
        return !goals.isEmpty && futile.count == goals.count ? futile : nil
    }
}
