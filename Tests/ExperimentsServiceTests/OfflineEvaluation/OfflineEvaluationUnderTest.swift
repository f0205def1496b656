import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import Testing

@testable import ExperimentsService
@testable import ServiceKit

extension ExperimentsUnderTest {
    var datasets: Datasets.Client { Datasets.Client(client) }
    var replays: Replays.Client { Replays.Client(client) }

    /// An empty dataset of two arms and one feature.
    func dataset(
        _ label: String = "1", arms: [String] = ["a", "b"], features: [String] = ["x"], scores: [ScoreName] = [],
        metrics: [String] = [], targets: [String] = []
    ) async throws -> Dataset {
        try await datasets.create(
            Datasets.Create.Params(
                name: "log", label: label, arms: arms, reward: "orders", features: features, scores: scores,
                metrics: metrics, targets: targets), for: call)
    }

    @discardableResult
    func append(_ rows: [DatasetRow], to dataset: Dataset, at offset: Int? = nil) async throws -> Dataset {
        try await datasets.append(
            Datasets.Append.Params(id: dataset.id, offset: offset ?? dataset.rows, rows: rows), for: call)
    }

    @discardableResult
    func seal(_ dataset: Dataset) async throws -> Dataset {
        try await datasets.seal(Datasets.Seal.Params(id: dataset.id), for: call)
    }

    /// A sealed dataset of these rows.
    func sealed(_ rows: [DatasetRow], in dataset: Dataset) async throws -> Dataset {
        var dataset = dataset
        for start in stride(from: 0, to: rows.count, by: 500) {
            dataset = try await append(Array(rows[start..<min(start + 500, rows.count)]), to: dataset)
        }
        return try await seal(dataset)
    }

    func dataset(_ id: UUIDv7) async throws -> Dataset {
        try await datasets.get(Datasets.Get.Params(id: id), for: call)
    }

    /// What of a dataset is kept, row by row.
    func rows(of dataset: Dataset, limit: Int = 500) async throws -> [StoredDatasetRow] {
        var (rows, cursor) = ([StoredDatasetRow](), String?.none)
        repeat {
            let page = try await datasets.rows(
                Datasets.Rows.Params(id: dataset.id, cursor: cursor, limit: limit), for: call)
            rows += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return rows
    }

    // MARK: Replays

    /// Two versions of a policy, the second one the baseline; made when they are first asked for.
    func versions() async throws -> [PolicyVersion] {
        let known = try await policyVersions.list(PolicyVersions.List.Params(), for: call).items
        guard known.isEmpty else { return known }
        let policy = try await policy()
        return [try await policyVersion(of: policy), try await policyVersion(of: policy)]
    }

    func replay(
        _ dataset: Dataset, _ target: DecisionRule, against baseline: DecisionRule? = nil, metric: String? = nil,
        direction: MetricDirection? = nil, _ estimators: [ReplayEstimator] = [], decidedBy: ReplayEstimator? = nil
    ) async throws -> Replay {
        let versions = try await versions()
        return try await replays.create(
            Replays.Create.Params(
                policyVersionId: versions[0].id, datasetId: dataset.id, target: target,
                baselineVersionId: baseline.map { _ in versions[1].id }, baselineTarget: baseline,
                metric: metric, direction: direction, estimators: estimators, decidedBy: decidedBy,
                mlflowRunId: "run-1"), for: call)
    }

    func replay(_ id: UUIDv7) async throws -> Replay {
        try await replays.get(Replays.Get.Params(id: id), for: call)
    }

    /// A replay once it has ended: the runner wakes for it by itself.
    func ended(_ replay: Replay) async throws -> Replay {
        while true {
            let now = try await self.replay(replay.id)
            if now.status != .running { return now }
            await Task.yield()
        }
    }

    var replayWork: ReplayWork { ReplayWork(admission: UnitAdmission(tombstones: tombstones)) }

    /// A replay driven by hand, piece by piece, as the runner would.
    ///
    /// - Parameter each: between two pieces.
    func drive(_ id: UUIDv7, by given: (any JobWork)? = nil, each: () async throws -> Void = {}) async throws {
        let work = given ?? replayWork
        while true {
            // What a piece needs comes from the disk: nothing is carried over in memory.
            let store = JobStore()
            let job = try #require(
                try await runtime.read(try file) { transaction throws(RPCError) in
                    try store.find(id, in: transaction)
                })
            guard job.status == .running else { return }
            let piece = try await work.next(of: job, in: try file, runtime)
            let now = now
            try await write { transaction throws(RPCError) in
                guard var job = try store.find(id, in: transaction) else { return }
                try piece(&job, now, transaction)
                try store.update(job, in: transaction)
            }
            try await each()
        }
    }
}

/// Runs `body` with a service whose jobs nobody drives.
func withIdleExperiments(_ body: (ExperimentsUnderTest) async throws -> Void) async throws {
    let service = try ExperimentsUnderTest()
    defer { service.runtime.stop() }
    try await body(service)
}

/// Logged decisions by chance, the same every time.
enum LoggedRows {
    /// Of arms a and b: b brings more the larger x is.
    static func rows(_ count: Int, seed: UInt64 = 1, unit: Bool = false, targets: [String] = []) -> [DatasetRow] {
        (0..<count).map { index in
            var random = SplitMix(state: seed &* 0x9E37_79B9 &+ UInt64(index))
            let x = random.uniform()
            let b = 0.2 + 0.6 * random.uniform()
            let arm = random.uniform() < b ? "b" : "a"
            let reward = (arm == "b" ? 1 + 2 * x : 1) + random.uniform()
            let target = random.uniform()
            return DatasetRow(
                unit: unit ? DatasetUnit(type: "user", id: "u\(index % 7)") : nil, features: [x], arm: arm,
                propensities: [1 - b, b], reward: reward,
                targets: targets.isEmpty
                    ? nil : Dictionary(uniqueKeysWithValues: targets.map { ($0, [target, 1 - target]) }))
        }
    }

    private struct SplitMix {
        var state: UInt64

        mutating func uniform() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
        }
    }
}
