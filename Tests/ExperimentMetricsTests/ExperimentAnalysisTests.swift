import Foundation
import PythonOracle
import Statistics
import Testing

@testable import ExperimentMetrics

@Suite("A whole experiment")
struct ExperimentAnalysisTests {
    private func sums(_ count: Int, _ mean: Double) -> MetricSums {
        MetricSums(total: Tally(CrossMoments(Moments(count: count, mean: mean, variance: 1))))
    }

    private func metric(
        _ name: String, _ means: [Double], _ role: MetricDefinition.Role = .goal, margin: Double? = nil,
        worth: Double? = nil, direction: Direction = .higherIsBetter, count: Int = 1_000
    ) throws -> ExperimentAnalysis.Metric {
        let definition = try MetricDefinition(
            name: name, kind: .mean, direction: direction, role: role, margin: margin, worthHaving: worth)
        return .init(definition, [means.map { sums(count, $0) }])
    }

    private func analysis(
        _ metrics: [ExperimentAnalysis.Metric], counts: [Int] = [1_000, 1_000, 1_000],
        weights: [Double] = [1, 1, 1], plan: AnalysisPlan? = nil, isOver: Bool = true, several: Double = 0
    ) throws -> ExperimentAnalysis {
        try ExperimentAnalysis(
            arms: ["control", "one", "two"], control: 0, weights: [weights],
            units: [DailyUnits(phase: 0, day: 5, counts: counts)], metrics: metrics, plan: plan ?? AnalysisPlan(),
            isOver: isOver, severalVariantsShare: several)
    }

    private func verdicts(_ analysis: ExperimentAnalysis) -> [ExperimentDecision.Verdict] {
        analysis.decisions.map(\.decision.verdict)
    }

    @Test("The arm whose first goal is better for the most certain is shipped")
    func ship() throws {
        let analysis = try analysis([metric("a", [5, 5.3, 5.5]), metric("b", [5, 4, 4], .secondary)])
        #expect(verdicts(analysis) == [.ship, .ship] && analysis.recommendation.arm == 2)
        let lower = try self.analysis([metric("a", [5, 4.5, 4.7], direction: .lowerIsBetter)])
        #expect(verdicts(lower) == [.ship, .ship] && lower.recommendation.arm == 1)
        let mixed = try self.analysis([metric("a", [5, 4.5, 5.01])])
        #expect(verdicts(mixed) == [.rollBack, .inconclusive] && mixed.recommendation.arm == 2)
    }

    @Test("A guardrail that may be harmed keeps an arm from shipping, one that is harmed rolls it back")
    func guardrails() throws {
        let unsure = try analysis([metric("a", [5, 6, 6]), metric("g", [5, 4.98, 5.1], .guardrail, margin: 0.01)])
        #expect(verdicts(unsure) == [.inconclusive, .ship])
        let harmed = try analysis([metric("a", [5, 6, 6]), metric("g", [5, 4.5, 5.1], .guardrail, margin: 0.01)])
        #expect(verdicts(harmed) == [.rollBack, .ship])
        let missing = try analysis([
            metric("a", [5, 6, 6]), metric("g", [5, 5, 5], .guardrail, margin: 0.01, count: 1),
        ])
        #expect(verdicts(missing) == [.inconclusive, .inconclusive])
    }

