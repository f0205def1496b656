import Statistics
import Testing

@Suite("Decisions")
struct ExperimentDecisionTests {
    typealias Metric = ExperimentEvidence.Metric

    private func goal(
        _ lower: Double, _ upper: Double, _ direction: Direction = .higherIsBetter, worthHaving: Double? = nil
    ) -> Metric {
        Metric(
            name: "signups", role: .goal, direction: direction, interval: .init(lower: lower, upper: upper),
            worthHaving: worthHaving)
    }

    private func guardrail(_ lower: Double, _ upper: Double, _ direction: Direction = .lowerIsBetter)
        -> Metric
    {
        Metric(
            name: "latency", role: .guardrail(margin: 0.02), direction: direction,
            interval: .init(lower: lower, upper: upper))
    }

    private func decide(
        _ metrics: [Metric], ended: Bool = true, isOver: Bool = false, anyTime: Bool = false, ratio: Double? = 0.5,
        empty: [String] = [],
        several: Double = 0
    ) -> ExperimentDecision {
        ExperimentDecision(
            ExperimentEvidence(
                metrics: metrics, hasEnded: ended, isOver: isOver, countsAtAnyTime: anyTime, sampleRatioPValue: ratio,
                emptyArms: empty,
                severalVariantsShare: several))
    }

    @Test("The table of the rule")
    func table() {
        #expect(decide([goal(0.01, 0.03), guardrail(-0.01, 0.01)]).verdict == .ship)
        #expect(decide([goal(-0.03, -0.01, .lowerIsBetter)]).verdict == .ship)
        #expect(decide([goal(0.01, 0.03), guardrail(-0.01, 0.03)]).verdict == .keepRunning)
        #expect(decide([goal(0.01, 0.03), guardrail(0.03, 0.05)]).verdict == .rollBack)
        #expect(decide([goal(0.01, 0.03), guardrail(0.01, 0.05)]).verdict == .keepRunning)
        #expect(decide([goal(-0.03, -0.01)]).verdict == .rollBack)
        #expect(decide([goal(-0.01, 0.03)]).verdict == .keepRunning)
        #expect(decide([goal(-0.01, 0.03, worthHaving: 0.05)]).verdict == .rollBack)
        #expect(decide([goal(-0.01, 0.03, worthHaving: 0.02)]).verdict == .keepRunning)
        #expect(decide([goal(-0.01, 0.03, worthHaving: 0.05)], ended: false, anyTime: true).verdict == .keepRunning)
        #expect(decide([goal(0.01, 0.03)], ended: false).verdict == .keepRunning)
        #expect(decide([goal(0.01, 0.03)], ended: false, anyTime: true).verdict == .ship)
        #expect(decide([guardrail(-0.01, 0.01)]).verdict == .keepRunning)
        #expect(decide([]).reasons == [.noGoal])
        // Where nobody comes any more it cannot go on.
        #expect(decide([goal(-0.01, 0.03)], isOver: true).verdict == .inconclusive)
        #expect(decide([goal(0.01, 0.03), guardrail(-0.01, 0.01)], isOver: true).verdict == .ship)
        #expect(decide([goal(-0.03, -0.01)], isOver: true).verdict == .rollBack)
    }

    @Test("Broken comes before everything: a wrong split, an empty arm, people who met several variants")
    func broken() {
        let fine = [goal(0.01, 0.03)]
        #expect(decide(fine, ratio: 0.0009).verdict == .broken)
        #expect(decide(fine, ratio: 0.001).verdict == .ship)
        #expect(decide(fine, ratio: .nan).verdict == .broken)
        #expect(decide(fine, empty: ["blue"]).reasons == [.emptyArm("blue")])
        #expect(decide(fine, several: 0.011).verdict == .broken)
        #expect(decide(fine, several: .nan).verdict == .broken)
        #expect(decide(fine, ratio: nil).verdict == .ship)
    }

    @Test("What is no interval is not enough data, and nothing ships without its guardrails' data")
    func missing() {
        let nothing = Metric(name: "latency", role: .guardrail(margin: 0.02), interval: .init(lower: .nan, upper: 1))
        let decision = decide([goal(0.01, 0.03), nothing])
        #expect(decision.verdict == .keepRunning)
        #expect(decision.reasons.contains(.notEnoughData(metric: "latency")))
        #expect(Metric(name: "a", role: .goal, interval: Interval(lower: 2, upper: 1)).interval == nil)
    }

    @Test("Reasons are sentences with short numbers")
    func sentences() {
        #expect(
            decide([goal(0.0123456, 0.03), guardrail(-0.01, 0.00999)]).reasons.map(\.description) == [
                "signups +1.23 % to +3 %: better.", "latency -1 % to +0.999 %: within its margin of 2 %.",
            ])
        #expect(
            decide([], ratio: 0.000_041_23).reasons.map(\.description) == [
                "People are not split as promised (p = 4.12e-05, below 0.001): find out why first."
            ])
        let visits = Metric(
            name: "visits", role: .goal, scale: .absolute, interval: .init(lower: -123_456, upper: .infinity))
        #expect(decide([visits]).reasons.map(\.description) == ["visits -123000 to +∞: may be better or worse."])
    }
}
