import ExperimentsAPI
import JSON
import Testing

@testable import Gyre

@Suite struct ResultsTextTests {
    @Test("Intervals lie on one axis with zero in its middle")
    func plot() {
        let plot = IntervalPlot([(-0.1, 0.2), (0.05, 0.1)])
        #expect(plot.line(0.05, (-0.1, 0.2)) == "··········├─────────┼────●──────────────┤")
        #expect(plot.line(0.075, (0.05, 0.1)) == "····················│····├──●─┤··········")
        #expect(plot.line(0, nil) == "····················●····················")
        #expect(IntervalPlot([]).line(0.5, nil) == "····················│·········●··········")
    }

    @Test("The split comes first, then each metric with its interval, then what to do")
    func results() throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let figure = EffectFigure(value: 0.1, interval: EffectInterval(lower: 0.05, upper: 0.15))
        let text = ResultsText.text(
            ExperimentResults.Get.Reply(
                experiment: "checkout", status: .active, at: time, arms: ["control", "new"], control: "control",
                hasEnded: false, severalVariantsShare: 0,
                split: SplitResult(units: [100, 101], sequentialPValue: 1, isBroken: false, phases: [], days: []),
                metrics: [
                    MetricResult(
                        metric: "orders", role: .goal, direction: .higherIsBetter, scale: .relative,
                        arms: [
                            ArmResult(
                                variant: "new", mean: 1.1, controlMean: 1, relative: figure, pValue: 0.01,
                                varianceCut: 0.4)
                        ])
                ],
                decisions: [],
                recommendation: ArmDecision(variant: "new", verdict: .ship, reasons: ["orders: better."])))
        let parts = [
            "control (control)", "as promised (p = 1.000)", "+10.0 %", "+5.0 % to +15.0 %", "by 40.0 %", "Ship: new",
            "  orders: better.",
        ]
        var rest = text[...]
        for part in parts {
            let found = try #require(rest.firstRange(of: part), "\(part) in \(text)")
            rest = rest[found.upperBound...]
        }
    }

    @Test("Each segment is a line, and whether the effect differs is said below")
    func segments() throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00Z"))
        let figure = EffectFigure(value: 0.1, interval: EffectInterval(lower: 0.05, upper: 0.15))
        let text = SegmentsText.text(
            ExperimentResults.Segments.Reply(
                experiment: "checkout", at: time, attribute: "country", arms: ["control", "new"], control: "control",
                metrics: [
                    MetricSegments(
                        metric: "orders", role: .goal, direction: .higherIsBetter, scale: .relative,
                        segments: [
                            SegmentResult(
                                value: "AT",
                                arms: [ArmResult(variant: "new", units: 90, relative: figure, adjustedPValue: 0.02)]),
                            SegmentResult(arms: [ArmResult(variant: "new", notEnoughData: "needs 2 units and has 0")]),
                        ],
                        differences: [
                            SegmentDifference(
                                variant: "new", pValue: 0.01, adjustedPValue: 0.03, summary: "It differs.")
                        ])
                ], assumptions: []))
        let parts = [
            "orders by country", "AT", "90", "+10.0 %", "0.0200", "other", "other, new: needs 2 units",
            "new: It differs. (p = 0.0300)",
        ]
        var rest = text[...]
        for part in parts {
            let found = try #require(rest.firstRange(of: part), "\(part) in \(text)")
            rest = rest[found.upperBound...]
        }
    }
}