    @Test("Before the planned end a fixed test says nothing; the planned units are an end too")
    func plannedEnd() throws {
        let metrics = [try metric("a", [5, 6, 6])]
        let running = try analysis(metrics, isOver: false)
        #expect(running.decisions.allSatisfy { $0.decision.reasons == [.plannedEndNotReached] })
        for (planned, hasEnded) in [(3_000, true), (3_001, false)] {
            let plan = try AnalysisPlan(plannedUnits: planned)
            #expect(try analysis(metrics, plan: plan, isOver: false).hasEnded == hasEnded)
        }
        let always = try AnalysisPlan(engine: .alwaysValid)
        #expect(try verdicts(analysis(metrics, plan: always, isOver: false)) == [.ship, .ship])
        let flat = try AnalysisPlan(engine: .bayesian(nil))
        #expect(try verdicts(analysis(metrics, plan: flat, isOver: false)) == [.keepRunning, .keepRunning])
        let prior = BayesianEffect.Prior(mean: 0, standardDeviation: 0.5, scale: .relative)
        let informed = try AnalysisPlan(engine: .bayesian(prior))
        #expect(try verdicts(analysis(metrics, plan: informed, isOver: false)) == [.ship, .ship])
    }

    @Test("At the end an effect too small to be worth having is rolled back")
    func futility() throws {
        let metrics = [try metric("a", [5, 5.01, 5.01], worth: 0.1)]
        #expect(try verdicts(analysis(metrics)) == [.rollBack, .rollBack])
    }

    @Test("A split that is not the promised one, an empty arm or units of several variants break everything")
    func broken() throws {
        let metrics = [try metric("a", [5, 6, 6])]
        let split = try analysis(metrics, counts: [1_000, 1_000, 1_200])
        #expect(verdicts(split) == [.broken, .broken] && split.recommendation.arm == 1)
        // One look at it says so at the end; on the way, looked at each day, it may still be chance.
        let always = try AnalysisPlan(engine: .alwaysValid)
        for (isOver, verdict) in [(true, ExperimentDecision.Verdict.broken), (false, .ship)] {
            let uneven = try analysis(metrics, counts: [1_000, 1_000, 1_150], plan: always, isOver: isOver)
            #expect(verdicts(uneven) == [verdict, verdict])
        }
        let empty = try analysis(metrics, counts: [9, 9, 0], weights: [1, 1, 1.25])
        #expect(empty.split.emptyArms.isEmpty)
        let emptier = try analysis(metrics, counts: [9, 9, 0], weights: [1, 1, 2.5])
        #expect(emptier.split.emptyArms == [2])
        #expect(emptier.decisions[0].decision.reasons.contains(.emptyArm("two")))
        #expect(try verdicts(analysis(metrics, several: 0.01)) == [.ship, .ship])
        #expect(try verdicts(analysis(metrics, several: 0.011)) == [.broken, .broken])
    }

