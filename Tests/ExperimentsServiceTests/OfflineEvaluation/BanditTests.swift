import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import PlatformAPI
import Policies
import Randomness
import ServiceContract
import Testing

@testable import ExperimentsService
@testable import ServiceKit

/// Bandits: decide, reward, dataset, replay, and round again.
@Suite struct BanditTests {
    @discardableResult
    private func bandit(
        _ service: ExperimentsUnderTest, _ kind: BanditKind, arms: [String] = ["a", "b"], features: [String] = [],
        floor: Double = 0.05
    ) async throws -> Bandit {
        try await service.bandits.create(
            Bandits.Create.Params(
                key: "dinner", policyVersionId: try await service.versions()[0].id, kind: kind, arms: arms,
                features: features, floor: floor), for: service.call)
    }

    private func decide(
        _ service: ExperimentsUnderTest, _ features: [Double] = [], unit: String? = nil, arms: [String] = []
    ) async throws -> BanditDecision {
        try await service.bandits.decide(
            Bandits.Decide.Params(
                key: "dinner", features: features, unit: unit.map { DatasetUnit(type: "user", id: $0) }, arms: arms),
            for: service.call)
    }

    private func reward(
        _ service: ExperimentsUnderTest, _ decision: BanditDecision, _ reward: Double
    ) async throws -> BanditDecision {
        try await service.bandits.reward(
            Bandits.Reward.Params(decisionId: decision.id, reward: reward), for: service.call)
    }

    @Test("A bandit finds the better arm, and its decisions become a dataset on which another policy is judged")
    func circle() async throws {
        try await withExperiments { service in
            let made = try await bandit(service, .linUcb, features: ["x"], floor: 0.2)
            var chosen = 0
            for index in 0..<700 {
                let x = Double(index % 10) / 10
                let decision = try await decide(service, [x], unit: "u\(index % 30)")
                #expect(decision.number == index + 1)
                #expect(abs(decision.propensities.reduce(0, +) - 1) < 1e-12)
                #expect(decision.propensities.allSatisfy { $0 >= 0.2 })
                if index >= 600, decision.arm == "b" { chosen += 1 }
                _ = try await reward(service, decision, decision.arm == "b" ? 1 + x : 0.5 + Double(index % 3) / 10)
            }
            #expect(chosen > 60)
            let learned = try await service.bandits.get(Bandits.Get.Params(key: "dinner"), for: service.call)
            let models = try #require(learned.learned).compactMap(\.model)
            #expect(models.map(\.count).reduce(0, +) == 700 && learned.decisions == 700)
            let unknown = try await decide(service, [0.5])
            let job = try await service.datasets.fromDecisions(
                Datasets.FromDecisions.Params(bandit: "dinner", name: "dinners", label: "1", reward: "orders"),
                for: service.call)
            let dataset = try await service.sealedDataset("dinners", "1")
            #expect(dataset.rows == 700 && dataset.arms == ["a", "b"] && dataset.features == ["x"])
            #expect(try await service.job(job.id).done == 700)
            let replay = try await service.ended(
                try await service.replay(
                    dataset, .linUcb(.init(floor: 0.05, models: models)), against: .fixed(.init(arm: "a"))))
            #expect(replay.results?.isBetterThanBaseline == true, "\(replay.results?.reason ?? "")")
            #expect(replay.results?.support.meanWeight.isFinite == true)
            // The decision without a reward is not in it, and can have one later.
            #expect(try await reward(service, unknown, 1).reward == 1)
            #expect(made.decisions == 0)
        }
    }

