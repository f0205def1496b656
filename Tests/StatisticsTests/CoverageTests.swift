import PythonOracle
import Statistics
import Testing

/// Experiments simulated over and over: an interval holds the truth, and a test without an effect alarms, as often as
/// their level says.
@Suite("Coverage by simulation")
struct CoverageTests {
    /// Kinds of experiments, each with a known effect.
    enum Design: String, CaseIterable {
        case unequalArms, proportion, ratio, households, strata, covariates, quantileOfSketch

        /// Of an experiment in which the treatment is so much higher, relatively.
        func comparison(_ lift: Double, _ generator: inout SeededGenerator) throws -> Comparison {
            func moments(_ count: Int, _ draw: (inout SeededGenerator) -> Double) -> Moments {
                Moments((0..<count).map { _ in draw(&generator) })
            }
            func pairs(_ count: Int, _ draw: (inout SeededGenerator) -> [Double]) -> CrossMoments {
                var pairs = CrossMoments(variableCount: 2)
                for _ in 0..<count { pairs.add(draw(&generator)) }
                return pairs
            }
            let factor = 1 + lift
            switch self {
            case .unequalArms:
                return try Comparison(
                    treatment: moments(25) { factor * (5 + 2 * normal(&$0)) },
                    control: moments(80) { 5 + 0.7 * normal(&$0) })
            case .proportion:
                func successes(_ rate: Double) -> Moments {
                    moments(300) { Double.random(in: 0..<1, using: &$0) < rate ? 1 : 0 }
                }
                return try Comparison(treatment: successes(0.3 * factor), control: successes(0.3))
            case .ratio:
                func users(_ count: Int, _ worth: Double) -> CrossMoments {
                    pairs(count) {
                        let orders = Double(1 + $0.below(4))
                        return [orders * worth * (1 + 0.2 * normal(&$0)), orders]
                    }
                }
                return try Comparison(
                    treatment: users(120, 20 * factor), control: users(90, 20), metric: .ratio(0, by: 1))
            case .households:
                func households(_ mean: Double) -> CrossMoments {
                    pairs(90) {
                        let (size, common) = (1 + $0.below(5), normal(&$0))
                        var sum = 0.0
                        for _ in 0..<size { sum += mean * (1 + 0.2 * common + 0.1 * normal(&$0)) }
                        return [sum, Double(size)]
                    }
                }
                return try Comparison(
                    treatment: households(8 * factor), control: households(8), metric: .ratio(0, by: 1))
            case .strata:
                // Strata differ much, and so do the effects in them.
                var strata = (0..<3).map { _ in (treatment: Moments(), control: Moments()) }
                for unit in 0..<240 {
                    let stratum = generator.below(3)
                    let value = Double(4 + 3 * stratum) + 0.5 * normal(&generator)
                    if unit.isMultiple(of: 2) {
                        strata[stratum].treatment.add(value + 7 * lift * Double(stratum))
                    } else {
                        strata[stratum].control.add(value)
                    }
                }
                return try Comparison(strata: strata)
            case .covariates:
                func users(_ count: Int, _ factor: Double) -> CrossMoments {
                    pairs(count) {
                        let before = normal(&$0)
                        return [factor * (6 + before + 0.8 * normal(&$0)), before]
                    }
                }
                // So few that the error of the coefficient counts.
                return try Comparison(treatment: users(6, factor), control: users(5, 1), covariates: [.mean(1)])
            case .quantileOfSketch:
                func arm(_ factor: Double) throws -> QuantileEstimate {
                    let values = (0..<250).map { _ in factor * (10 + normal(&generator)) }
                    return try QuantileEstimate(QuantileSketch(values).ordered, share: 0.75)
                }
                return try Comparison(treatment: arm(factor), control: arm(1))
            }
        }

        /// The absolute effect of a relative one.
        func truth(_ lift: Double) -> Double {
            switch self {
            case .unequalArms: 5 * lift
            case .proportion: 0.3 * lift
            case .ratio: 20 * lift
            case .households: 8 * lift
            case .strata: 7 * lift
            case .covariates: 6 * lift
            case .quantileOfSketch: (10 + Normal.quantile(0.75)) * lift
            }
        }
    }

    private static let runs = TestScale.isFull ? 4_000 : 600

    @Test("Intervals hold the truth, and tests of nothing alarm, as often as they say", arguments: Design.allCases)
    func coverage(design: Design) throws {
        var generator = SeededGenerator(seed: 51)
        let runs = Self.runs
        var (absolute, relative, fieller, alarms) = (0, 0, 0, 0)
        for _ in 0..<runs {
            let lift = 0.1
            let comparison = try design.comparison(lift, &generator)
            absolute += comparison.absolute.interval().contains(design.truth(lift)) ? 1 : 0
            relative += try comparison.relative().interval().contains(lift) ? 1 : 0
            fieller += comparison.relativeInterval().contains(lift) ? 1 : 0
            alarms += try design.comparison(0, &generator).absolute.pValue() < 0.05 ? 1 : 0
        }
        let band = 3 * (0.95 * 0.05 / Double(runs)).squareRoot()
        for (what, count) in [
            ("absolute", absolute), ("relative", relative), ("Fieller", fieller), ("A/A", runs - alarms),
        ] {
            #expect(abs(Double(count) / Double(runs) - 0.95) < band, "\(design) \(what)")
        }
    }
}
