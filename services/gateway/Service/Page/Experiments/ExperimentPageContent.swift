import ExperimentsAPI

/// What the page of one experiment shows: words and figures, in the places where its template takes them.
struct ExperimentPageContent {
    struct Fact {
        let name: String
        let value: String
    }

    /// Towards the planned units.
    struct Progress {
        let units: String
        let planned: String
        let percent: Int
    }

    /// What to do with a variant.
    struct Advice {
        let headline: String
        let style: String
        let reasons: [String]
    }

    struct Decision {
        let first: Advice
        let others: [Advice]
        let judged: String
        let assumptions: [String]
    }

    /// A variant's part of the units.
    struct Share {
        let variant: String
        let name: String?
        let isControl: Bool
        let units: String?
        let seen: String?
        let expected: String?
    }

    struct SplitPhase {
        let title: String
        let opened: String?
        let pValue: String
        let isBroken: Bool
        let rows: [Share]
    }

    struct Split {
        let rows: [Share]
        let verdict: String
        let isBroken: Bool
        let several: String?
        let phases: [SplitPhase]
        let more: String?
    }

    /// SVG, made here.
    struct Drawn {
        let title: String
        let svg: String
    }

    struct MetricRow {
        let variant: String
        let controlUnits: String?
        let units: String?
        let control: String?
        let mean: String?
        let effect: String?
        let interval: String?
        let pValue: String?
        let finding: String?
    }

    struct MetricRows {
        let title: String
        let rows: [MetricRow]
    }

    struct Effects {
        let isDoubtful: Bool
        /// Whether the intervals do not count yet.
        let isEarly: Bool
        let plots: [Drawn]
        let hasMargin: Bool
        let hasWorth: Bool
        let notes: [String]
        let groups: [MetricRows]
        let more: String?
    }

    struct DayRow {
        let day: String
        let variant: String
        let effect: String
        let interval: String?
    }

    struct DayRows {
        let title: String
        let rows: [DayRow]
        let more: String?
    }

    struct History {
        let isDoubtful: Bool
        let charts: [Drawn]
        let tables: [DayRows]
        let more: String?
        /// Whether each day's interval holds for itself, not all together.
        let isOnlyForItself: Bool
    }

    /// A state in which there is less to see, and what to do about it.
    struct Notice {
        let text: String
        let command: String?
    }

    let name: String
    let key: String
    let status: String
    let hypothesis: String?
    let description: String?
    let facts: [Fact]
    let progress: Progress?
    let notice: Notice?
    let decision: Decision?
    /// Instead of the split, before there is one.
    let promised: [Share]
    let hasPromised: Bool
    let split: Split?
    let effects: Effects?
    let history: History?

    init(_ report: ExperimentReport) {
        name = report.experiment.name
        key = report.experiment.key
        status = report.experiment.status.rawValue
        hypothesis = report.experiment.hypothesis
        description = report.experiment.description
        facts = report.facts
        progress = report.progress
        notice = Notice(report)
        decision = report.decision
        promised = report.results == nil ? report.promised : []
        hasPromised = !promised.isEmpty
        split = report.split
        effects = report.effects
        history = report.history
    }
}

extension ExperimentPageContent.Notice {
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
        } else if let problem = report.problem {
            self.init(text: problem, command: nil)
        } else if !report.hasExposures {
            self.init(
                text:
                    "Nobody has met a variant yet. Who is assigned counts from their exposure on, which clients send.",
                command: "gyre experiments explain \(key) --id UNIT")
        } else if report.results?.metrics.isEmpty == true {
            self.init(text: "Its plan has no metrics, so there are no effects to show.", command: plan)
        } else {
            return nil
        }
    }
}