    @Test("A decision can be computed again from the bandit's id, the unit and its number")
    func again() async throws {
        try await withExperiments { service in
            try await bandit(service, .thompson, floor: 0.1)
            for index in 0..<40 {
                let unit = "u\(index % 3)"
                let decision = try await decide(service, unit: unit)
                let store = BanditStore()
                let stored = try #require(
                    try await service.runtime.read(try service.file) { transaction throws(RPCError) in
                        try store.find(key: "dinner", in: transaction)
                    })
                var random = stored.random(unit: DatasetUnit(type: "user", id: unit), sequence: decision.number)
                #expect(stored.arms[random.choice(weights: decision.propensities)] == decision.arm)
                _ = try await reward(service, decision, decision.arm == "a" ? 1 : 0)
            }
            let learned = try #require(
                try await service.bandits.get(Bandits.Get.Params(key: "dinner"), for: service.call).learned)
            let beliefs = learned.map {
                ArmBeliefs.Beta(successes: $0.successes ?? -1, failures: $0.failures ?? -1)
            }
            let expected = try ThompsonSampling.propensities(.beta(beliefs), floor: 0.1)
            #expect(try await decide(service).propensities == expected.values)
            #expect(expected.values[0] > 0.8)
        }
    }

    @Test("A reward is said once: again it changes nothing, another one is refused, and so is what cannot be learned")
    func rewards() async throws {
        try await withExperiments { service in
            try await bandit(service, .thompson)
            let decision = try await decide(service, arms: ["b"])
            #expect(decision.arm == "b" && decision.propensities == [0, 1])
            let many = try await failure { try await reward(service, decision, 1.5) }
            #expect(many?.message.hasPrefix("/params/reward: ") == true)
            let first = try await reward(service, decision, 1)
            #expect(first.reward == 1 && first.rewardedAt == service.now)
            #expect(try await reward(service, decision, 1) == first)
            #expect(try await failure { try await reward(service, decision, 0) }?.code == RPCError.Code.conflict)
            let learned = try await service.bandits.get(Bandits.Get.Params(key: "dinner"), for: service.call).learned
            #expect(learned?.map(\.successes) == [0, 1] && learned?.map(\.failures) == [0, 0])
            let none = try await failure { try await decide(service, arms: ["z"]) }
            #expect(none?.message.hasPrefix("/params/arms/0: ") == true)
            #expect(try await failure { try await decide(service, [1]) }?.code == RPCError.Code.invalidParams)
            for statement in ["UPDATE decisions SET place = 0", "UPDATE decisions SET reward = 0"] as [StaticString] {
                let error = try await failure {
                    try await service.write { transaction throws(RPCError) in _ = try transaction.run(statement) }
                }
                #expect(error?.code == RPCError.Code.internalError)
            }
        }
    }

    @Test("Thompson takes 20 arms and no more, and no features; a floor fits its arms")
    func limits() async throws {
        try await withExperiments { service in
            let arms = (0..<21).map { "a\($0)" }
            for (arms, features, floor, place) in [
                (arms, [], 0, "arms"), (["a", "b"], ["x"], 0, "features"), (["a", "b"], [], 0.51, "floor"),
                (["a", "a"], [], 0, "arms/1"),
            ] as [([String], [String], Double, String)] {
                let error = try await failure {
                    try await bandit(service, .thompson, arms: arms, features: features, floor: floor)
                }
                #expect(error?.message.hasPrefix("/params/\(place): ") == true)
            }
            #expect(try await bandit(service, .thompson, arms: Array(arms[..<20])).arms.count == 20)
            #expect(abs(try await decide(service).propensities.reduce(0, +) - 1) < 1e-12)
            let twice = try await failure { try await bandit(service, .thompson) }
            #expect(twice?.code == RPCError.Code.conflict)
        }
    }

    @Test("Of an erased person no decision is left, none is taken, and a dataset made later lacks them")
    func erasure() async throws {
        try await withExperiments { service in
            try await bandit(service, .thompson)
            for unit in ["u1", "u2", "u1"] {
                _ = try await reward(service, try await decide(service, unit: unit), 1)
            }
            let erased = try await service.erase(Identifier(type: "customerId", value: "u1"))
            #expect(erased["decisions"] == 2)
            #expect(try await failure { try await decide(service, unit: "u1") }?.code == RPCError.Code.suppressed)
            _ = try await service.datasets.fromDecisions(
                Datasets.FromDecisions.Params(bandit: "dinner", name: "dinners", label: "1", reward: "orders"),
                for: service.call)
            #expect(try await service.sealedDataset("dinners", "1").rows == 1)
            #expect(try await decide(service).number == 4)
        }
    }

    @Test("A copy goes on after a crash where it was, and one without rewards fails and says so")
    func copies() async throws {
        try await withIdleExperiments { service in
            try await bandit(service, .thompson)
            let empty = try await service.datasets.fromDecisions(
                Datasets.FromDecisions.Params(bandit: "dinner", name: "none", label: "1", reward: "orders"),
                for: service.call)
            try await service.drive(empty.id, by: DecisionCopy())
            let failed = try await service.job(empty.id)
            #expect(failed.status == .failed && failed.problem == "No decision was rewarded.")
            let count = DecisionCopy.decisionsInPiece + 1
            for _ in 0..<count { _ = try await reward(service, try await decide(service), 1) }
            let job = try await service.datasets.fromDecisions(
                Datasets.FromDecisions.Params(bandit: "dinner", name: "dinners", label: "1", reward: "orders"),
                for: service.call)
            // What comes after it began is not in it.
            _ = try await reward(service, try await decide(service), 1)
            // Until it ends, nobody else puts anything into its dataset, nor seals it.
            let filling = try await service.datasets.get(
                Datasets.Get.Params(name: "dinners", label: "1"), for: service.call)
            let row = DatasetRow(arm: "a", propensity: 0.5, reward: 1)
            for attempt in [
                { @Sendable in
                    _ = try await service.datasets.append(
                        Datasets.Append.Params(id: filling.id, offset: 0, rows: [row]), for: service.call)
                },
                { @Sendable in
                    _ = try await service.datasets.seal(Datasets.Seal.Params(id: filling.id), for: service.call)
                },
            ] {
                let refusal = try await failure(attempt)
                #expect(refusal?.code == RPCError.Code.conflict && refusal?.message.contains("\(job.id)") == true)
            }
            var pieces = 0
            try await service.drive(job.id, by: DecisionCopy()) { pieces += 1 }
            #expect(pieces == 2)
            #expect(try await service.sealedDataset("dinners", "1").rows == count)
        }
    }
}

extension ExperimentsUnderTest {
    var bandits: Bandits.Client { Bandits.Client(client) }

    func job(_ id: UUIDv7) async throws -> StoredJob {
        let store = JobStore()
        return try #require(
            try await runtime.read(try file) { transaction throws(RPCError) in try store.find(id, in: transaction) })
    }

    /// A dataset once it is sealed.
    func sealedDataset(_ name: String, _ label: String) async throws -> Dataset {
        while true {
            let dataset = try await datasets.get(Datasets.Get.Params(name: name, label: label), for: call)
            if dataset.status == .sealed { return dataset }
            await Task.yield()
        }
    }
}
