import PythonOracle
import Randomness
import Statistics

/// An experiment of two arms whose units are normal with variance 1, in even batches: what it shows after each.
struct SimulatedExperiment {
    let looks: [(estimate: Estimate, units: Int)]

    /// - Parameters:
    ///   - batch: units of each arm that come between two looks.
    init(run: Int, effect: Double = 0, looks count: Int, batch: Int) {
        var random = RandomRow(seed: 2_103, stream: 1, row: UInt64(run))
        let size = Double(batch)
        var arms = [(n: 0.0, mean: 0.0, squares: 0.0), (n: 0.0, mean: 0.0, squares: 0.0)]
        looks = (0..<count).map { _ in
            for arm in 0...1 {
                // The mean of a batch and its squares about that mean are independent (Cochran's theorem).
                let mean = random.normal(mean: arm == 1 ? effect : 0, standardDeviation: 1 / size.squareRoot())
                let squares = random.gamma(shape: (size - 1) / 2, scale: 2)
                let (n, difference) = (arms[arm].n, mean - arms[arm].mean)
                arms[arm].squares += squares + difference * difference * n * size / (n + size)
                arms[arm].mean += difference * size / (n + size)
                arms[arm].n = n + size
            }
            let variances = arms.map { $0.squares / ($0.n - 1) / $0.n }
            let estimate = Estimate(
                value: arms[1].mean - arms[0].mean, standardError: (variances[0] + variances[1]).squareRoot())
            return (estimate, Int(2 * arms[0].n))
        }
    }
}

extension SimulatedExperiment {
    /// The first verdict that is not to go on, asked at every look.
    func verdict(
        countsAtAnyTime: Bool, _ interval: (Int) throws -> Interval
    ) rethrows -> ExperimentDecision.Verdict {
        try decision(countsAtAnyTime: countsAtAnyTime, interval).verdict
    }

    /// The same, with the look at which it was taken; with the last one where there was none.
    func decision(
        countsAtAnyTime: Bool, _ interval: (Int) throws -> Interval
    ) rethrows -> (verdict: ExperimentDecision.Verdict, look: Int) {
        for look in looks.indices {
            let decision = ExperimentDecision(
                ExperimentEvidence(
                    metrics: [.init(name: "goal", role: .goal, scale: .absolute, interval: try interval(look))],
                    hasEnded: look == looks.count - 1, countsAtAnyTime: countsAtAnyTime, sampleRatioPValue: 0.5))
            if decision.verdict != .keepRunning { return (decision.verdict, look) }
        }
        return (.keepRunning, looks.count - 1)
    }
}

/// In how many of the runs something holds.
func runs(_ holds: (Int) throws -> Bool) rethrows -> Int { try (0..<TestScale.runs).count(where: holds) }
