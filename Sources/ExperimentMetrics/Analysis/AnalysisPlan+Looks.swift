/// How many units came in one phase on one day.
public struct DailyUnits: Sendable, Equatable {
    /// From 0, in the order of the experiment's phases.
    public let phase: Int
    /// Of UTC, counted from 1970-01-01.
    public let day: Int
    /// First exposures, arm by arm.
    public let counts: [Int]

    public init(phase: Int, day: Int, counts: [Int]) {
        self.phase = phase
        self.day = day
        self.counts = counts
    }
}

/// A planned look that was reached.
public struct ReachedLook: Sendable, Equatable {
    /// The sums as of the end of this day are what is looked at.
    public let day: Int
    /// Of all arms together, at the end of that day.
    public let units: Int
    /// Of the planned units; may be above 1 at the last look.
    public let fraction: Double
}

extension AnalysisPlan {
    /// Of the planned units, between two looks.
    private static let smallestStep = 1e-6

    /// The looks of a group-sequential test that were reached, each at the end of the first day with enough units: so
    /// that how often one asks decides nothing. Empty for other engines.
    ///
    /// A later day may reach several at once, which are one look.
    ///
    /// - Parameters:
    ///   - today: looks are before this day, for its sums still change; nil where all days are over.
    public func looks(_ units: [DailyUnits], today: Int? = nil) -> [ReachedLook] {
        guard case .groupSequential(_, let shares) = engine, let plannedUnits else { return [] }
        var looks: [ReachedLook] = []
        var sum = 0
        var rest = shares[...]
        let days = Dictionary(grouping: units, by: \.day).mapValues { $0.reduce(0) { $0 + $1.counts.reduce(0, +) } }
        for (day, count) in days.sorted(by: { $0.key < $1.key }) where today.map({ day < $0 }) ?? true {
            sum += count
            let fraction = Double(sum) / Double(plannedUnits)
            guard let share = rest.first, fraction >= share else { continue }
            // Two looks at the same moment are one.
            guard fraction - (looks.last?.fraction ?? 0) >= Self.smallestStep else { continue }
            rest = rest.drop { fraction >= $0 }
            looks.append(ReachedLook(day: day, units: sum, fraction: fraction))
        }
        return looks
    }
}