    @Test("Goals are one family, secondary metrics another, and guardrails are no question among others")
    func families() throws {
        let metrics = try [
            metric("a", [5, 5.1, 5.2]), metric("g", [5, 5.1, 5.2], .guardrail, margin: 0.1),
            metric("s", [5, 5.1, 5.2], .secondary), metric("b", [5, 5.05, 5.15]),
        ]
        let plan = try AnalysisPlan(correction: .holm)
        let analysis = try analysis(metrics, plan: plan)
        #expect(analysis.metrics.map(\.definition.name) == ["a", "g", "s", "b"])
        func pValues(_ index: Int) throws -> [Double] {
            try analysis.metrics[index].arms.map { try #require($0.result.get().pValue) }
        }
        func adjusted(_ index: Int) throws -> [Double?] {
            try analysis.metrics[index].arms.map { try $0.result.get().adjusted?.pValue }
        }
        let goals = PValueAdjustment.holm.adjust(try pValues(0) + pValues(3)).map { $0?.pValue }
        #expect(try adjusted(0) + adjusted(3) == goals)
        #expect(try adjusted(2) == PValueAdjustment.holm.adjust(pValues(2)).map { $0?.pValue })
        #expect(try adjusted(1) == [nil, nil])
    }

    @Test("A ramp is no mismatch, and a unit in an arm without a share always is")
    func splits() {
        let weights: [[Double]] = [[9_900, 100, 0], [5_000, 5_000, 0]]
        func split(_ stray: Int) -> SplitAnalysis {
            SplitAnalysis(
                weights: weights,
                units: [
                    DailyUnits(phase: 0, day: 3, counts: [9_890, 110, 0]),
                    DailyUnits(phase: 1, day: 3, counts: [2_000, 2_010, 0]),
                    DailyUnits(phase: 1, day: 4, counts: [3_000, 2_950, stray]),
                ])
        }
        let ramp = split(0)
        #expect(ramp.counts == [14_890, 5_070, 0] && ramp.emptyArms.isEmpty)
        #expect(ramp.phases.map(\.counts) == [[9_890, 110, 0], [5_000, 4_960, 0]])
        #expect(ramp.days.map(\.day) == [3, 3, 4] && ramp.days.map(\.phase) == [0, 1, 1])
        #expect((try? ramp.pooled.get())?.degreesOfFreedom == 2)
        #expect((ramp.sequentialPValue ?? 0) > 0.05)
        let astray = split(1)
        #expect(astray.sequentialPValue == 0 && (try? astray.pooled.get())?.pValue == 0)
    }

    @Test("The sequential test of the split is the largest evidence of the ends of all days, over phases together")
    func sequentialSplit() throws {
        let weights: [[Double]] = [[1, 1], [3, 1]]
        let units = [
            DailyUnits(phase: 0, day: 1, counts: [150, 60]), DailyUnits(phase: 0, day: 2, counts: [40, 130]),
            DailyUnits(phase: 1, day: 3, counts: [100, 60]),
        ]
        var first = try #require(SequentialSampleRatio(weights: [1, 1]))
        var second = try #require(SequentialSampleRatio(weights: [3, 1]))
        var evidence: [Double] = []
        first.observe([150, 60])
        evidence.append(first.logEvidence)
        first.observe([40, 130])
        evidence.append(first.logEvidence)
        second.observe([100, 60])
        evidence.append(first.logEvidence + second.logEvidence)
        let told = try #require(SplitAnalysis(weights: weights, units: units.reversed()).sequentialPValue)
        #expect(evidence[0] > evidence[1])
        #expect(isClose(told, exp(-(try #require(evidence.max())))))
        #expect(SplitAnalysis(weights: weights, units: []).sequentialPValue == nil)
    }

    @Test("The series ends where the analysis of all is, and is what was known at the end of each day")
    func series() throws {
        let definition = try Definitions.named("mean")
        let world = try World(count: 1_200)
        let rows = try world.days(definition)
        let plan = try AnalysisPlan(engine: .alwaysValid, plannedUnits: 1_000)
        let changes = rows.rows.map { (day: $0.key, sums: $0.value) }
        let series = EffectSeries(definition, changes, control: 0, plan: plan)
        #expect(series.points.map(\.day) == rows.rows.keys.sorted())
        for point in series.points {
            let analysis = MetricAnalysis(definition, rows.through(point.day), control: 0, plan: plan)
            #expect(point.arms == analysis.arms)
        }
        let sequential = try AnalysisPlan(
            engine: .groupSequential(.obrienFleming, looks: [0.3, 0.7, 1]), plannedUnits: 1_200)
        let looks = sequential.looks(world.dailyUnits())
        let few = EffectSeries(definition, changes, control: 0, plan: sequential, looks: looks)
        #expect(few.points.map(\.day) == looks.map(\.day) && looks.count == 3)
        let last = try #require(looks.last)
        let end = MetricAnalysis(definition, rows.through(last.day), control: 0, plan: sequential, looks: looks)
        #expect(few.points.last?.arms == end.arms)
    }

    @Test("Segments are one family, and an effect that differs between them is told from one that does not")
    func segments() throws {
        let definition = try MetricDefinition(name: "m", kind: .mean)
        func segment(_ lift: Double) -> PhasedSums { [[sums(400, 5), sums(400, 5 + lift), sums(400, 5.1)]] }
        let few = [[sums(1, 1), sums(1, 2), sums(1, 3)]]
        let metric = (definition, [("a", segment(0.3)), ("b", segment(-0.2)), ("c", few)])
        let plan = try AnalysisPlan(correction: .benjaminiHochberg)
        let analysis = try #require(SegmentAnalysis.family([metric], control: 0, plan: plan).first)
        #expect(analysis.segments.map(\.name) == ["a", "b", "c"])
        // Q of 0.3 and -0.2, each with a variance of 1/200.
        let told = try #require(analysis.differences[0].pValue)
        #expect(isClose(told, ChiSquared(degreesOfFreedom: 1).survival(2 * 0.25 * 0.25 * 200)))
        #expect(isClose(try #require(analysis.differences[1].pValue), 1))
        let answers = analysis.segments.flatMap { $0.analysis.arms.map { try? $0.result.get() } }
        #expect(answers.map { $0 == nil } == [false, false, false, false, true, true])
        let pValues = answers.map { $0?.pValue }
        #expect(answers.map { $0?.adjusted } == PValueAdjustment.benjaminiHochberg.adjust(pValues))
        let alone = SegmentAnalysis.family([(definition, [("a", segment(1))])], control: 0, plan: plan)
        #expect(alone[0].differences.map(\.pValue) == [nil, nil])
        // Several metrics are one family, and so are their differences.
        let two = SegmentAnalysis.family([metric, (definition, metric.1.reversed())], control: 0, plan: plan)
        let all = two.flatMap { $0.segments.flatMap { $0.analysis.arms.map { try? $0.result.get() } } }
        #expect(all.map { $0?.adjusted } == PValueAdjustment.benjaminiHochberg.adjust(all.map { $0?.pValue }))
        let differences = two.flatMap(\.differences)
        #expect(differences.map(\.pValue).prefix(2) == analysis.differences.map(\.pValue).prefix(2))
        #expect(
            differences.map(\.adjusted) == PValueAdjustment.benjaminiHochberg.adjust(differences.map(\.pValue)))
    }

