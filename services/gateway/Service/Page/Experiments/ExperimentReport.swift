import ExperimentsAPI
import JSON
import ResultWords

/// All that the page of one experiment is made from.
struct ExperimentReport {
    let experiment: Experiment
    /// Oldest first; those of an experiment that had a great many are cut.
    let phases: [Phase]
    /// Nil while it says of nothing that it is measured.
    let plan: ResultPlan?
    /// Nil while there can be none.
    let results: ExperimentResults.Get.Reply?
    /// Why there are none, in the words of the service.
    let problem: String?
    /// How effects on goals came about.
    let series: [ExperimentResults.Series.Reply]

    /// Metrics that are shown.
    static let maximumMetrics = 50
    /// Phases of the split that are shown.
    static let maximumPhases = 20
    /// Days whose figures are shown.
    static let maximumDays = 60
    /// Drawings of effects over time.
    static let maximumCharts = 24

    /// Whether anybody met a variant.
    var hasExposures: Bool { results.map { $0.split.units.contains { $0 > 0 } } ?? false }

    /// Whether effects mean anything: never where the split is broken, or units met several variants.
    var isDoubtful: Bool { results.map { $0.split.isBroken || $0.recommendation.verdict == .broken } ?? false }

    /// Whether the intervals count now, and not only at the planned end.
    var counts: Bool {
        guard let plan, let results else { return false }
        switch plan.engine {
        case .fixed: return results.hasEnded
        case .bayesian: return results.hasEnded || plan.prior != nil
        case .alwaysValid, .groupSequential: return true
        }
    }

    func planned(_ metric: String) -> PlannedMetric? { plan?.metrics.first { $0.metric == metric } }

    // MARK: The head

    /// What there is to say of it besides its name.
    var facts: [ExperimentPageContent.Fact] {
        let end = [.completed, .archived].contains(experiment.status) ? phases.last?.closedAt : nil
        let rows: [(String, String?)] = [
            ("Owner", experiment.owner), ("Units", experiment.unitType), ("Phase", phase),
            ("Started", phases.first.map { Self.day($0.openedAt) }),
            ("To start", phases.isEmpty ? experiment.startAt.map(Self.day) : nil), ("Ended", end.map(Self.day)),
            ("To end", end == nil ? experiment.endAt.map(Self.day) : nil), ("Layer", experiment.slot?.layer),
        ]
        return rows.compactMap { name, value in value.map { .init(name: name, value: $0) } }
    }

    /// 2026-01-31, of UTC.
    private static func day(_ time: Timestamp) -> String { String(StatusPage.readable(time).prefix(10)) }

    private var phase: String? {
        guard let last = phases.last else { return nil }
        let reason = last.number == 1 ? "" : ", since \(Self.day(last.openedAt)): \(Self.words(last.reason))"
        return "\(last.number)\(reason)"
    }

    private static func words(_ reason: PhaseReason) -> String {
        switch reason {
        case .start: "started"
        case .allocation: "shares changed"
        case .targeting: "targeting changed"
        case .variants: "variants changed"
        }
    }

    var progress: ExperimentPageContent.Progress? {
        guard let planned = plan?.plannedUnits, let results else { return nil }
        let units = results.split.units.reduce(0, +)
        return .init(
            units: StatusPage.grouped(units), planned: StatusPage.grouped(planned),
            percent: Int((min(1, Double(units) / Double(planned)) * 100).rounded(.down)))
    }

    // MARK: The decision

    var decision: ExperimentPageContent.Decision? {
        guard let results else { return nil }
        let others = results.decisions.filter { $0.variant != results.recommendation.variant }
        return .init(
            first: Self.shown(results.recommendation), others: others.map(Self.shown), judged: judged,
            assumptions: assumptions)
    }

    private static func shown(_ decision: ArmDecision) -> ExperimentPageContent.Advice {
        .init(
            headline: "\(ResultWords.verdict(decision.verdict)): \(decision.variant)", style: decision.verdict.rawValue,
            reasons: decision.reasons)
    }

