import Statistics

@testable import ExperimentMetrics

/// The sums of a set of units as of the end of a day, from all their events, by the words of the documentation.
struct BruteForce {
    let definition: MetricDefinition
    let lastDay: Int

    func sums(_ units: [World.Unit]) -> MetricSums {
        var total = CrossMoments(variableCount: definition.variableCount)
        var bins: [Int32: Tally] = [:]
        func add(_ key: Int32, _ tally: Tally) {
            bins[key, default: Tally(sumCount: tally.sums.count)].merge(tally)
        }
        for unit in units where counts(unit) {
            let own = unit.events.filter { isInWindow($0, of: unit) }
            var values = variables(own)
            if let lookBack = definition.lookBackSeconds {
                let from = unit.exposure - Int64(lookBack) * 1_000_000
                values += variables(unit.events.filter { from <= $0.time && $0.time < unit.exposure })
            }
            total.add(values)
            var one = CrossMoments(variableCount: definition.variableCount)
            one.add(values)
            if case .shares = definition.bounds { add(QuantileSketch.key(of: values[0]), Tally(one)) }
            if case .quantile = definition.kind {
                add(QuantileSketch.key(of: values[0]), Tally(count: 1, sums: []))
            }
            if case .eventQuantile = definition.kind {
                let keys = own.map { QuantileSketch.key(of: $0.value) }
                for key in Set(keys) {
                    let through = Double(keys.count { $0 <= key })
                    let below = Double(keys.count { $0 < key })
                    add(
                        key,
                        Tally(
                            count: Int(through - below),
                            sums: [
                                CompensatedSum(through * through - below * below),
                                CompensatedSum((through - below) * Double(keys.count)),
                            ]))
                }
            }
        }
        return MetricSums(total: Tally(total), bins: bins)
    }

    private func counts(_ unit: World.Unit) -> Bool {
        guard definition.countsFinishedWindowsOnly, let window = definition.windowSeconds else {
            return unit.exposure < Int64(lastDay + 1) * day
        }
        return unit.exposure + Int64(window) * 1_000_000 <= Int64(lastDay) * day
    }

    private func isInWindow(_ event: MetricEvent, of unit: World.Unit) -> Bool {
        event.time >= unit.exposure + Int64(definition.delaySeconds) * 1_000_000
            && definition.windowSeconds.map { event.time < unit.exposure + Int64($0) * 1_000_000 } ?? true
            && event.time < Int64(lastDay + 1) * day
    }

    private func variables(_ events: [MetricEvent]) -> [Double] {
        switch definition.kind {
        case .proportion, .retention: [events.isEmpty ? 0 : 1]
        case .count: [cut(Double(events.count))]
        case .mean, .quantile: [cut(Moments(events.map(\.value)).sum.value)]
        case .ratio: [Moments(events.map(\.value)).sum.value, Moments(events.map(\.denominator)).sum.value]
        case .eventQuantile: [Double(events.count)]
        }
    }

    private func cut(_ value: Double) -> Double {
        guard case .values(let lower, let upper) = definition.bounds else { return value }
        if let lower, value < lower { return lower }
        if let upper, value > upper { return upper }
        return value
    }
}

extension MetricSums {
    /// Whether two are the same but for the last of some 30 digits; counts, and bins but for empty ones, are the same.
    func isClose(to other: Self) -> Bool {
        guard total.isClose(to: other.total) else { return false }
        return Set(bins.keys).union(other.bins.keys).allSatisfy { key in
            let shape = bins[key] ?? other.bins[key]
            let nothing = Tally(sumCount: shape?.sums.count ?? 0)
            return (bins[key] ?? nothing).isClose(to: other.bins[key] ?? nothing)
        }
    }
}

extension Tally {
    fileprivate func isClose(to other: Self) -> Bool {
        count == other.count
            && zip(sums, other.sums).allSatisfy { a, b in
                // Sums of squares of what passed through are below 1e12 here.
                abs((a - b).value) <= 0x1p-90 * max(abs(a.value), abs(b.value), 1e12)
            }
    }
}
