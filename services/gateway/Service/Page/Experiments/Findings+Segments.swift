import ExperimentsAPI
import ResultWords

extension Findings {
    /// Of a dimension, segments times variants that are shown.
    static let maximumSegmentRows = 60

    /// The first goal by segment.
    var segmented: ResultParts.Segments? {
        guard hasExposures, plan.dimensions?.isEmpty == false else { return nil }
        guard let goal = plan.goals.first else {
            return .init(
                isDoubtful: isDoubtful, isEarly: false, metric: nil, dimensions: [],
                command: "gyre experiments segments \(results.experiment) ATTRIBUTE --metric METRIC")
        }
        guard !segments.isEmpty else { return nil }
        return .init(
            isDoubtful: isDoubtful, isEarly: !counts && !isDoubtful, metric: title(goal),
            dimensions: segments.enumerated().map { dimensionShown($1, number: $0 + 1) }, command: nil)
    }

    private func dimensionShown(
        _ reply: ExperimentResults.Segments.Reply, number: Int
    ) -> ResultParts.Dimension {
        guard let metric = reply.metrics.first else {
            return .init(
                title: reply.attribute, outcome: nil, differs: false, plot: nil, notes: [], rows: [],
                assumptions: reply.assumptions, more: nil)
        }
        let count = max(1, Self.maximumSegmentRows / max(1, reply.arms.count - 1))
        let shown = metric.segments.prefix(count).map { segment in
            (label: segment.value ?? "all others", result: metric.result(in: segment))
        }
        let tested = isDoubtful ? nil : metric.differences.compactMap { $0.adjustedPValue ?? $0.pValue }.min()
        let differs = tested.map { $0 < plan.alpha } ?? false
        let outcome = tested.map { pValue in
            (differs ? "the effect differs" : "nothing shows that the effect differs")
                + " (\(ResultWords.equation(pValue)))"
        }
        return .init(
            title: reply.attribute, outcome: outcome, differs: differs,
            plot: plot(shown, of: metric, by: reply, number),
            notes: metric.differences.map { difference in
                let pValue = difference.adjustedPValue ?? difference.pValue
                return "\(difference.variant): \(difference.summary)"
                    + (pValue.map { " (\(ResultWords.equation($0)))" } ?? "")
            } + shown.flatMap { label, result in notes(result).map { "\(label): \($0)" } },
            rows: shown.flatMap { label, result in
                rows(result).map { ResultParts.SegmentRow(segment: label, row: $0) }
            }, assumptions: reply.assumptions,
            more: metric.segments.count > count
                ? "Only the first \(count) of \(metric.segments.count) segments are shown; gyre shows them all." : nil)
    }

    /// One part of the drawing for each variant, with its segments under each other.
    private func plot(
        _ segments: [(label: String, result: MetricResult)], of metric: MetricSegments,
        by reply: ExperimentResults.Segments.Reply, _ number: Int
    ) -> ResultParts.Drawn? {
        let variants = reply.arms.filter { $0 != reply.control }
        let groups = variants.map { variant in
            ForestPlot.Group(
                title: variant, subtitle: nil, note: StaffPage.words(metric.direction.rawValue), bounds: [],
                rows: segments.flatMap { label, result in
                    result.arms.filter { $0.variant == variant }.map { row(result, $0, label: label) }
                })
        }
        guard groups.contains(where: { $0.rows.contains { $0.value != nil } }) else { return nil }
        let sentences = segments.flatMap { label, result in
            result.arms.map { arm in
                "\(label), \(arm.variant): \(figures(result, arm))"
                    + (finding(result, arm).map { ", \($0.rawValue)." } ?? ".")
            }
        }
        let title = "The effect on \(self.title(metric.metric)) by \(reply.attribute)"
        let plot = ForestPlot(groups) { value, digits in Self.mark(value, digits, metric.scale) }
        return .init(
            title: title,
            svg: plot.svg(
                id: "segments-\(number)", title: title,
                description: "A point and an interval for each variant and segment. "
                    + sentences.joined(separator: " ")))
    }
}

extension MetricSegments {
    /// What is known in one segment, as of a metric of its own.
    func result(in segment: SegmentResult) -> MetricResult {
        MetricResult(metric: metric, role: role, direction: direction, scale: scale, arms: segment.arms)
    }
}
