internal import Statistics

/// Which sums a definition keeps.
extension MetricDefinition {
    /// Whether y is 0 or 1.
    var isProportion: Bool {
        switch kind {
        case .proportion, .retention: true
        case .count, .mean, .ratio, .quantile, .eventQuantile: false
        }
    }

    /// The variables of each unit in ``MetricSums/total``: y (of a ratio numerator and denominator, of quantiles of
    /// events how many events), then the covariates in the same way.
    public var variableCount: Int {
        let own = kind == .ratio ? 2 : 1
        return lookBackSeconds == nil ? own : 2 * own
    }

    /// How many sums ``MetricSums/total`` has.
    public var sumCount: Int { variableCount + variableCount * (variableCount + 1) / 2 }

    /// How many sums each of ``MetricSums/bins`` has; nil where there are none.
    ///
    /// A bin counts units by their y, or events by their value. Beside the count, bounds at shares take the moments of
    /// the units of the bin; quantiles of events take Σ(C² - C'²) and Σc·n over units, c being a unit's events in the
    /// bin, n all of its, and C those in the bin and below, C' those below.
    public var binSumCount: Int? {
        if case .shares = bounds { return sumCount }
        return switch kind {
        case .quantile: 0
        case .eventQuantile: 2
        case .proportion, .count, .mean, .ratio, .retention: nil
        }
    }

    /// Sums of no units.
    public var noSums: MetricSums { MetricSums(sumCount: sumCount) }

    /// What one unit amounts to.
    func sums(_ activity: Activity, before: Activity) -> MetricSums {
        var values = self.values(activity)
        if lookBackSeconds != nil { values += self.values(before) }
        var moments = CrossMoments(variableCount: variableCount)
        moments.add(values)
        let total = Tally(moments)
        if case .shares = bounds {
            return MetricSums(total: total, bins: [QuantileSketch.key(of: values[0]): total])
        }
        return switch kind {
        case .quantile:
            MetricSums(total: total, bins: [QuantileSketch.key(of: values[0]): Tally(count: 1, sums: [])])
        case .eventQuantile: MetricSums(total: total, bins: Self.clusterBins(activity))
        case .proportion, .count, .mean, .ratio, .retention: MetricSums(total: total)
        }
    }

    private func values(_ activity: Activity) -> [Double] {
        switch kind {
        case .proportion, .retention: [activity.events > 0 ? 1 : 0]
        case .count: [cut(Double(activity.events))]
        case .mean, .quantile: [cut(activity.sum.value)]
        case .ratio: [activity.sum.value, activity.denominator.value]
        case .eventQuantile: [Double(activity.events)]
        }
    }

    private func cut(_ value: Double) -> Double {
        guard case .values(let lower, let upper) = bounds else { return value }
        return min(max(value, lower ?? -.infinity), upper ?? .infinity)
    }

    private static func clusterBins(_ activity: Activity) -> [Int32: Tally] {
        var bins: [Int32: Tally] = [:]
        var below = 0.0
        let events = Double(activity.events)
        for bin in activity.bins {
            let count = Double(bin.events)
            bins[bin.key] = Tally(
                count: bin.events,
                sums: [CompensatedSum((2 * below + count) * count), CompensatedSum(count * events)])
            below += count
        }
        return bins
    }
}
