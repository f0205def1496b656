import Foundation
import PythonOracle
import Testing

@testable import Statistics

private let oracle = PythonOracle(
    "power_oracle.py", modules: ["scipy", "statsmodels"], golden: "StatisticsTests/Golden/power.txt")

/// `Tests/Oracles/power_oracle.py`: statsmodels, scipy's root finder, and adaptive quadrature.
@Suite("Others' code as an oracle for power")
struct PowerOracleTests {
    private static let cases = Result { try oracle.goldenCases() }

    private func cases(_ tag: String) throws -> [[String]] {
        let cases = try Self.cases.get().filter { $0[0] == tag }
        #expect(cases.count >= 15)
        return cases.map { Array($0.dropFirst()) }
    }

    private func numbers(_ fields: some Sequence<String>) throws -> [Double] {
        try fields.map { try #require(Double($0)) }
    }

    private func design(
        _ alpha: Double, sides: Double, _ rule: TestDesign.Rule = .fixed, strictness: Double = 1
    ) throws -> TestDesign {
        try TestDesign(
            try #require(SignificanceLevel(alpha: alpha)), isTwoSided: sides == 2, rule: rule, strictness: strictness)
    }

    /// The plan of a case of `u` or `m`.
    private func plan(_ n: [Double]) throws -> ExperimentPlan {
        try ExperimentPlan(
            metric: ExperimentPlan.Metric(mean: 1, variance: n[0] * n[0], explained: n[1]), scale: .absolute,
            variantShare: n[2], design: design(n[3], sides: n[5], strictness: n[4]))
    }

    @Test("Units are the next whole number behind those at which statsmodels has the power")
    func units() throws {
        for fields in try cases("u") {
            let n = try numbers(fields)
            let units = try plan(n).units(effect: n[6], power: n[7])
            #expect(Double(units) >= n[8] * (1 - 1e-9) && Double(units) < n[8] * (1 + 1e-9) + 1, "\(fields)")
        }
    }

    @Test("The smallest effect is the one at which statsmodels has the power")
    func effects() throws {
        for fields in try cases("m") {
            let n = try numbers(fields)
            let effect = try plan(n).minimumDetectableEffect(units: n[6], power: n[7])
            #expect(isClose(effect, n[8], tolerance: 1e-9, floor: 0), "\(fields)")
        }
    }

    @Test("Proportions have the power of statsmodels' test with unequal variances")
    func proportions() throws {
        for fields in try cases("p") {
            let n = try numbers(fields)
            let plan = try ExperimentPlan(
                metric: ExperimentPlan.Metric(proportion: n[0]), scale: .absolute, variantShare: n[1],
                design: design(n[2], sides: n[3]))
            #expect(isClose(try plan.power(effect: n[4], units: n[5]), n[6], tolerance: 1e-9, floor: 1e-6), "\(fields)")
            let relative = try ExperimentPlan(
                metric: plan.metric, scale: .relative, variantShare: n[1], design: plan.design)
            // Over a tenth more, told as a share.
            let (least, most) = (n[0] * 1.1, n[5] * (1 - n[1]))
            if least < 1 {
                let error = ((least * (1 - least)) / (n[5] * n[1]) + 1.1 * 1.1 * n[0] * (1 - n[0]) / most).squareRoot()
                #expect(isClose(relative.standardError(effect: 0.1, units: n[5]), error / n[0], tolerance: 1e-12))
            }
        }
    }

    @Test("Mean, variance and what a covariate explains of an arm are those of statsmodels' least squares")
    func baselines() throws {
        for fields in try cases("b") {
            let y = try numbers(fields[0].split(separator: ",").map(String.init))
            let x = fields[1] == "-" ? [] : try numbers(fields[1].split(separator: ",").map(String.init))
            var moments = CrossMoments(variableCount: x.isEmpty ? 1 : 2)
            for (index, value) in y.enumerated() { moments.add(x.isEmpty ? [value] : [value, x[index]]) }
            let metric = try ExperimentPlan.Metric(moments, covariates: x.isEmpty ? [] : [.mean(1)])
            let n = try numbers(fields[2...])
            #expect(isClose(metric.mean, n[0], tolerance: 1e-12, floor: 0))
            #expect(isClose(metric.variance, n[1], tolerance: 1e-9, floor: 0))
            #expect(isClose(metric.explained, n[2], tolerance: 1e-9, floor: 1e-3), "\(fields)")
        }
    }

    @Test("Group-sequential tests need the drift that a quadrature over all looks finds")
    func groupSequential() throws {
        for fields in try cases("g") {
            let n = try numbers(fields[0...1] + fields[3...])
            let count = Int(n[3])
            let spending: AlphaSpending = fields[2] == "pocock" ? .pocock : .obrienFleming
            let design = try design(
                n[0], sides: n[1], .groupSequential(spending, looks: Array(n[4..<4 + count])))
            let drift = try TestPower(design, n[2]).drift(units: 1_000)
            #expect(isClose(drift, n[4 + count], tolerance: count < 3 ? 1e-9 : 1e-6, floor: 0), "\(fields) \(drift)")
        }
    }

    @Test("Always valid tests need the drift of their last look's critical value")
    func alwaysValid() throws {
        for fields in try cases("v") {
            let n = try numbers(fields)
            let planned = try design(n[0], sides: n[1], .alwaysValid(tightestAt: 1_000), strictness: n[2])
            let drift = try TestPower(planned, n[4]).drift(units: 1_000 * n[3])
            #expect(isClose(drift, n[5], tolerance: 1e-9, floor: 0), "\(fields)")
            let toItsEnd = try design(n[0], sides: n[1], .alwaysValidToItsEnd(1 / n[3]), strictness: n[2])
            for units in [10, 5_000, 1e9] {
                #expect(
                    isClose(try TestPower(toItsEnd, n[4]).drift(units: units), n[5], tolerance: 1e-9, floor: 0),
                    "\(fields)")
            }
        }
    }
}
