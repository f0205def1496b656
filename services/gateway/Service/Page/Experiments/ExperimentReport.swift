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
    let findings: Findings?
    /// What did not come of all this, in sentences.
    let gaps: [String]

    // MARK: The head

    /// What there is to say of it besides its name.
    var facts: [ResultParts.Fact] {
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
    static func day(_ time: Timestamp) -> String { String(StatusPage.readable(time).prefix(10)) }

    private var phase: String? {
        guard let last = phases.last else { return nil }
        let reason = last.number == 1 ? "" : ", since \(Self.day(last.openedAt)): \(Self.words(last.reason))"
        return "\(last.number)\(reason)"
    }

    static func words(_ reason: PhaseReason) -> String {
        switch reason {
        case .start: "started"
        case .allocation: "shares changed"
        case .targeting: "targeting changed"
        case .variants: "variants changed"
        }
    }

    /// What was promised to the variants, while nobody can have come to them.
    var promised: [ResultParts.Share] {
        experiment.variants.map { variant in
            .init(
                variant: variant.key, name: variant.name, isControl: variant.isControl, units: nil, seen: nil,
                expected: ResultWords.percent(Double(variant.allocation) / 10_000))
        }
    }
}

extension Experiment {
    /// How people call the variants, by their keys.
    var variantNames: [String: String] {
        Dictionary(variants.compactMap { variant in variant.name.map { (variant.key, $0) } }) { first, _ in first }
    }
}

extension ResultPlan {
    /// The keys of the metrics that decide.
    var goals: [String] { metrics.filter { $0.role == .goal }.map(\.metric) }
}

extension Findings.PromisedPhase {
    init(_ phase: Phase) {
        self.init(
            number: phase.number,
            opened: "\(ExperimentReport.words(phase.reason)), \(StatusPage.readable(phase.openedAt))",
            allocations: Dictionary(phase.arms.map { ($0.variant, $0.allocation) }) { first, _ in first })
    }
}
