internal import Statistics

extension MetricSums {
    /// Of units' values, or of events' with units as clusters.
    func quantile(_ share: Double, ofEvents: Bool) throws(NotEnoughData) -> QuantileEstimate {
        let values = QuantileSketch(counts: bins.mapValues(\.count)).ordered
        guard ofEvents else { return try QuantileEstimate(values, share: share) }
        return try QuantileEstimate(
            values, share: share, clusters: clusters(through: QuantileSketch.key(of: values.quantile(share))))
    }

    /// Of each unit how many events are in this bin and below, and how many there are.
    private func clusters(through key: Int32) -> CrossMoments? {
        var events = 0
        var (squares, products) = (CompensatedSum(), CompensatedSum())
        for (other, bin) in bins where other <= key {
            events += bin.count
            squares += bin.sums[0]
            products += bin.sums[1]
        }
        return CrossMoments(
            variableCount: 2, count: total.count,
            sums: [CompensatedSum(Double(events)), total.sums[0], squares, products, total.sums[1]])
    }
}
