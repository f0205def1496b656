internal import Statistics

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
    }

    public let segments: [Segment]
    public let differences: [Difference]

    /// - Parameters:
    ///   - segments: by a trait that the exposure cannot have changed; corrected for as one family of segments × arms.
    ///   - control: one of the arms.
    ///   - looks: ``AnalysisPlan/looks(_:today:)``.
    public init(
        _ definition: MetricDefinition, _ segments: [(name: String, sums: PhasedSums)], control: Int,
        plan: AnalysisPlan, looks: [ReachedLook] = []
    ) {
        let analyses = MetricAnalysis.family(
            segments.map { (definition, $0.sums) }, control: control, plan: plan, looks: looks)
        self.segments = zip(segments, analyses).map { Segment(name: $0.name, analysis: $1) }
        differences = (analyses.first?.arms ?? []).enumerated().map { place, answer in
            let estimates = analyses.compactMap { (try? $0.arms[place].result.get())?.absolute.estimate }
            return Difference(arm: answer.arm, pValue: Self.heterogeneity(estimates))
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
