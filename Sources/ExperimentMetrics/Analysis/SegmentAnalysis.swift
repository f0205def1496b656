public import Statistics

/// One metric in each segment of the units, and whether its effect differs between them.
public struct SegmentAnalysis: Sendable, Equatable {
    public struct Segment: Sendable, Equatable {
        public let name: String
        public let analysis: MetricAnalysis
    }

    /// Of one arm, over segments.
    public struct Difference: Sendable, Equatable {
        public let arm: Int
        /// Of "the effect is the same in all segments that have one": Cochran's Q, χ² with one degree of freedom less than
        /// there are segments. (W. G. Cochran, Biometrics 10, 1954.) nil of fewer than two.
        public let pValue: Double?
        /// After the plan's correction over metrics × arms; nil without one.
        public let adjusted: PValueAdjustment.Adjusted?
    }

    /// What is known of a metric in each segment.
    public typealias Metric = (definition: MetricDefinition, segments: [(name: String, sums: PhasedSums)])

    public let segments: [Segment]
    public let differences: [Difference]

    /// - Parameters:
    ///   - metrics: by segments of a trait that the exposure cannot have changed; corrected for as one family of
    ///     metrics × segments × arms.
    ///   - control: one of the arms.
    ///   - looks: ``AnalysisPlan/looks(_:today:)``.
    /// - Returns: in the order of the metrics.
    public static func family(
        _ metrics: [Metric], control: Int, plan: AnalysisPlan, looks: [ReachedLook] = []
    ) -> [SegmentAnalysis] {
        let analyses = MetricAnalysis.family(
            metrics.flatMap { metric in metric.segments.map { (metric.definition, $0.sums) } }, control: control,
            plan: plan, looks: looks)
        var rest = analyses[...]
        let parts = metrics.map { metric in
            let own = Array(rest.prefix(metric.segments.count))
            rest = rest.dropFirst(metric.segments.count)
            return zip(metric.segments, own).map { Segment(name: $0.name, analysis: $1) }
        }
        let tests = parts.map(heterogeneity)
        let pValues = tests.joined().map(\.pValue)
        var adjusted = (plan.correction?.adjust(pValues) ?? pValues.map { _ in nil })[...]
        return zip(parts, tests).map { segments, tests in
            let differences = zip(tests, adjusted).map { Difference(arm: $0.arm, pValue: $0.pValue, adjusted: $1) }
            adjusted = adjusted.dropFirst(tests.count)
            return SegmentAnalysis(segments: segments, differences: differences)
        }
    }

    private init(segments: [Segment], differences: [Difference]) {
        self.segments = segments
        self.differences = differences
    }

    private static func heterogeneity(_ segments: [Segment]) -> [(arm: Int, pValue: Double?)] {
        (segments.first?.analysis.arms ?? []).enumerated().map { place, answer in
            let estimates = segments.compactMap { (try? $0.analysis.arms[place].result.get())?.absolute.estimate }
            return (answer.arm, heterogeneity(estimates))
        }
    }

    private static func heterogeneity(_ estimates: [Estimate]) -> Double? {
        guard estimates.count > 1 else { return nil }
        let weights = estimates.map { 1 / ($0.standardError * $0.standardError) }
        let sum = weights.reduce(0, +)
        let mean = zip(estimates, weights).reduce(0) { $0 + $1.0.value * $1.1 } / sum
        let q = zip(estimates, weights).reduce(0) { $0 + ($1.0.value - mean) * ($1.0.value - mean) * $1.1 }
        guard q.isFinite else { return nil }
        return ChiSquared(degreesOfFreedom: Double(estimates.count - 1)).survival(q)
    }
}
