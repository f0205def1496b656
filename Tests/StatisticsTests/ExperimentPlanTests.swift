import Statistics
import Testing

@Suite("Power")
struct ExperimentPlanTests {
    private func plan(
        _ scale: EffectScale = .absolute, mean: Double = 10, variance: Double = 25, explained: Double = 0,
        isTwoSided: Bool = true, rule: TestDesign.Rule = .fixed
    ) throws -> ExperimentPlan {
        try ExperimentPlan(
            metric: ExperimentPlan.Metric(mean: mean, variance: variance, explained: explained), scale: scale,
            design: TestDesign(isTwoSided: isTwoSided, rule: rule))
    }

    private func interim(_ estimate: Double, _ error: Double, _ units: Int) throws -> TestDesign.Interim {
        try #require(TestDesign.Interim(Estimate(value: estimate, standardError: error), units: units))
    }

    @Test("Sixteen times the variance by the squared effect, in each arm, is found with 80 %")
    func ruleOfThumb() throws {
        // Lehr's rule; (1.96 + 0.8416)² × 2 = 15.698.
        let units = try plan().units(effect: 0.5, power: 0.8)
        #expect(units == 3_140)
        #expect(try plan().power(effect: 0.5, units: Double(units)) >= 0.8)
        #expect(try plan().power(effect: 0.5, units: Double(units - 1)) < 0.8)
    }

    @Test("Units, power and smallest effect are each other's inverse for every rule, on both scales")
    func inverses() throws {
        let rules: [TestDesign.Rule] = [
            .fixed, .alwaysValid(tightestAt: 5_000), .groupSequential(.obrienFleming, looks: TestDesign.evenLooks(5)),
        ]
        for rule in rules {
            for scale in EffectScale.allCases {
                let plan = try plan(scale, rule: rule)
                for sign in [FloatingPointSign.plus, .minus] {
                    let effect = try plan.minimumDetectableEffect(units: 4_000, power: 0.9, sign: sign)
                    #expect(effect.sign == sign)
                    #expect(abs(try plan.power(effect: effect, units: 4_000) - 0.9) < 1e-10)
                    #expect(abs(try plan.units(effect: effect * (1 + 1e-9), power: 0.9) - 4_000) <= 1)
                }
            }
        }
    }

    @Test("CUPED that explains half of the variance halves the units")
    func cuped() throws {
        let without = try plan().units(effect: 0.3, power: 0.8)
        let with = try plan(explained: 0.5).units(effect: 0.3, power: 0.8)
        #expect(abs(Double(with) / Double(without) - 0.5) < 0.001)
    }

    @Test("Looking often costs power: fixed, O'Brien and Fleming, Pocock, always valid, in this order")
    func priceOfLooking() throws {
        let powers = try [
            TestDesign.Rule.fixed, .groupSequential(.obrienFleming, looks: TestDesign.evenLooks(5)),
            .groupSequential(.pocock, looks: TestDesign.evenLooks(5)),
            .alwaysValid(tightestAt: 3_000),
        ].map { try plan(rule: $0).power(effect: 0.5, units: 3_000) }
        #expect(zip(powers, powers.dropFirst()).allSatisfy { $0 > $1 })
        // A single look costs nothing.
        let one = try plan(rule: .groupSequential(.pocock, looks: TestDesign.evenLooks(1))).power(
            effect: 0.5, units: 3_000)
        #expect(abs(one - powers[0]) < 1e-9)
    }

    @Test("A relative effect that no number of units, or no effect of so few units, can show is out of reach")
    func outOfReach() throws {
        #expect(throws: PlanError.outOfReach) { try plan().units(effect: 0, power: 0.8) }
        #expect(throws: PlanError.outOfReach) { try plan().units(effect: 1e-9, power: 0.8) }
        #expect(throws: PlanError.outOfReach) { try plan(isTwoSided: false).units(effect: -1, power: 0.8) }
        #expect(throws: PlanError.outOfReach) {
            try plan(.relative, mean: 1).minimumDetectableEffect(units: 40, power: 0.8)
        }
        #expect(throws: PlanError.controlMeanIsZero) { try plan(.relative, mean: 0) }
        #expect(throws: PlanError.parameter("variance")) { try plan(variance: 0) }
        #expect(throws: PlanError.parameter("variance")) { try plan(variance: .nan) }
        #expect(throws: PlanError.parameter("explained")) { try plan(explained: 1) }
        #expect(throws: PlanError.parameter("power")) { try plan().units(effect: 1, power: 1) }
        #expect(throws: PlanError.parameter("units")) { try plan().power(effect: 1, units: 1) }
    }

    @Test("Conditional power: before anything is there it is the power, at the end it is the answer")
    func conditionalPower() throws {
        let plan = try plan()
        let start = try interim(7, plan.standardError(effect: 0, units: 2), 2)
        let early = try plan.design.conditionalPower(start, effect: 0.5, units: 3_140)
        #expect(abs(early - 0.8) < 0.01)
        let end = try interim(0.5, 0.2, 3_000)
        #expect(try plan.design.conditionalPower(end, units: 3_000) == 1)
        let short = try interim(0.3, 0.2, 3_000)
        #expect(try plan.design.conditionalPower(short, units: 3_000) == 0)
        // Half way with a z-score of 2 and its trend going on, by Lan and Wittes' B-value: Φ((2√2 - z)/√½), B = 2√½.
        let half = try interim(0.4, 0.2, 1_500)
        let expected = Normal.cumulative((2 * 2.0.squareRoot() - 1.959963984540054) / 0.5.squareRoot())
        #expect(abs(try plan.design.conditionalPower(half, units: 3_000) - expected) < 1e-4)
        #expect(throws: PlanError.parameter("units")) { try plan.design.conditionalPower(half, units: 1_000) }
        #expect(TestDesign.Interim(Estimate(value: 1, standardError: 0), units: 9) == nil)
        #expect(TestDesign.Interim(Estimate(value: .nan, standardError: 1), units: 9) == nil)
    }

    @Test("The units that a running test needs give it the smallest effect that was asked for")
    func unitsNeeded() throws {
        for rule in [TestDesign.Rule.fixed, .alwaysValid(tightestAt: 5_000)] {
            let test = try TestPower(plan(rule: rule).design, 0.8)
            let interim = try interim(0.1, 0.3, 1_000)
            let units = try test.unitsNeeded(interim, effect: 0.4)
            #expect(try test.minimumDetectableEffect(interim, units: Double(units)) <= 0.4)
            #expect(try test.minimumDetectableEffect(interim, units: Double(units - 1)) > 0.4)
            #expect(try test.unitsNeeded(interim, effect: 100) == 1_000)
            #expect(throws: PlanError.outOfReach) { try test.unitsNeeded(interim, effect: 1e-9) }
        }
    }

    @Test("Of more looks than are integrated the last alone counts, which promises a little less")
    func manyLooks() throws {
        let most = TestDesign.integratedLooks
        func drift(_ looks: Int) throws -> Double {
            let design = try TestDesign(rule: .groupSequential(.pocock, looks: TestDesign.evenLooks(looks)))
            return try TestPower(design, 0.8).drift(units: 1)
        }
        let (all, alone) = (try drift(most), try drift(most + 1))
        let last = try TestDesign(rule: .groupSequential(.pocock, looks: TestDesign.evenLooks(most + 1)))
        #expect(abs(alone - last.criticalValue(units: 1) - Normal.upperQuantile(0.2)) < 1e-6)
        #expect(all < alone && alone < all + 0.5)
    }
}