    @Test("Parts that do not fit together are refused at their place")
    func problems() throws {
        func problem(
            arms: [String] = ["a", "b"], control: Int = 0, weights: [[Double]] = [[1, 1]], units: [DailyUnits] = [],
            metrics: [ExperimentAnalysis.Metric] = []
        ) throws -> String? {
            do throws(MetricProblem) {
                _ = try ExperimentAnalysis(
                    arms: arms, control: control, weights: weights, units: units, metrics: metrics,
                    plan: AnalysisPlan(), isOver: false)
                return nil
            } catch {
                return error.pointer
            }
        }
        let mean = try MetricDefinition(name: "m", kind: .mean)
        #expect(try problem() == nil)
        #expect(try problem(arms: ["a"]) == "/arms")
        #expect(try problem(control: 2) == "/control")
        #expect(try problem(weights: []) == "/weights")
        #expect(try problem(weights: [[1, 1], [1]]) == "/weights/1")
        #expect(try problem(weights: [[1, -1]]) == "/weights/0")
        #expect(try problem(units: [DailyUnits(phase: 1, day: 0, counts: [1, 1])]) == "/units/0/phase")
        #expect(try problem(units: [DailyUnits(phase: 0, day: 0, counts: [1])]) == "/units/0/counts")
        #expect(try problem(units: [DailyUnits(phase: 0, day: 0, counts: [1, -1])]) == "/units/0/counts")
        #expect(try problem(metrics: [.init(mean, [])]) == "/metrics/0/sums")
        #expect(try problem(metrics: [.init(mean, [[mean.noSums]])]) == "/metrics/0/sums")
        let other = try Definitions.named("ratio").noSums
        #expect(try problem(metrics: [.init(mean, [[other, other]])]) == "/metrics/0/sums")
        #expect(try problem(metrics: [.init(mean, [[mean.noSums, mean.noSums]])]) == nil)
    }
}
