import PythonOracle
import Randomness
import Statistics
import Testing

/// What decisions by a posterior promise where one looks again and again, and what they do not.
@Suite("Simulated experiments, judged by posteriors")
struct BayesianSimulationTests {
    private let prior: BayesianEffect.Prior

    init() throws {
        prior = try #require(BayesianEffect.Prior(mean: 0, standardDeviation: 0.1, scale: .absolute))
    }

    private func posterior(_ experiment: SimulatedExperiment, _ look: Int) throws -> BayesianEffect {
        try BayesianEffect(
            experiment.looks[look].estimate, scale: .absolute, prior: prior, controlMean: 0)
    }

    @Test("Of effects as the prior says, decisions at the first moment are wrong as often as the posterior says")
    func calibratedStopping() throws {
        var (decided, wrong, inside) = (0, 0, 0)
        var told = 0.0
        for run in 0..<TestScale.runs {
            var random = RandomRow(seed: 2_103, stream: 6, row: UInt64(run))
            let truth = random.normal(mean: 0, standardDeviation: 0.1)
            let experiment = SimulatedExperiment(run: run, effect: truth, looks: 50, batch: 50)
            let (verdict, look) = try experiment.decision(countsAtAnyTime: true) {
                try posterior(experiment, $0).interval()
            }
            let belief = try posterior(experiment, look)
            inside += belief.interval().contains(truth) ? 1 : 0
            guard verdict != .keepRunning else { continue }
            decided += 1
            told += verdict == .ship ? belief.chanceToLose : belief.chanceToWin
            wrong += (truth > 0) == (verdict == .ship) ? 0 : 1
        }
        #expect(decided > TestScale.runs / 2)
        #expect(isPlausible(wrong, of: decided, rate: told / Double(decided)))
        #expect(isAtMost(wrong, of: decided, rate: 0.025))
        #expect(isPlausible(inside, rate: 0.95), "also at the moment that was chosen by looking")
    }

    /// The doc says so: ops/docs/experiment-results.md.
    @Test("Where nothing has any effect, a posterior finds one in 5 % of the runs at one look, and more often at fifty")
    func noPromise() throws {
        func alarms(looks: Int, batch: Int) throws -> Int {
            try runs { run in
                let experiment = SimulatedExperiment(run: run, looks: looks, batch: batch)
                return try experiment.verdict(countsAtAnyTime: true) { try posterior(experiment, $0).interval() }
                    != .keepRunning
            }
        }
        #expect(isAtMost(try alarms(looks: 1, batch: 2_500), rate: 0.05))
        let often = try alarms(looks: 50, batch: 50)
        #expect(!isAtMost(often, rate: 0.05) && isPlausible(often, rate: 0.168))
    }
}
