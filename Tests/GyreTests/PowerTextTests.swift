import ExperimentsAPI
import JSON
import Testing

@testable import Gyre

@Suite struct PowerTextTests {
    @Test("An effect with a percent sign is relative, and nothing that is no number above 0 is one")
    func effects() {
        #expect(EffectArgument(argument: "5%")?.value == 0.05 && EffectArgument(argument: "5%")?.isRelative == true)
        #expect(EffectArgument(argument: "2.5")?.value == 2.5 && EffectArgument(argument: "2.5")?.isRelative == false)
        for text in ["", "%", "0", "-1%", "five", "inf", "nan"] { #expect(EffectArgument(argument: text) == nil) }
    }

    private func isInOrder(_ parts: [String], _ text: String) -> Bool {
        var rest = text[...]
        for part in parts {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    @Test("Before a test: what units do, what it needs, and what each week finds")
    func before() {
        let effect = EffectSize(absolute: 0.01, relative: 0.05)
        let text = PowerText.text(
            ExperimentPower.Estimate.Reply(
                baseline: PowerBaseline(
                    mean: 0.2, standardDeviation: 0.4, isProportion: true, varianceCut: 0.3, experiment: "checkout",
                    units: 900),
                questions: 2, power: 0.8, alpha: 0.05, effect: effect, units: 51_159, arms: [25_580, 25_580], days: 13,
                weeks: [WeekPower(week: 1, units: 7), WeekPower(week: 2, units: 56_000, effect: effect)],
                assumptions: ["All is well."]))
        let parts = [
            "0.2000", "30.0 %", "900 units of the control of checkout", "5.0 % (0.0100)", "25580 + 25580", "13 days",
            "80.0 % at a level of 0.05", "2 questions", "nothing", "56000", "5.0 %", "  All is well.",
        ]
        #expect(isInOrder(parts, text), "\(text)")
    }

    @Test("During a test: a line for each metric and variant, then each in a sentence")
    func during() throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let text = PowerText.text(
            ExperimentPower.Get.Reply(
                experiment: "checkout", status: .active, at: time, power: 0.8, units: 600, plannedUnits: 2_000,
                unitsPerDay: 100,
                metrics: [
                    MetricPower(
                        metric: "spend", role: .goal, scale: .relative,
                        arms: [
                            ArmPower(
                                variant: "new", summary: "12 more.", varianceCut: 0.4,
                                effect: EffectSize(absolute: 1, relative: 0.08),
                                effectAtEnd: EffectSize(absolute: 0.5, relative: 0.04),
                                planned: PlannedEffect(
                                    effect: EffectSize(absolute: 0.6, relative: 0.05), unitsMissing: 12, days: 1,
                                    power: 0.9)),
                            ArmPower(variant: "newer", summary: "Too little.", notEnoughData: "needs more"),
                        ])
                ], assumptions: []))
        let parts = [
            "checkout is active: 600 of 2000 units, 100.0 a day.", "40.0 %", "8.0 %", "4.0 %", "5.0 %", "90.0 %", "12",
            "1", "newer", "80.0 %", "spend, new: 12 more.", "spend, newer: Too little.",
        ]
        #expect(isInOrder(parts, text), "\(text)")
    }
}
