import ExperimentsAPI
import JSON
import PythonOracle
import ServiceContract
import Testing

@testable import ExperimentsService

/// `Tests/Oracles/replay_oracle.py`: Open Bandit Pipeline over a dataset as clients send it.
@Suite struct ReplayOracleTests {
    private static let oracle = PythonOracle(
        "replay_oracle.py", modules: ["numpy", "obp.version"], golden: "PoliciesTests/Golden/replays.txt")

    @Test("What replays find on a dataset is what Open Bandit Pipeline does, for every rule and estimator")
    func results() async throws {
        let cases = try Self.oracle.goldenCases()
        let rows = try cases.filter { $0[0] == "row" }.prefix(1_203).map { try DatasetRow(json: $0[1]) }
        let replays = cases.filter { $0[0] == "replay" }
        #expect(rows.count == 1_203 && replays.count >= 6)
        try await withExperiments { service in
            let begun = try await service.dataset(arms: ["a", "b", "c"], features: ["x", "y"], targets: ["p"])
            let sealed = try await service.sealed(Array(rows), in: begun)
            for fields in replays {
                let replay = try await service.ended(
                    try await service.replay(sealed, try DecisionRule(json: fields[1]), against: .logged(.init())))
                let estimates = try #require(replay.results?.estimates)
                #expect(estimates.map(\.estimator) == ReplayEstimator.allCases)
                for (estimate, field) in zip(estimates, fields[2...]) {
                    let expected = field.split(separator: ",").compactMap { Double($0) }
                    let ours = [estimate.target.value, estimate.target.standardError, estimate.difference?.value]
                    for (one, other) in zip(ours, expected) {
                        #expect(
                            isClose(try #require(one), other, tolerance: 1e-9, floor: 1),
                            "\(estimate.estimator) of \(fields[1])")
                    }
                }
            }
        }
    }
}
