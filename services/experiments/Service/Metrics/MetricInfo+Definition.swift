import ExperimentMetrics
import ExperimentsAPI
import JSONRPC
import Statistics

extension MetricInfo {
    /// What the kernel reckons with.
    ///
    /// - Parameter planned: what the metric is to an experiment; nil: by itself.
    /// - Throws: ``MetricProblem``.
    func definition(_ planned: PlannedMetric? = nil) throws(MetricProblem) -> MetricDefinition {
        try checkFields()
        let (kind, bounds) = (try kernelKind(), try kernelBounds())
        do throws(MetricProblem) {
            return try MetricDefinition(
                name: key, kind: kind, delaySeconds: delaySeconds, windowSeconds: windowSeconds,
                countsFinishedWindowsOnly: countsFinishedWindowsOnly, lookBackSeconds: lookBackSeconds,
                bounds: bounds, direction: direction == .higherIsBetter ? .higherIsBetter : .lowerIsBetter,
                role: planned?.role.kernel ?? .secondary, scale: planned?.scale == .absolute ? .absolute : .relative,
                margin: planned?.margin, worthHaving: planned?.worthHaving)
        } catch {
            throw MetricProblem(pointer(to: error.pointer), error.message)
        }
    }

    /// Where the contract has what the kernel has elsewhere.
    private func pointer(to place: String) -> String {
        let isShare = bounds?.lowerShare != nil || bounds?.upperShare != nil
        return isShare && place.hasPrefix("/bounds/") ? place + "Share" : place
    }

    /// What kinds make of an event's numbers.
    private func checkFields() throws(MetricProblem) {
        switch kind {
        case .proportion, .count, .retention:
            guard valueField == nil else {
                throw MetricProblem(
                    "/valueField", "belongs to means, ratios and quantiles only; these ask whether, or how often")
            }
        case .eventQuantile: _ = try given(valueField, "/valueField", "says of which number of an event")
        case .ratio:
            guard (denominatorEvent ?? event, denominatorField) != (event, valueField) else {
                throw MetricProblem(
                    "/denominatorField", "must not be what stands above the line: that would be 1 of each")
            }
        case .mean, .quantile: break
        }
    }

    private func kernelKind() throws(MetricProblem) -> MetricDefinition.Kind {
        if kind != .quantile && kind != .eventQuantile && share != nil {
            throw MetricProblem("/share", "belongs to quantiles only")
        }
        if kind != .retention && (fromSeconds != nil || toSeconds != nil) {
            throw MetricProblem("/fromSeconds", "belongs to retention only; use delaySeconds and windowSeconds")
        }
        if kind != .ratio && (denominatorEvent != nil || denominatorField != nil) {
            throw MetricProblem("/denominatorEvent", "belongs to ratios only")
        }
        switch kind {
        case .proportion: return .proportion
        case .count: return .count
        case .mean: return .mean
        case .ratio: return .ratio
        case .quantile: return .quantile(share: try given(share, "/share", "says which quantile"))
        case .eventQuantile: return .eventQuantile(share: try given(share, "/share", "says which quantile"))
        case .retention:
            return .retention(
                fromSeconds: try given(fromSeconds, "/fromSeconds", "says from when on"),
                toSeconds: try given(toSeconds, "/toSeconds", "says until when"))
        }
    }

    private func given<T>(_ value: T?, _ pointer: String, _ says: String) throws(MetricProblem) -> T {
        guard let value else { throw MetricProblem(pointer, "is missing: it \(says)") }
        return value
    }

    private func kernelBounds() throws(MetricProblem) -> MetricDefinition.Bounds? {
        guard let bounds else { return nil }
        let values = bounds.lower != nil || bounds.upper != nil
        let shares = bounds.lowerShare != nil || bounds.upperShare != nil
        if values == shares { throw MetricProblem("/bounds", "needs either values or shares") }
        if values && bounds.ignoringZeros {
            throw MetricProblem("/bounds/ignoringZeros", "belongs to shares only")
        }
        return values
            ? .values(lower: bounds.lower, upper: bounds.upper)
            : .shares(lower: bounds.lowerShare, upper: bounds.upperShare, ignoringZeros: bounds.ignoringZeros)
    }
}

extension MetricRole {
    var kernel: MetricDefinition.Role {
        switch self {
        case .goal: .goal
        case .secondary: .secondary
        case .guardrail: .guardrail
        }
    }
}

extension MetricProblem {
    /// What a caller is told.
    ///
    /// - Parameter place: what the problem's pointer begins at.
    func error(at place: String) -> RPCError { .invalidParams(at: place + pointer, message) }
}
