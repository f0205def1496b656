public import Statistics

/// What is left of logged decisions when they have been read once: a state that merges, from which every estimator
/// takes its value, its standard error and its doubts.
///
/// Rows may be added in any order and on any number of shards: sums keep twice the digits of a Double, so what comes out
/// is the same to the last bit or two, and the same bit for bit when shards are merged in a fixed order.
public struct OffPolicyEvaluation: Sendable, Equatable {
    /// The weight above which ``OffPolicyEstimator/switchDoublyRobust`` trusts the model; not negative.
    public let switchThreshold: Double
    /// λ of ``OffPolicyEstimator/shrunkDoublyRobust``; not negative. 0 is the direct method, infinity doubly robust.
    public let shrinkage: Double
    public let hasBaseline: Bool
    public let hasPredictions: Bool
    var moments: CrossMoments
    public internal(set) var support: [OffPolicySupport]

    /// - Parameters:
    ///   - hasBaseline: whether each row says what a second policy does.
    ///   - hasPredictions: whether each row has predictions.
    /// - Throws: ``PolicyError/parameter(_:)``.
    public init(
        hasBaseline: Bool = false, hasPredictions: Bool = false, switchThreshold: Double = 10, shrinkage: Double = 100
    ) throws(PolicyError) {
        guard switchThreshold >= 0 else { throw .parameter("switchThreshold") }
        guard shrinkage >= 0 else { throw .parameter("shrinkage") }
        self.hasBaseline = hasBaseline
        self.hasPredictions = hasPredictions
        self.switchThreshold = switchThreshold
        self.shrinkage = shrinkage
        let policies = hasBaseline ? 2 : 1
        moments = CrossMoments(variableCount: policies * (hasPredictions ? Variable.allCases.count : Variable.plain))
        support = Array(repeating: OffPolicySupport(), count: policies)
    }

    public var count: Int { moments.count }

    /// What is summed over rows for each policy; those with predictions come last.
    enum Variable: Int, CaseIterable {
        case weight, weightedReward, match, matchedReward
        case prediction, correction, switchCorrection, shrunkCorrection

        static let plain = 4
    }

    var variableCount: Int { hasPredictions ? Variable.allCases.count : Variable.plain }

    /// - Throws: ``PolicyError/parameter(_:)`` for a row without the baseline or the predictions that were announced,
    ///   ``PolicyError/notFinite`` where a weight or its product with the reward overflows; the state is as it was.
    public mutating func add(_ row: LoggedDecision) throws(PolicyError) {
        guard !hasBaseline || row.baseline != nil else { throw .parameter("baseline") }
        guard !hasPredictions || row.predictions != nil else { throw .parameter("predictions") }
        let policies = hasBaseline ? [row.target, row.baseline ?? row.target] : [row.target]
        var values: [Double] = []
        for policy in policies { values += variables(row, policy.values) }
        guard values.allSatisfy(\.isFinite) else { throw .notFinite }
        moments.add(values)
        for (index, policy) in policies.enumerated() { support[index].add(row, policy.values) }
    }

    private func variables(_ row: LoggedDecision, _ policy: [Double]) -> [Double] {
        let match = policy[row.arm]
        let weight = match / row.logged.values[row.arm]
        let plain = [weight, weight * row.reward, match, match * row.reward]
        guard hasPredictions, let predictions = row.predictions else { return plain }
        let expected = zip(policy, predictions).reduce(0) { $0 + $1.0 * $1.1 }
        let error = row.reward - predictions[row.arm]
        let shrunk = shrinkage == .infinity ? weight : shrinkage * weight / (weight * weight + shrinkage)
        return plain + [
            expected, weight * error, weight <= switchThreshold ? weight * error : 0,
            weight == 0 ? 0 : shrunk * error,
        ]
    }

    /// - Throws: ``PolicyError/parameter(_:)`` for a state that was set up otherwise.
    public mutating func merge(_ other: Self) throws(PolicyError) {
        guard other.hasBaseline == hasBaseline, other.hasPredictions == hasPredictions,
            other.switchThreshold == switchThreshold, other.shrinkage == shrinkage
        else { throw .parameter("state") }
        moments.merge(other.moments)
        for policy in support.indices { support[policy].merge(other.support[policy]) }
    }

    // MARK: What comes out

    /// A policy's value, its gradient by the means of the variables, and how many rows speak for it.
    private struct Value {
        let value: Double
        let gradient: [(variable: Int, slope: Double)]
        let rows: Int
    }

