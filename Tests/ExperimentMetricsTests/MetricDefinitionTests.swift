import ExperimentMetrics
import Statistics
import Testing

@Suite("Definitions and plans")
struct MetricDefinitionTests {
    private func problem(_ body: () throws -> some Any) -> String? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? MetricProblem)?.pointer
        }
    }

    @Test("What is out of range is refused at its place, and what is at its limit is not")
    func ranges() throws {
        let longest = MetricDefinition.longestSeconds
        func mean(
            delay: Int = 0, window: Int? = nil, finished: Bool = false, lookBack: Int? = nil,
            margin: Double? = nil, worth: Double? = nil
        ) throws -> MetricDefinition {
            try MetricDefinition(
                name: "m", kind: .mean, delaySeconds: delay, windowSeconds: window, countsFinishedWindowsOnly: finished,
                lookBackSeconds: lookBack, margin: margin, worthHaving: worth)
        }
        #expect(problem { try mean(delay: -1) } == "/delaySeconds")
        #expect(problem { try mean(delay: 0) } == nil)
        #expect(problem { try mean(delay: longest) } == nil)
        #expect(problem { try mean(delay: longest + 1) } == "/delaySeconds")
        #expect(problem { try mean(delay: 5, window: 5) } == "/windowSeconds")
        #expect(problem { try mean(delay: 5, window: 6) } == nil)
        #expect(problem { try mean(window: longest) } == nil)
        #expect(problem { try mean(window: longest + 1) } == "/windowSeconds")
        #expect(problem { try mean(finished: true) } == "/windowSeconds")
        #expect(problem { try mean(window: 1, finished: true) } == nil)
        #expect(problem { try mean(lookBack: 0) } == "/lookBackSeconds")
        #expect(problem { try mean(lookBack: 1) } == nil)
        #expect(problem { try mean(lookBack: longest) } == nil)
        #expect(problem { try mean(lookBack: longest + 1) } == "/lookBackSeconds")
        for bad in [0, -0.1, .infinity, .nan] {
            #expect(problem { try mean(margin: bad) } == "/margin")
            #expect(problem { try mean(worth: bad) } == "/worthHaving")
        }
        #expect(problem { try mean(margin: 1e-9, worth: 1e-9) } == nil)
        #expect(problem { try MetricDefinition(name: "", kind: .mean) } == "/name")
    }

    @Test("What does not go together is refused at its place")
    func kinds() {
        func metric(
            _ kind: MetricDefinition.Kind, delay: Int = 0, window: Int? = nil, lookBack: Int? = nil,
            bounds: MetricDefinition.Bounds? = nil, role: MetricDefinition.Role = .goal
        ) throws -> MetricDefinition {
            try MetricDefinition(
                name: "m", kind: kind, delaySeconds: delay, windowSeconds: window, lookBackSeconds: lookBack,
                bounds: bounds, role: role)
        }
        let retention = MetricDefinition.Kind.retention(fromSeconds: 1, toSeconds: 2)
        #expect(problem { try metric(retention) } == nil)
        #expect(problem { try metric(retention, delay: 1) } == "/delaySeconds")
        #expect(problem { try metric(retention, window: 9) } == "/windowSeconds")
        #expect(problem { try metric(.retention(fromSeconds: -1, toSeconds: 2)) } == "/fromSeconds")
        #expect(problem { try metric(.retention(fromSeconds: 2, toSeconds: 2)) } == "/toSeconds")
        for share in [0, 0.000_09, 0.999_91, 1, .nan] {
            #expect(problem { try metric(.quantile(share: share)) } == "/share")
            #expect(problem { try metric(.eventQuantile(share: share)) } == "/share")
        }
        #expect(problem { try metric(.quantile(share: 0.000_1)) } == nil)
        #expect(problem { try metric(.eventQuantile(share: 0.5), lookBack: 9) } == "/lookBackSeconds")
        let values = MetricDefinition.Bounds.values(lower: 0, upper: 5)
        for kind in [MetricDefinition.Kind.proportion, .ratio, .quantile(share: 0.5), retention] {
            #expect(problem { try metric(kind, bounds: values) } == "/bounds")
        }
        #expect(problem { try metric(.count, bounds: values) } == nil)
        #expect(problem { try metric(.mean, bounds: .values(lower: nil, upper: nil)) } == "/bounds")
        #expect(problem { try metric(.mean, bounds: .values(lower: .nan, upper: nil)) } == "/bounds/lower")
        #expect(problem { try metric(.mean, bounds: .values(lower: nil, upper: .infinity)) } == "/bounds/upper")
        #expect(problem { try metric(.mean, bounds: .values(lower: 3, upper: 3)) } == "/bounds/upper")
        for share in [0.0, 1] {
            let bounds = MetricDefinition.Bounds.shares(lower: nil, upper: share, ignoringZeros: false)
            #expect(problem { try metric(.mean, bounds: bounds) } == "/bounds/upper")
        }
        #expect(
            problem { try metric(.mean, bounds: .shares(lower: 0.6, upper: 0.5, ignoringZeros: true)) }
                == "/bounds/upper")
        #expect(problem { try metric(.mean, role: .guardrail) } == "/margin")
    }

    @Test("A retention has its window from its kind, and counts finished windows only")
    func retention() throws {
        let metric = try MetricDefinition(name: "m", kind: .retention(fromSeconds: 5, toSeconds: 9))
        #expect(metric.delaySeconds == 5 && metric.windowSeconds == 9 && metric.countsFinishedWindowsOnly)
    }

    @Test("A plan says where it is wrong")
    func plans() {
        #expect(problem { try AnalysisPlan() } == nil)
        for units in [1, 1_000_000_000_001] {
            #expect(problem { try AnalysisPlan(plannedUnits: units) } == "/plannedUnits")
        }
        for units in [2, 1_000_000_000_000] { #expect(problem { try AnalysisPlan(plannedUnits: units) } == nil) }
        for limit in [-0.1, 1.1, .nan] {
            #expect(problem { try AnalysisPlan(severalVariantsLimit: limit) } == "/severalVariantsLimit")
        }
        func sequential(_ looks: [Double], _ spending: AlphaSpending = .obrienFleming, units: Int? = 9) -> String? {
            problem {
                try AnalysisPlan(engine: .groupSequential(spending, looks: looks), plannedUnits: units)
            }
        }
        #expect(sequential([0.5, 1]) == nil)
        #expect(sequential([1]) == nil)
        #expect(sequential([0.5, 1], units: nil) == "/plannedUnits")
        for looks in [[], [0.5], [0.7, 0.5, 1], [0.5, 0.5, 1], [0, 1], [0.5, 1, 1.2], [.nan, 1]] {
            #expect(sequential(looks) == "/looks", "\(looks)")
        }
        #expect(sequential([0.5, 1], .power(-1)) == "/looks")
    }

    @Test("A look is the end of the first day with its units; a day that reaches several is one look")
    func looks() throws {
        let plan = try AnalysisPlan(
            engine: .groupSequential(.pocock, looks: [0.25, 0.5, 0.75, 1]), plannedUnits: 100)
        func units(_ counts: [(day: Int, units: Int)]) -> [DailyUnits] {
            counts.map { DailyUnits(phase: 0, day: $0.day, counts: [$0.units, 0]) }
        }
        func days(_ counts: [(day: Int, units: Int)]) -> [Int] { plan.looks(units(counts)).map(\.day) }
        #expect(days([]) == [])
        #expect(days([(3, 24)]) == [])
        #expect(days([(3, 24), (4, 1)]) == [4])
        // In the order of days: 20, 21, 50.
        #expect(days([(3, 20), (5, 29), (4, 1)]) == [5])
        #expect(days([(3, 25), (4, 30), (5, 44), (6, 1), (7, 50)]) == [3, 4, 5, 6])
        #expect(days([(3, 80), (9, 500)]) == [3, 9])
        #expect(days([(3, 80), (4, 19)]) == [3])
        for (today, expected) in [(3, []), (4, [3]), (5, [3, 4])] {
            #expect(plan.looks(units([(3, 25), (4, 30)]), today: today).map(\.day) == expected)
        }
        let last = try #require(plan.looks(units([(3, 80), (9, 500)])).last)
        #expect(last.units == 580 && last.fraction == 5.8)
        #expect(try AnalysisPlan(plannedUnits: 100).looks(units([(3, 100)])) == [])
    }
}
