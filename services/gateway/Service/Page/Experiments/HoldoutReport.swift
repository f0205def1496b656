import ExperimentsAPI
import ResultWords

/// All that the page of one holdout is made from.
struct HoldoutReport {
    let holdout: Holdout
    /// Nil while it says of nothing that it is measured.
    let plan: ResultPlan?
    /// Nil while there can be none.
    let results: HoldoutResults.Get.Reply?
    /// The same as of an experiment; nil where there are no results.
    let findings: Findings?
    /// What did not come of all this, in sentences.
    let gaps: [String]

    /// Experiments that are shown.
    static let maximumSpanned = 100
    /// Layers or experiments that are named in its head.
    static let maximumMembers = 20

    var facts: [ResultParts.Fact] {
        let hasBegun = holdout.status != .planned
        let rows: [(String, String?)] = [
            ("Withheld", ResultWords.percent(Double(holdout.share) / 10_000) + " of all units"),
            ("From", Self.words(holdout)), ("Units", holdout.unitType),
            (hasBegun ? "Started" : "To start", ExperimentReport.day(holdout.startAt)),
            (holdout.status == .ended ? "Ended" : "To end", holdout.endAt.map(ExperimentReport.day)),
            ("Entered", results.map { StatusPage.grouped($0.entered) }),
        ]
        return rows.compactMap { name, value in value.map { .init(name: name, value: $0) } }
    }

    /// What units are withheld from.
    static func words(_ holdout: Holdout) -> String {
        let named =
            holdout.members.prefix(maximumMembers).joined(separator: ", ")
            + (holdout.members.count > maximumMembers ? ", …" : "")
        return switch holdout.scope {
        case .everything: "every experiment"
        case .layers: "layers: \(named)"
        case .experiments: named
        }
    }

    /// What follows, in the service's sentence: whoever is withheld is no variant to ship.
    var decision: ResultParts.Decision? {
        guard let results, let findings else { return nil }
        return .init(
            first: .init(
                headline: results.words, style: results.decision.verdict.rawValue, reasons: results.decision.reasons),
            others: [], judged: findings.judged, assumptions: findings.assumptions)
    }

    var spanned: ResultParts.Spanned? {
        guard let results else { return nil }
        return .init(
            rows: results.experiments.prefix(Self.maximumSpanned).map { experiment in
                .init(
                    key: experiment.key, name: experiment.name, state: experiment.state.rawValue,
                    variant: experiment.variant, since: ExperimentReport.day(experiment.since),
                    until: experiment.until.map(ExperimentReport.day))
            }, hasRows: !results.experiments.isEmpty,
            more: results.experiments.count > Self.maximumSpanned
                ? "Only the first \(Self.maximumSpanned) of \(results.experiments.count) are shown; gyre shows them all."
                : nil)
    }
}

extension Findings {
    private static let (withheld, admitted) = ("withheld", "admitted")

    /// Of a holdout: those who are admitted against those who are withheld.
    init(
        _ found: HoldoutResults.Get.Reply, plan: ResultPlan, metricNames: [String: String],
        series: [HoldoutResults.Series.Reply]
    ) {
        let status: ExperimentStatus =
            switch found.status {
            case .planned: .draft
            case .active: .active
            case .ended: .completed
            }
        // The share is told of now only: of phases before a change nobody says what was promised.
        let promised = found.split.phases.last.map { phase in
            PromisedPhase(
                number: phase.phase, opened: nil,
                allocations: [Self.withheld: found.withheldShare, Self.admitted: 10_000 - found.withheldShare])
        }
        self.init(
            plan: plan,
            results: ExperimentResults.Get.Reply(
                experiment: found.holdout, status: status, at: found.at, arms: [Self.withheld, Self.admitted],
                control: Self.withheld, hasEnded: found.hasEnded, severalVariantsShare: 0, split: found.split,
                metrics: found.metrics, decisions: [found.decision], recommendation: found.decision),
            phases: promised.map { [$0] } ?? [], variantNames: [:], metricNames: metricNames,
            series: series.map { .init(metric: $0.metric, scale: $0.scale, points: $0.points) }, segments: [],
            power: nil)
    }
}
