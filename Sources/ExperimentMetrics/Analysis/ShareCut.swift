internal import Statistics

/// The bins beyond which values are cut, the same for all arms and phases, and the edges they are cut to.
struct ShareCut {
    private var lower: (key: Int32, edge: Double)?
    private var upper: (key: Int32, edge: Double)?

    /// nil without units, or of a definition whose bounds are not at shares.
    init?(_ definition: MetricDefinition, _ sums: PhasedSums) {
        guard case .shares(let lowerShare, let upperShare, let ignoringZeros) = definition.bounds else { return nil }
        var counts: [Int32: Int] = [:]
        for arm in sums.joined() {
            for (key, tally) in arm.bins where key != 0 || !ignoringZeros { counts[key, default: 0] += tally.count }
        }
        let values = QuantileSketch(counts: counts.filter { $0.value > 0 }).ordered
        guard values.count > 0 else { return nil }
        lower = lowerShare.map { share in
            let key = QuantileSketch.key(of: values.quantile(share))
            return (key, QuantileSketch.bounds(ofKey: key).lower)
        }
        upper = upperShare.map { share in
            let key = QuantileSketch.key(of: values.quantile(share))
            return (key, QuantileSketch.bounds(ofKey: key).upper)
        }
    }

    /// What the values of a bin become; nil where they stay.
    func edge(_ key: Int32) -> Double? {
        if let lower, key < lower.key { return lower.edge }
        if let upper, key > upper.key { return upper.edge }
        return nil
    }
}

extension MetricDefinition {
    /// Of the units of an arm in a phase, with y cut where it is.
    func moments(_ sums: MetricSums, cut: ShareCut?) -> CrossMoments {
        var tally = sums.total
        if let cut {
            tally = Tally(sumCount: sumCount)
            for (key, bin) in sums.bins.sorted(by: { $0.key < $1.key }) {
                tally.merge(cut.edge(key).map { bin.withFirstVariable($0, of: variableCount) } ?? bin)
            }
        }
        return CrossMoments(variableCount: variableCount, count: tally.count, sums: tally.sums)
            ?? CrossMoments(variableCount: variableCount)
    }
}

extension Tally {
    /// The moments of as many units that all have this value of the first of so many variables.
    fileprivate func withFirstVariable(_ value: Double, of variables: Int) -> Tally {
        var changed = sums
        let number = CompensatedSum(Double(count))
        changed[0] = number * value
        changed[variables] = number * CompensatedSum(product: value, value)
        for other in 1..<variables { changed[variables + other * (other + 1) / 2] = sums[other] * value }
        return Tally(count: count, sums: changed)
    }
}
