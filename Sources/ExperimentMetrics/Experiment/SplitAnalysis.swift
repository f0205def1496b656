public import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whether units came to the arms as promised: looked at before any effect.
public struct SplitAnalysis: Sendable, Equatable {
    /// Of a phase, or of one day of it.
    public struct Part: Sendable, Equatable {
        public let phase: Int
        /// nil of the whole phase.
        public let day: Int?
        /// First exposures, arm by arm.
        public let counts: [Int]
        public let test: Result<SampleRatioTest, NotEnoughData>
    }

    /// Of all phases together, arm by arm.
    public let counts: [Int]
    public let phases: [Part]
    /// By ascending days.
    public let days: [Part]
    /// All phases, each against its own shares: for one look.
    public let pooled: Result<SampleRatioTest, NotEnoughData>
    /// For any number of looks: below a level at some day with probability of at most that. nil while nothing can tell.
    public let sequentialPValue: Double?
    /// Arms that have no unit, though they should have ten and more.
    public let emptyArms: [Int]

    /// An arm that expects so many units has none with a probability below 0.005 %.
    private static let expectedOfEmpty = 10.0

    /// - Parameters:
    ///   - weights: of each phase, the share of each arm; 0 of those that it does not have.
    ///   - units: of phases and arms of the weights, counts 0 or more.
    init(weights: [[Double]], units: [DailyUnits]) {
        let armCount = weights.first?.count ?? 0
        let parts = Dictionary(grouping: units) { [$0.day, $0.phase] }.map { key, units in
            DailyUnits(phase: key[1], day: key[0], counts: Self.sum(units, armCount))
        }.sorted { ($0.day, $0.phase) < ($1.day, $1.phase) }
        let ofPhases = weights.indices.map { phase in Self.sum(parts.filter { $0.phase == phase }, armCount) }
        func test(_ phase: Int, _ day: Int?, _ counts: [Int]) -> Part {
            Part(
                phase: phase, day: day, counts: counts,
                test: Self.test([SampleRatioTest.Split(counts: counts, weights: weights[phase])]))
        }
        counts = Self.sum(parts, armCount)
        phases = ofPhases.enumerated().map { test($0, nil, $1) }
        days = parts.map { test($0.phase, $0.day, $0.counts) }
        pooled = Self.test(zip(ofPhases, weights).map { SampleRatioTest.Split(counts: $0, weights: $1) })
        sequentialPValue = Self.sequential(weights, parts)
        let expected = (0..<armCount).map { arm in
            zip(ofPhases, weights).reduce(0.0) { sum, phase in
                let all = phase.1.reduce(0, +)
                return all > 0 ? sum + Double(phase.0.reduce(0, +)) * phase.1[arm] / all : sum
            }
        }
        let counts = counts
        emptyArms = (0..<armCount).filter { counts[$0] == 0 && expected[$0] >= Self.expectedOfEmpty }
    }

    private static func sum(_ units: [DailyUnits], _ armCount: Int) -> [Int] {
        units.reduce(into: Array(repeating: 0, count: armCount)) { sum, units in
            for arm in sum.indices { sum[arm] += units.counts[arm] }
        }
    }

    private static func test(_ splits: [SampleRatioTest.Split?]) -> Result<SampleRatioTest, NotEnoughData> {
        Result { () throws(NotEnoughData) in try SampleRatioTest(splits.compactMap { $0 }) }
    }

    /// The largest evidence of the ends of all days, that of phases added up.
    private static func sequential(_ weights: [[Double]], _ parts: [DailyUnits]) -> Double? {
        var phases = weights.map { SequentialSampleRatio(weights: $0) }
        var largest: Double?
        for part in parts {
            if zip(part.counts, weights[part.phase]).contains(where: { $0 > 0 && $1 == 0 }) { return 0 }
            guard phases[part.phase] != nil else { continue }
            phases[part.phase]?.observe(part.counts)
            largest = max(largest ?? 0, phases.reduce(0) { $0 + ($1?.logEvidence ?? 0) })
        }
        return largest.map { min(1, exp(-$0)) }
    }
}
