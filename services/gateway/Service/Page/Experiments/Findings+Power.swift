import ExperimentsAPI
import ResultWords

extension Findings {
    /// What could be found by now, and what is missing. Nothing can where the split is broken.
    var found: ResultParts.Power? {
        guard hasExposures, !isDoubtful, let power, !power.metrics.isEmpty else { return nil }
        let shown = power.metrics.prefix(Self.maximumMetrics)
        return .init(
            sentence: sentence(power), pace: pace(power),
            rows: shown.flatMap { metric in metric.arms.map { row($0, of: metric) } },
            probability: ResultWords.percent(power.power), assumptions: power.assumptions,
            more: power.metrics.count > shown.count
                ? "Only the first \(shown.count) of \(power.metrics.count) metrics are shown; gyre shows them all."
                : nil)
    }

    /// Of the first goal, and the variant that needs most.
    private func sentence(_ power: ExperimentPower.Get.Reply) -> String? {
        guard let metric = power.metrics.first(where: { $0.role == .goal }) ?? power.metrics.first,
            let arm = metric.arms.max(by: { Self.need($0) < Self.need($1) })
        else { return nil }
        return "\(title(metric.metric)), \(arm.variant): "
            + ResultWords.power(arm, metric.scale, power: power.power)
    }

    /// Units that a variant still needs: any number, where that is not known.
    private static func need(_ arm: ArmPower) -> Int {
        guard arm.notEnoughData == nil, let planned = arm.planned else { return .max }
        return planned.unitsMissing ?? .max
    }

    private func pace(_ power: ExperimentPower.Get.Reply) -> String {
        "\(StatusPage.grouped(power.units))"
            + (power.plannedUnits.map { " of \(StatusPage.grouped($0)) planned" } ?? "") + " units are there"
            + (power.unitsPerDay.map { ", \(ResultWords.rounded($0)) came a day." } ?? ".")
    }

    private func row(_ arm: ArmPower, of metric: MetricPower) -> ResultParts.PowerRow {
        .init(
            metric: name(metric.metric) ?? metric.metric, variant: arm.variant,
            missing: arm.notEnoughData == nil ? nil : arm.summary,
            now: arm.effect.flatMap { ResultWords.size($0, metric.scale) },
            atEnd: arm.effectAtEnd.flatMap { ResultWords.size($0, metric.scale) },
            planned: (arm.planned?.effect).flatMap { ResultWords.size($0, metric.scale) },
            power: arm.planned?.power.map(ResultWords.percent),
            unitsMissing: arm.planned?.unitsMissing.map { StatusPage.grouped($0) },
            days: arm.planned?.days.map { StatusPage.grouped($0) })
    }
}
