import ExperimentsAPI
import JSON
import ResultWords

/// What is known of an experiment; or of a holdout, which is measured as one of two arms. The parts of a page that both
/// have are made from it.
struct Findings {
    let plan: ResultPlan
    let results: ExperimentResults.Get.Reply
    /// What was promised in each phase, as far as that is known.
    let phases: [PromisedPhase]
    /// How people call the variants, by their keys.
    let variantNames: [String: String]
    /// How people call the metrics, by their keys, as far as that is known.
    let metricNames: [String: String]
    /// How effects on goals came about.
    let series: [ExperimentResults.Series.Reply]
    /// The first goal, by one dimension each.
    let segments: [ExperimentResults.Segments.Reply]
    /// What it can find; nil where that is not known.
    let power: ExperimentPower.Get.Reply?

    /// A phase, and the share of each arm of all units that come in it.
    struct PromisedPhase {
        let number: Int
        /// How it began, and when.
        let opened: String?
        /// By the variant's key, in any unit.
        let allocations: [String: Int]
    }

    /// Metrics that are shown.
    static let maximumMetrics = 50
    /// Phases of the split that are shown.
    static let maximumPhases = 20
    /// Days whose figures are shown.
    static let maximumDays = 60
    /// Drawings of effects over time.
    static let maximumCharts = 24

    /// Whether anybody met a variant.
    var hasExposures: Bool { results.split.units.contains { $0 > 0 } }

    /// Whether effects mean anything: never where the split is broken, or units met several variants.
    var isDoubtful: Bool { results.split.isBroken || results.recommendation.verdict == .broken }

    /// Whether the intervals count now, and not only at the planned end.
    var counts: Bool {
        switch plan.engine {
        case .fixed: results.hasEnded
        case .bayesian: results.hasEnded || plan.prior != nil
        case .alwaysValid, .groupSequential: true
        }
    }

    /// What people read, beside the key; nil where that is all there is.
    func name(_ metric: String) -> String? { metricNames[metric].flatMap { $0 == metric ? nil : $0 } }

    /// `Orders (orders)`
    func title(_ metric: String) -> String { name(metric).map { "\($0) (\(metric))" } ?? metric }

    func planned(_ metric: String) -> PlannedMetric? { plan.metrics.first { $0.metric == metric } }

    /// Towards the planned units.
    var progress: ResultParts.Progress? {
        guard let planned = plan.plannedUnits else { return nil }
        let units = results.split.units.reduce(0, +)
        return .init(
            units: StatusPage.grouped(units), planned: StatusPage.grouped(planned),
            percent: Int((min(1, Double(units) / Double(planned)) * 100).rounded(.down)))
    }

    // MARK: The decision

    var decision: ResultParts.Decision {
        let others = results.decisions.filter { $0.variant != results.recommendation.variant }
        return .init(
            first: Self.shown(results.recommendation), others: others.map(Self.shown), judged: judged,
            assumptions: assumptions)
    }

    private static func shown(_ decision: ArmDecision) -> ResultParts.Advice {
        .init(
            headline: "\(ResultWords.verdict(decision.verdict)): \(decision.variant)", style: decision.verdict.rawValue,
            reasons: decision.reasons)
    }

    /// How evidence is judged, as a sentence.
    var judged: String {
        let engine =
            switch plan.engine {
            case .fixed: "Welch's t test, which counts at the planned end only"
            case .alwaysValid: "a confidence sequence, which counts whenever one looks"
            case .groupSequential: "planned looks with bounds, which counts at these"
            case .bayesian: "a posterior" + (plan.prior == nil ? ", which counts at the planned end only" : "")
            }
        let correction: String? =
            switch plan.correction {
            case .none: nil
            case .holm: "Holm"
            case .hochberg: "Hochberg"
            case .benjaminiHochberg: "Benjamini and Hochberg"
            case .benjaminiYekutieli: "Benjamini and Yekutieli"
            }
        return "Judged by \(engine), at the level \(plan.alpha)"
            + (correction.map { ", corrected for several questions by the way of \($0)." } ?? ".")
    }

    /// What any of the results takes for granted, each once.
    var assumptions: [String] {
        var assumptions: [String] = []
        for assumption in results.metrics.flatMap({ $0.arms.flatMap { $0.assumptions ?? [] } })
        where !assumptions.contains(assumption) { assumptions.append(assumption) }
        return assumptions
    }
}
