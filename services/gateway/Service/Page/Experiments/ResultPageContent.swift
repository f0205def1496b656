import ExperimentsAPI

/// What the page of one experiment shows, or of one holdout.
struct ResultPageContent {
    let name: String
    let key: String
    let status: String
    let hypothesis: String?
    let description: String?
    let facts: [ResultParts.Fact]
    let progress: ResultParts.Progress?
    let notice: ResultParts.Notice?
    /// What did not come.
    let gaps: [String]
    let decision: ResultParts.Decision?
    /// Instead of the split, before there is one.
    let promised: [ResultParts.Share]
    let hasPromised: Bool
    let split: ResultParts.Split?
    let effects: ResultParts.Effects?
    let segments: ResultParts.Segments?
    let history: ResultParts.History?
    let found: ResultParts.Power?
    /// Of a holdout: what it was withheld from.
    let spanned: ResultParts.Spanned?

    init(_ report: ExperimentReport) {
        name = report.experiment.name
        key = report.experiment.key
        status = report.experiment.status.rawValue
        hypothesis = report.experiment.hypothesis
        description = report.experiment.description
        facts = report.facts
        progress = report.findings?.progress
        notice = ResultParts.Notice(report)
        gaps = report.gaps
        decision = report.findings?.decision
        promised = report.findings == nil ? report.promised : []
        hasPromised = !promised.isEmpty
        split = report.findings?.split
        effects = report.findings?.effects
        segments = report.findings?.segmented
        history = report.findings?.history
        found = report.findings?.found
        spanned = nil
    }

    init(_ report: HoldoutReport) {
        name = report.holdout.name
        key = report.holdout.key
        status = report.holdout.status.rawValue
        hypothesis = nil
        description = report.holdout.description
        facts = report.facts
        progress = report.findings?.progress
        notice = ResultParts.Notice(report)
        gaps = report.gaps
        decision = report.decision
        promised = []
        hasPromised = false
        split = report.findings?.split
        effects = report.findings?.effects
        segments = nil
        history = report.findings?.history
        found = nil
        spanned = report.spanned
    }
}

extension ResultParts.Notice {
    /// Nil where there is nothing to miss.
    init?(_ report: ExperimentReport) {
        let key = report.experiment.key
        let plan = "gyre experiments plan \(key) plan.yaml"
        if report.plan == nil {
            let start = report.experiment.status == .draft ? "It has not been started, and nothing" : "Nothing"
            self.init(text: "\(start) is measured in it yet: set what is, in a plan.", command: plan)
        } else if report.experiment.status == .draft {
            self.init(
                text: "It has not been started: nobody is in it yet.", command: "gyre experiments start \(key)")
        } else if let findings = report.findings, !findings.hasExposures {
            self.init(
                text:
                    "Nobody has met a variant yet. Who is assigned counts from their exposure on, which clients send.",
                command: "gyre experiments explain \(key) --id UNIT")
        } else if report.findings?.results.metrics.isEmpty == true {
            self.init(text: "Its plan has no metrics, so there are no effects to show.", command: plan)
        } else {
            return nil
        }
    }

    /// Nil where there is nothing to miss.
    init?(_ report: HoldoutReport) {
        let plan = "gyre holdouts plan \(report.holdout.key) plan.yaml"
        if report.plan == nil {
            self.init(text: "Nothing is measured by it yet: say by which metrics, in a plan.", command: plan)
        } else if report.holdout.status == .planned {
            self.init(text: "It has not begun: nobody is withheld yet.", command: nil)
        } else if let findings = report.findings, !findings.hasExposures {
            self.init(
                text:
                    "Nobody has entered it yet. A unit enters when somebody first asks which variant of an experiment "
                    + "it gets, of those that the holdout spans.", command: nil)
        } else if report.findings?.results.metrics.isEmpty == true {
            self.init(text: "Its plan has no metrics, so there is no lift to show.", command: plan)
        } else {
            return nil
        }
    }
}
