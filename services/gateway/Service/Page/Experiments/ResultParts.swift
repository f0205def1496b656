/// Parts of the pages of experiments and of holdouts: words and figures, in the places where templates take them.
enum ResultParts {
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

    /// Units that came on a day, and whether they came as promised.
    struct SplitDay {
        let day: String
        /// In the order of the arms.
        let units: [String]
        let pValue: String
        let isBroken: Bool
    }

    struct SplitDays {
        let arms: [String]
        let rows: [SplitDay]
        /// From when on a day stands out.
        let bound: String?
        let hasBroken: Bool
        let more: String?
    }

    struct Split {
        let rows: [Share]
        let verdict: String
        let isBroken: Bool
        let several: String?
        let phases: [SplitPhase]
        let more: String?
        let days: SplitDays?
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
        let key: String
        let name: String?
        let role: String
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

    struct SegmentRow {
        let segment: String
        let row: MetricRow
    }

    /// A goal by one attribute.
    struct Dimension {
        let title: String
        /// Whether the effect differs; nil where that cannot be said.
        let outcome: String?
        let differs: Bool
        let plot: Drawn?
        let notes: [String]
        let rows: [SegmentRow]
        let assumptions: [String]
        let more: String?
    }

    struct Segments {
        let isDoubtful: Bool
        let isEarly: Bool
        /// Nil where the plan has no goal.
        let metric: String?
        let dimensions: [Dimension]
        /// Shows any metric by segment.
        let command: String?
    }

    struct PowerRow {
        let metric: String
        let variant: String
        /// Why there are no figures.
        let missing: String?
        let now: String?
        let atEnd: String?
        let planned: String?
        let power: String?
        let unitsMissing: String?
        let days: String?
    }

    struct Power {
        let sentence: String?
        let pace: String
        let rows: [PowerRow]
        /// With which effects are found.
        let probability: String
        let assumptions: [String]
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

    struct SpannedRow {
        let key: String
        let name: String
        let state: String
        let variant: String?
        let since: String
        let until: String?
    }

    /// The experiments that a holdout was withheld from.
    struct Spanned {
        let rows: [SpannedRow]
        let hasRows: Bool
        let more: String?
    }

    /// A state in which there is less to see, and what to do about it.
    struct Notice {
        let text: String
        let command: String?
    }
}
