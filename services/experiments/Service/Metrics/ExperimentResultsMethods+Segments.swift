import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

extension ExperimentResultsMethods {
    /// Metrics of one answer.
    static let segmentedMetricsAtMost = 20

    func segments(
        _ params: ExperimentResults.Segments.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ExperimentResults.Segments.Reply {
        let experiment = try find(params.experimentId, in: transaction)
        let segments = try SegmentStore().list(of: experiment.number, in: transaction).filter {
            $0.attribute == params.attribute
        }
        guard !segments.isEmpty else {
            throw .notFound("dimension in the plan of \(experiment.key)", params.attribute)
        }
        let evidence = try StoredEvidence(of: experiment, in: transaction) { planned in
            params.metrics.map { $0.contains(planned.metric) } ?? (planned.role == .goal)
        }
        for key in params.metrics ?? [] where !evidence.metrics.contains(where: { $0.info.key == key }) {
            throw .notFound("metric in the plan of \(experiment.key)", key)
        }
        let metrics = Array(evidence.metrics.prefix(Self.segmentedMetricsAtMost))
        let looks = evidence.looks(at: call.now)
        var through = call.now.day
        // Between two looks nothing is looked at.
        if case .groupSequential = evidence.plan.engine { through = looks.last?.day ?? .min }
        var family: [SegmentAnalysis.Metric] = []
        for metric in metrics {
            var parts: [(name: String, sums: PhasedSums)] = []
            for segment in segments {
                let measured = try evidence.measured(metric, in: segment.number, of: experiment, transaction)
                let sums = measured.sums(
                    through: through, phases: evidence.weights.count, arms: evidence.arms.count)
                parts.append((segment.value ?? "", sums))
            }
            family.append((metric.definition, parts))
        }
        let analyses = SegmentAnalysis.family(
            family, control: evidence.control, plan: evidence.plan, looks: looks)
        let told = ToldSegments(results: ToldResults(arms: evidence.arms), segments: segments, plan: evidence.plan)
        return ExperimentResults.Segments.Reply(
            experiment: experiment.key, at: call.now, attribute: params.attribute, arms: evidence.arms,
            control: evidence.arms[evidence.control], metrics: zip(analyses, metrics).map(told.metric),
            assumptions: [
                "Which segment a unit is in was fixed before its exposure, and is what its first exposure said."
            ])
    }
}

/// Segments as the contract tells them.
private struct ToldSegments {
    let results: ToldResults
    let segments: [StoredSegment]
    let plan: AnalysisPlan

    func metric(_ analysis: SegmentAnalysis, _ measured: StoredEvidence.Measured) -> MetricSegments {
        MetricSegments(
            metric: measured.info.key, role: measured.planned.role, direction: measured.info.direction,
            scale: measured.planned.scale,
            segments: zip(segments, analysis.segments).map { segment, found in
                SegmentResult(value: segment.value, arms: found.analysis.arms.map(results.arm))
            },
            differences: analysis.differences.map(difference))
    }

    private func difference(_ difference: SegmentAnalysis.Difference) -> SegmentDifference {
        SegmentDifference(
            variant: results.arms[difference.arm], pValue: difference.pValue?.toldAsChance,
            adjustedPValue: difference.adjusted?.pValue.toldAsChance, summary: summary(difference))
    }

    private func summary(_ difference: SegmentAnalysis.Difference) -> String {
        guard let pValue = difference.adjusted?.pValue ?? difference.pValue else {
            return "Fewer than two segments have an effect to compare."
        }
        guard pValue < plan.level.alpha else {
            return "Nothing shows that the effect differs between the segments: go by the effect on all units."
        }
        // By normal estimates at one look, whatever the plan's engine.
        return plan.countsAtAnyTime
            ? "The effect differs between the segments, if this is the one time that one looks."
            : "The effect differs between the segments: an experiment of their own would show it for certain."
    }
}
