extension ExperimentDecision {
    /// One reason of a decision, for programs; ``description`` is for people.
    public enum Reason: Sendable, Equatable, CustomStringConvertible {
        public struct Effect: Sendable, Equatable {
            public let metric: String
            public let interval: Interval
            public let scale: EffectScale
        }

        case sampleRatio(pValue: Double, threshold: Double)
        case emptyArm(String)
        case severalVariants(share: Double, limit: Double)
        case plannedEndNotReached
        case noGoal
        case notEnoughData(metric: String)
        case goalBetter(Effect)
        case goalWorse(Effect)
        case goalUnclear(Effect)
        case effectTooSmall(Effect, worthHaving: Double)
        case guardrailSafe(Effect, margin: Double)
        case guardrailHarmed(Effect, margin: Double)
        case guardrailUnclear(Effect, margin: Double)

        public var description: String {
            switch self {
            case .sampleRatio(let pValue, let threshold):
                "People are not split as promised (p = \(pValue.short), below \(threshold.short)): find out why first."
            case .emptyArm(let arm): "Nobody has met \(arm), though it has a share of the traffic."
            case .severalVariants(let share, let limit):
                "\(share.percent) of the people met more than one variant; up to \(limit.percent) would be fine."
            case .plannedEndNotReached:
                "The planned end is not reached, and these intervals count only there."
            case .noGoal: "No goal says which way to go."
            case .notEnoughData(let metric): "\(metric): not enough data yet."
            case .goalBetter(let effect): "\(effect): better."
            case .goalWorse(let effect): "\(effect): worse."
            case .goalUnclear(let effect): "\(effect): may be better or worse."
            case .effectTooSmall(let effect, let worthHaving):
                "\(effect): less than the \(effect.amount(worthHaving)) that would be worth having."
            case .guardrailSafe(let effect, let margin):
                "\(effect): within its margin of \(effect.amount(margin))."
            case .guardrailHarmed(let effect, let margin):
                "\(effect): harmed beyond its margin of \(effect.amount(margin))."
            case .guardrailUnclear(let effect, let margin):
                "\(effect): may be harmed beyond its margin of \(effect.amount(margin))."
            }
        }
    }
}

extension ExperimentDecision.Reason.Effect: CustomStringConvertible {
    /// `signups +1.2 % to +3.4 %`
    public var description: String { "\(metric) \(signed(interval.lower)) to \(signed(interval.upper))" }

    private func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + amount(value) }

    func amount(_ value: Double) -> String { scale == .relative ? value.percent : value.short }
}

extension Double {
    /// Three significant digits: `0.000412`, `1230`, `4.1e-12`.
    fileprivate var short: String {
        guard isFinite, self != 0 else { return isNaN ? "unknown" : self == 0 ? "0" : self < 0 ? "-∞" : "∞" }
        var unit = 1.0
        var places = 0
        while abs(self) * unit < 100, places < 320 {
            unit *= 10
            places += 1
        }
        while abs(self) * unit >= 1_000 {
            unit /= 10
            places -= 1
        }
        // The division gives the Double nearest to the short decimal, so it prints as that.
        let rounded = places > 300 ? self : (self * unit).rounded() / unit
        let text = "\(rounded)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    fileprivate var percent: String { (self * 100).short + " %" }
}