    /// What the target would have brought, a row.
    ///
    /// - Throws: ``OffPolicyFailure``.
    public func estimate(
        _ estimator: OffPolicyEstimator, level: SignificanceLevel = .fivePercent
    ) throws(OffPolicyFailure) -> OffPolicyEstimate {
        try estimate([(try value(estimator, policy: 0), 1)], level)
    }

    /// What the baseline would have brought.
    ///
    /// - Throws: ``OffPolicyFailure/noBaseline`` and the others.
    public func baselineEstimate(
        _ estimator: OffPolicyEstimator, level: SignificanceLevel = .fivePercent
    ) throws(OffPolicyFailure) -> OffPolicyEstimate {
        guard hasBaseline else { throw .noBaseline }
        return try estimate([(try value(estimator, policy: 1), 1)], level)
    }

    /// The target less the baseline, row by row, so that what they have in common cancels out of the error.
    ///
    /// - Throws: ``OffPolicyFailure/noBaseline`` and the others.
    public func difference(
        _ estimator: OffPolicyEstimator, level: SignificanceLevel = .fivePercent
    ) throws(OffPolicyFailure) -> OffPolicyEstimate {
        guard hasBaseline else { throw .noBaseline }
        return try estimate(
            [(try value(estimator, policy: 0), 1), (try value(estimator, policy: 1), -1)], level)
    }

    private func value(_ estimator: OffPolicyEstimator, policy: Int) throws(OffPolicyFailure) -> Value {
        guard count >= 2 else { throw .tooFewRows(needed: 2) }
        guard hasPredictions || !estimator.needsPredictions else { throw .noPredictions }
        let offset = policy * variableCount
        func mean(_ variable: Variable) -> Double { moments.mean(offset + variable.rawValue) }
        func sum(_ variables: [Variable]) -> Value {
            Value(
                value: variables.reduce(0) { $0 + mean($1) },
                gradient: variables.map { (offset + $0.rawValue, 1) }, rows: count)
        }
        func ratio(_ above: Variable, _ below: Variable, rows: Int, plus: Variable? = nil) -> Value {
            let ratio = mean(above) / mean(below)
            let more = plus.map { [(variable: offset + $0.rawValue, slope: 1.0)] } ?? []
            return Value(
                value: ratio + (plus.map(mean) ?? 0),
                gradient: [
                    (offset + above.rawValue, 1 / mean(below)), (offset + below.rawValue, -ratio / mean(below)),
                ] + more, rows: rows)
        }
        let matches = support[policy].matches
        if estimator != .directMethod { guard matches >= 1 else { throw .noOverlap } }
        switch estimator {
        case .replay:
            guard matches >= 2 else { throw .tooFewRows(needed: 2) }
            return ratio(.matchedReward, .match, rows: matches)
        case .ips: return sum([.weightedReward])
        case .snips:
            guard matches >= 2 else { throw .tooFewRows(needed: 2) }
            return ratio(.weightedReward, .weight, rows: matches)
        case .directMethod: return sum([.prediction])
        case .doublyRobust: return sum([.prediction, .correction])
        case .selfNormalizedDoublyRobust: return ratio(.correction, .weight, rows: count, plus: .prediction)
        case .switchDoublyRobust: return sum([.prediction, .switchCorrection])
        case .shrunkDoublyRobust: return sum([.prediction, .shrunkCorrection])
        }
    }

    /// A sum of values by the delta method: its variance is gᵀ C g / n.
    private func estimate(
        _ parts: [(Value, sign: Double)], _ level: SignificanceLevel
    ) throws(OffPolicyFailure) -> OffPolicyEstimate {
        let value = parts.reduce(0) { $0 + $1.sign * $1.0.value }
        let gradient = parts.flatMap { part in part.0.gradient.map { ($0.variable, part.sign * $0.slope) } }
        var variance = 0.0
        for (i, slope) in gradient {
            for (j, other) in gradient { variance += slope * other * moments.covariance(i, j) }
        }
        variance /= Double(count)
        guard value.isFinite, variance.isFinite else { throw .notFinite }
        // Parts that cancel leave rounding behind, not variance.
        let size = gradient.reduce(0) { $0 + $1.1 * $1.1 * moments.variance($1.0) } / Double(count)
        guard variance > 1e-14 * size else { return OffPolicyEstimate(value: value, spread: nil) }
        let error = variance.squareRoot()
        let rows = parts.map(\.0.rows).min() ?? count
        let estimate = Estimate(value: value, standardError: error, degreesOfFreedom: Double(max(1, rows - 1)))
        return OffPolicyEstimate(
            value: value, spread: .init(standardError: error, interval: estimate.interval(level)))
    }
}