    /// How evidence is judged, as a sentence.
    private var judged: String {
        guard let plan else { return "" }
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
    private var assumptions: [String] {
        var assumptions: [String] = []
        for assumption in results?.metrics.flatMap({ $0.arms.flatMap { $0.assumptions ?? [] } }) ?? []
        where !assumptions.contains(assumption) { assumptions.append(assumption) }
        return assumptions
    }

    // MARK: The split

    /// What was promised to the variants, while nobody can have come to them.
    var promised: [ExperimentPageContent.Share] {
        experiment.variants.map { variant in
            .init(
                variant: variant.key, name: variant.name, isControl: variant.isControl, units: nil, seen: nil,
                expected: ResultWords.percent(Double(variant.allocation) / 10_000))
        }
    }

    var split: ExperimentPageContent.Split? {
        guard let results else { return nil }
        let split = results.split
        let total = split.units.reduce(0, +)
        let expected = expectedUnits(results)
        let sum = expected?.reduce(0, +) ?? 0
        let rows = results.arms.enumerated().map { place, arm in
            let units = place < split.units.count ? split.units[place] : 0
            return ExperimentPageContent.Share(
                variant: arm, name: experiment.variants.first { $0.key == arm }?.name,
                isControl: arm == results.control, units: StatusPage.grouped(units),
                seen: total > 0 ? ResultWords.percent(Double(units) / Double(total)) : nil,
                expected: sum > 0 ? expected.map { ResultWords.percent($0[place] / sum) } : nil)
        }
        let several = results.severalVariantsShare
        return .init(
            rows: rows, verdict: ResultWords.split(split), isBroken: split.isBroken,
            several: several > 0 ? "\(ResultWords.percent(several)) of the units met more than one variant." : nil,
            phases: splitPhases(results),
            more: split.phases.count > Self.maximumPhases
                ? "Only the last \(Self.maximumPhases) phases are shown." : nil)
    }

    /// How many units each variant was to have of those that came, phase by phase; nil where a phase is not known.
    private func expectedUnits(_ results: ExperimentResults.Get.Reply) -> [Double]? {
        var expected = Array(repeating: 0.0, count: results.arms.count)
        let isEmpty = !hasExposures
        for part in results.split.phases {
            guard let shares = shares(part.phase, results.arms) else { return nil }
            // Before anybody came: the shares of the last phase.
            if isEmpty { expected = Array(repeating: 0, count: expected.count) }
            let units = isEmpty ? 1 : Double(part.units.reduce(0, +))
            for place in expected.indices { expected[place] += shares[place] * units }
        }
        return expected
    }

    /// The share of each variant in a phase, of all units that are in it.
    private func shares(_ phase: Int, _ arms: [String]) -> [Double]? {
        guard let found = phases.first(where: { $0.number == phase }) else { return nil }
        let sum = found.arms.reduce(0) { $0 + $1.allocation }
        guard sum > 0 else { return nil }
        return arms.map { arm in
            Double(found.arms.first { $0.variant == arm }?.allocation ?? 0) / Double(sum)
        }
    }

    private func splitPhases(_ results: ExperimentResults.Get.Reply) -> [ExperimentPageContent.SplitPhase] {
        results.split.phases.suffix(Self.maximumPhases).map { part in
            let total = part.units.reduce(0, +)
            let shares = shares(part.phase, results.arms)
            let phase = phases.first { $0.number == part.phase }
            let rows = results.arms.indices.filter { place in
                // Variants that came later have no part in it.
                part.units.indices.contains(place) && (part.units[place] > 0 || (shares?[place] ?? 1) > 0)
            }.map { place in
                ExperimentPageContent.Share(
                    variant: results.arms[place], name: nil, isControl: results.arms[place] == results.control,
                    units: StatusPage.grouped(part.units[place]),
                    seen: total > 0 ? ResultWords.percent(Double(part.units[place]) / Double(total)) : nil,
                    expected: shares.map { ResultWords.percent($0[place]) })
            }
            let isBroken = part.pValue.map { $0 < (plan?.sampleRatioAlpha ?? 0) } ?? false
            return .init(
                title: "Phase \(part.phase)",
                opened: phase.map { "\(Self.words($0.reason)), \(StatusPage.readable($0.openedAt))" },
                pValue: part.pValue.map(ResultWords.equation) ?? "too few units for a test",
                isBroken: isBroken, rows: rows)
        }
    }
}
