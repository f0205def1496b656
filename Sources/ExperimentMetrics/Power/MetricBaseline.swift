public import Statistics

/// A metric of units that nothing was done to, from the sums of an arm: what a plan starts from.
public struct MetricBaseline: Sendable, Equatable {
    /// Mean and variance of a unit, and what the covariate explains. Of a quantile its value, and the variance that a unit
    /// would have if the quantile were a mean with this error.
    public let metric: ExperimentPlan.Metric
    public let units: Int

    /// - Parameter sums: of one arm, of all phases together.
    /// - Throws: `tooFewUnits` below ``AnalysisPlan/fewestNormalUnits``, `tooFewSuccesses` of proportions below
    ///   ``AnalysisPlan/fewestSuccesses``, and what the metric's own figures throw.
    public init(_ definition: MetricDefinition, _ sums: MetricSums) throws(NotEnoughData) {
        units = sums.total.count
        guard units >= AnalysisPlan.fewestNormalUnits else {
            throw .tooFewUnits(have: units, need: AnalysisPlan.fewestNormalUnits)
        }
        switch definition.kind {
        case .quantile(let share): metric = try Self.metric(sums.quantile(share, ofEvents: false))
        case .eventQuantile(let share): metric = try Self.metric(sums.quantile(share, ofEvents: true))
        case .proportion, .count, .mean, .ratio, .retention:
            let moments = definition.moments(sums, cut: ShareCut(definition, [[sums]]))
            if definition.isProportion {
                let successes = Int(moments.sums[0].value)
                let fewest = min(successes, moments.count - successes)
                guard fewest >= AnalysisPlan.fewestSuccesses else {
                    throw .tooFewSuccesses(have: fewest, need: AnalysisPlan.fewestSuccesses)
                }
            }
            let own = definition.kind == .ratio ? 2 : 1
            metric = try ExperimentPlan.Metric(
                moments, of: definition.kind == .ratio ? .ratio(0, by: 1) : .mean(0),
                isProportion: definition.isProportion, covariates: (own..<definition.variableCount).map { .mean($0) })
        }
    }

    private static func metric(_ quantile: QuantileEstimate) throws(NotEnoughData) -> ExperimentPlan.Metric {
        do throws(PlanError) {
            return try ExperimentPlan.Metric(
                mean: quantile.value,
                variance: quantile.standardError * quantile.standardError * Double(quantile.count))
        } catch {
            throw .noVariance
        }
    }
}
