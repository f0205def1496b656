public import Statistics

/// What an experiment of several arms can find in one metric, before it runs.
///
/// Effects are how much better a variant is than the control, in the metric's unit. They are tested as results are:
/// in the metric's unit, also where they are told as shares.
public struct PowerPlan: Sendable, Equatable {
    /// Of each arm, the control first; their sum is 1.
    public let shares: [Double]
    /// One for each share that a variant has, the smallest first.
    private let comparisons: [Comparison]

    private struct Comparison: Sendable, Equatable {
        /// Of the units, that both arms have.
        let share: Double
        let plan: ExperimentPlan
        let test: TestPower
    }

    /// - Parameters:
    ///   - shares: of each arm, the control first: positive, of whatever sum.
    ///   - engine: a confidence sequence is tightest at the units that are planned; a posterior is taken for a fixed test,
    ///     whose interval it has without a prior.
    ///   - power: the probability to find an effect that is there, above the level and below 1.
    ///   - strictness: how many times stricter than alone the question is asked:
    ///     ``AnalysisPlan/strictness(ofQuestions:)``.
    /// - Throws: ``PlanError/parameter(_:)``.
    public init(
        _ metric: ExperimentPlan.Metric, shares: [Double], engine: AnalysisPlan.Engine,
        power: Double = 0.8, level: SignificanceLevel = .fivePercent, isTwoSided: Bool = true, strictness: Double = 1,
        direction: Direction = .higherIsBetter
    ) throws(PlanError) {
        guard shares.count >= 2, shares.allSatisfy({ $0 > 0 && $0.isFinite }) else { throw .parameter("shares") }
        let sum = shares.reduce(0, +)
        let parts = shares.map { $0 / sum }
        let metric = direction == .higherIsBetter ? metric : try metric.mirrored
        var comparisons: [Comparison] = []
        for share in Set(parts.dropFirst()).sorted() {
            let pair = parts[0] + share
            let rule: TestDesign.Rule =
                switch engine {
                case .fixed, .bayesian: .fixed
                case .alwaysValid: .alwaysValidToItsEnd(2 / (Double(parts.count) * pair))
                case .groupSequential(let spending, let looks): .groupSequential(spending, looks: looks)
                }
            // Most arms are tested alike, and then it is reckoned once.
            var test = comparisons.last?.test
            if test?.design.rule != rule {
                let design = try TestDesign(level, isTwoSided: isTwoSided, rule: rule, strictness: strictness)
                test = try TestPower(design, power)
            }
            guard let test else { continue }
            let plan = try ExperimentPlan(
                metric: metric, scale: .absolute, variantShare: share / pair, design: test.design)
            comparisons.append(Comparison(share: pair, plan: plan, test: test))
        }
        self.shares = parts
        self.comparisons = comparisons
    }

    /// How many units of all arms together find this effect of any variant, each by itself.
    ///
    /// - Parameter effect: above 0.
    /// - Throws: ``PlanError``.
    public func units(effect: Double) throws(PlanError) -> Int {
        guard effect > 0 else { throw .parameter("effect") }
        var most = 0.0
        for comparison in comparisons {
            let units = try comparison.plan.units(effect: effect, comparison.test)
            most = max(most, (Double(units) / comparison.share).rounded(.up))
        }
        guard most <= ExperimentPlan.largestUnits else { throw .outOfReach }
        return Int(most)
    }

    /// The probability that so many units of all arms together find this effect, of the variant that has the fewest chances.
    ///
    /// - Throws: ``PlanError``.
    public func power(effect: Double, units: Int) throws(PlanError) -> Double {
        var least = 1.0
        for comparison in comparisons {
            least = min(
                least, try comparison.plan.power(effect: effect, units: max(2, Double(units) * comparison.share)))
        }
        return least
    }

    /// The smallest effect that so many units find, of whichever variant.
    ///
    /// - Parameter units: of all arms together.
    /// - Throws: ``PlanError/outOfReach`` where these units find none.
    public func minimumDetectableEffect(units: Int) throws(PlanError) -> Double {
        var largest = 0.0
        for comparison in comparisons {
            let units = Double(units) * comparison.share
            guard units >= 2 else { throw .outOfReach }
            largest = max(largest, try comparison.plan.minimumDetectableEffect(units: units, comparison.test))
        }
        return largest
    }

    /// The units of each arm, when there are so many of all.
    public func arms(_ units: Int) -> [Int] { shares.map { Int((Double(units) * $0).rounded(.up)) } }
}

extension AnalysisPlan {
    /// How many times stricter than alone the strictest of so many questions is asked: whatever the others show, a
    /// question that passes so is answered.
    public func strictness(ofQuestions count: Int) -> Double {
        if case .bayesian = engine { return 1 }
        guard correction != nil, count > 1 else { return 1 }
        guard correction == .benjaminiYekutieli, !isGroupSequential else { return Double(count) }
        return (1...count).reduce(0) { $0 + Double(count) / Double($1) }
    }

    private var isGroupSequential: Bool {
        if case .groupSequential = engine { return true }
        return false
    }
}
