import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import PlatformAPI
import Policies
import ServiceContract
import Statistics
import Testing

@testable import ExperimentsService
@testable import ServiceKit

/// Policy versions judged on datasets.
@Suite struct ReplayTests {
    private static let better = DecisionRule.epsilonGreedy(
        .init(
            epsilon: 0.1,
            models: [LinearArm(arm: "b", weights: [1, 2]), LinearArm(arm: "a", weights: [1, 0])]))

    /// What the kernel says of the rows when it reads them in one go.
    private func direct(
        _ rows: [DatasetRow], target: (DatasetRow) throws -> Propensities,
        baseline: (DatasetRow) throws -> Propensities
    ) throws -> OffPolicyEvaluation {
        let arms = ["a", "b"]
        var model = try CrossFitting(arms: 2, dimension: 1)
        for (number, row) in rows.enumerated() {
            try model.add(
                row.features, arm: try #require(arms.firstIndex(of: row.arm)), reward: row.reward, row: number)
        }
        let models = try model.models()
        var evaluation = try OffPolicyEvaluation(hasBaseline: true, hasPredictions: true)
        for (number, row) in rows.enumerated() {
            try evaluation.add(
                LoggedDecision(
                    arm: try #require(arms.firstIndex(of: row.arm)), reward: row.reward,
                    logged: try Propensities(logged: try #require(row.propensities)),
                    target: try target(row),
                    baseline: try baseline(row),
                    predictions: try models.predictions(row.features, row: number)))
        }
        return evaluation
    }

    @Test("In pieces, with a crash before and after each of them, every estimator is the kernel's to the last bit")
    func pieces() async throws {
        let rows = LoggedRows.rows(2 * ReplayWork.rowsInPiece + 1)
        try await withIdleExperiments { service in
            let sealed = try await service.sealed(rows, in: try await service.dataset())
            let begun = try await service.replay(sealed, Self.better, against: .logged(.init()))
            #expect(begun.status == .running && begun.totalRows == 2 * rows.count && begun.mlflowRunId == "run-1")
            var pieces = 0
            try await service.drive(begun.id) {
                pieces += 1
                let now = try await service.replay(begun.id)
                guard now.status == .running else { return }
                // The process dies with a piece computed; and with one applied, but not committed.
                let store = JobStore()
                let job = try #require(
                    try await service.runtime.read(try service.file) { transaction throws(RPCError) in
                        try store.find(begun.id, in: transaction)
                    })
                let piece = try await service.replayWork.next(of: job, in: try service.file, service.runtime)
                let undone = try await failure {
                    try await service.write { transaction throws(RPCError) in
                        var job = job
                        try piece(&job, service.now, transaction)
                        try store.update(job, in: transaction)
                        throw .internalError("the process dies")
                    }
                }
                #expect(undone != nil)
                #expect(try await service.replay(begun.id) == now)
            }
            #expect(pieces == 6)
            let ended = try await service.replay(begun.id)
            #expect(ended.status == .completed && ended.doneRows == ended.totalRows && ended.endedAt == service.now)
            #expect(try await service.number("SELECT count(*) FROM replay_states") == 0)
            let kernel = try direct(
                rows, target: { try Propensities(weights: $0.features[0] > 0 ? [0, 1] : [1, 1], floor: 0.05) },
                baseline: { try Propensities(logged: try #require($0.propensities)) })
            let results = try #require(ended.results)
            #expect(results.estimates.map(\.estimator) == ReplayEstimator.allCases)
            for estimate in results.estimates {
                let target = try kernel.estimate(estimate.estimator.kernel)
                let difference = try kernel.difference(estimate.estimator.kernel)
                #expect(estimate.target.value == target.value)
                #expect(estimate.target.standardError == target.spread?.standardError)
                #expect(estimate.target.lower == target.spread?.interval.lower)
                #expect(estimate.baseline?.value == (try kernel.baselineEstimate(estimate.estimator.kernel)).value)
                #expect(estimate.difference?.value == difference.value)
                #expect(estimate.difference?.upper == difference.spread?.interval.upper)
                #expect(!estimate.assumptions.isEmpty)
            }
            #expect(results.support.effectiveSampleSize == kernel.support[0].effectiveSampleSize)
            #expect(results.support.largestWeight == kernel.support[0].largestWeight)
            #expect(results.baselineSupport?.meanWeight == 1 && results.support.concerns.isEmpty)
            #expect(results.isBetterThanBaseline == true && results.reason.contains("above 0"))
            #expect(try await service.number("SELECT is_better_than_baseline FROM replays") == 1)
        }
    }

    @Test("The service drives replays itself; the worse policy is worse, and nothing is said against the same one")
    func verdicts() async throws {
        try await withExperiments { service in
            let sealed = try await service.sealed(LoggedRows.rows(1_500), in: try await service.dataset())
            func verdict(
                _ target: DecisionRule, _ baseline: DecisionRule?, direction: MetricDirection? = nil,
                metric: String? = nil
            ) async throws -> (isBetter: Bool?, reason: String) {
                let replay = try await service.ended(
                    try await service.replay(sealed, target, against: baseline, metric: metric, direction: direction))
                #expect(replay.status == .completed && replay.errorMessage == nil)
                let results = try #require(replay.results)
                return (results.isBetterThanBaseline, results.reason)
            }
            let (a, b) = (DecisionRule.fixed(.init(arm: "a")), DecisionRule.fixed(.init(arm: "b")))
            #expect(try await verdict(b, a).isBetter == true)
            #expect(try await verdict(a, b).isBetter == false)
            #expect(try await verdict(a, b, direction: .lowerIsBetter).isBetter == true)
            let same = try await verdict(.uniform(.init()), .uniform(.init()))
            #expect(same.isBetter == nil && same.reason.contains("do not differ"))
            #expect(try await verdict(b, nil).reason == "There is no baseline to compare with.")
        }
    }

    @Test("Rows that cannot speak for a policy decide nothing, and say why")
    func concerns() async throws {
        try await withExperiments { service in
            let few = try await service.sealed(LoggedRows.rows(30), in: try await service.dataset())
            let ended = try await service.ended(
                try await service.replay(few, .fixed(.init(arm: "b")), against: .fixed(.init(arm: "a"))))
            #expect(ended.results?.isBetterThanBaseline == nil)
            #expect(ended.results?.reason.hasPrefix("Not decided: The 30 decisions are worth only ") == true)
            let one = (0..<200).map { DatasetRow(arm: "a", propensities: [1, 0], reward: Double($0 % 5)) }
            let certain = try await service.sealed(one, in: try await service.dataset("certain", features: []))
            let unseen = try await service.ended(try await service.replay(certain, .fixed(.init(arm: "b"))))
            #expect(
                unseen.results?.estimates.first { $0.estimator == .ips }?.target.problem
                    == "The policy never does what was done, so nothing is known of it.")
            #expect(unseen.results?.support.effectiveSampleSize == 0)
            let half = try await service.ended(try await service.replay(certain, .uniform(.init())))
            #expect(half.results?.support.unsupportedShare == 0.5)
            #expect(half.results?.support.concerns.first?.hasPrefix("50.0 % of what the policy does") == true)
        }
    }

    @Test("Every rule does what it says")
    func rules() async throws {
        let dataset = StoredDataset(
            number: 1, id: CountedIdentifiers.id(1), name: "log", label: "1", description: nil, arms: ["a", "b", "c"],
            features: ["x", "y"], reward: "r", scores: [], metrics: [], targets: ["p"], hash: SHA256.hash([]),
            createdAt: ExperimentsUnderTest.start)
        let row = DatasetRow(
            features: [2, -1], arm: "a", propensities: [0.2, 0.3, 0.5], reward: 1, targets: ["p": [0, 0.4, 0.6]])
        func chances(_ json: String) throws -> [Double] {
            let rule = try CompiledRule(try DecisionRule(json: json), for: dataset, at: "/rule")
            return try rule.propensities(row, logged: try row.logged(dataset.arms)).values
        }
        // Expected: a 1 + 2·2 + 0 = 5, b 0 + 3·2 - 2·(-1)·… = 4, c 5.
        let models =
            #"[{"arm":"c","weights":[1,1,-2]},{"arm":"a","weights":[1,2,0]},{"arm":"b","weights":[0,1,-2]}]"#
        #expect(try chances(#"{"type":"logged"}"#) == [0.2, 0.3, 0.5])
        #expect(try chances(#"{"type":"supplied","name":"p"}"#) == [0, 0.4, 0.6])
        #expect(try chances(#"{"type":"fixed","arm":"b"}"#) == [0, 1, 0])
        #expect(try chances(#"{"type":"uniform"}"#) == Propensities.uniform(3).values)
        let greedy = try chances(#"{"type":"epsilonGreedy","epsilon":0.3,"models":\#(models)}"#)
        #expect(zip(greedy, [0.45, 0.1, 0.45]).allSatisfy { abs($0 - $1) < 1e-15 })
        let soft = try chances(#"{"type":"softmax","temperature":0.5,"models":\#(models)}"#)
        // exp(0), exp(-2), exp(0) by their sum.
        #expect(
            zip(soft, [0.4683105308334812, 0.06337893833303762, 0.4683105308334812]).allSatisfy { abs($0 - $1) < 1e-15 }
        )
        // a has been seen; b and c have not, so all is unknown of them.
        let learned =
            #"{"type":"linUcb","floor":0.1,"models":[{"arm":"a","count":9,"gram":[9,0,9,0,0,9],"moment":[0,0,0]},"#
            + #"{"arm":"b","count":0,"gram":[0,0,0,0,0,0],"moment":[0,0,0]},"#
            + #"{"arm":"c","count":0,"gram":[0,0,0,0,0,0],"moment":[0,0,0]}]}"#
        let bandit = try chances(learned)
        #expect(zip(bandit, [0.1, 0.45, 0.45]).allSatisfy { abs($0 - $1) < 1e-15 })
        for (json, place) in [
            (#"{"type":"supplied","name":"q"}"#, "/rule/name"), (#"{"type":"fixed","arm":"z"}"#, "/rule/arm"),
            (#"{"type":"softmax","temperature":1,"models":[{"arm":"a","weights":[1,2,0]}]}"#, "/rule/models"),
            (
                #"{"type":"softmax","temperature":1,"models":[{"arm":"a","weights":[1,2]},{"arm":"b","weights":[1,2,3]},"#
                    + #"{"arm":"c","weights":[1,2,3]}]}"#, "/rule/models/0/weights"
            ),
            (
                #"{"type":"epsilonGreedy","epsilon":0,"models":[{"arm":"a","weights":[1]},{"arm":"a","weights":[1]}]}"#,
                "/rule/models/1/arm"
            ),
            (learned.replacing("0.1", with: "0.4"), "/rule/floor"),
        ] {
            #expect {
                _ = try chances(json)
            } throws: { error in
                (error as? RPCError)?.message.hasPrefix(place + ": ") == true
            }
        }
    }

    /// Even rows are of arm a, whose plan is kept to the half.
    private static func plan(_ index: Int) -> DatasetRow {
        let isOfA = index.isMultiple(of: 2)
        let constraints = [PlanConstraint(weight: 3, isKept: isOfA), PlanConstraint(weight: 1, isKept: true)]
        return DatasetRow(
            arm: isOfA ? "a" : "b", propensities: [0.5, 0.5], reward: 1,
            scores: index == 0 ? ["editDistance": 1] : nil, metrics: index < 4 ? ["margin": Double(index)] : nil,
            plan: ["soup", "rice"], done: isOfA ? ["rice"] : ["soup", "rice"], constraints: constraints,
            amounts: [PlanAmount(provided: 4, used: isOfA ? 0 : 4)])
    }

    @Test("Scores are computed from what was planned and done, or taken from the row, and judged beside the reward")
    func scores() async throws {
        try await withExperiments { service in
            let rows = (0..<8).map { Self.plan($0) }
            let begun = try await service.dataset(
                features: [], scores: ScoreName.allCases, metrics: ["margin"])
            let sealed = try await service.sealed(rows, in: begun)
            let ended = try await service.ended(
                try await service.replay(sealed, .fixed(.init(arm: "a")), against: .fixed(.init(arm: "b")), [.snips]))
            let measures = try #require(ended.results?.measures)
            func measure(_ name: String) throws -> ReplayMeasure { try #require(measures.first { $0.name == name }) }
            let alignment = try measure("planAlignment")
            #expect(alignment.target.value == 2.0 / 3 && alignment.baseline?.value == 1 && alignment.rows == 8)
            #expect(alignment.difference?.value.map { abs($0 + 1.0 / 3) < 1e-15 } == true)
            // One of four rows of a brings its own 1; the others had to be changed by one of two.
            #expect(try measure("editDistance").target.value == 0.625)
            #expect(try measure("editDistance").direction == .lowerIsBetter)
            #expect(try measure("diversity").logged == 1)
            #expect(try measure("constraintRespect").target.value == 1)
            #expect(try measure("constraintRespect").baseline?.value == 0.25)
            #expect(try measure("leftovers").target.value == 1)
            #expect(try measure("margin").rows == 4 && measure("margin").logged == 1.5)
            let margin = try await service.ended(
                try await service.replay(sealed, .fixed(.init(arm: "a")), metric: "margin", [.ips, .snips]))
            #expect(margin.results?.rows == 4 && margin.results?.leftOutRows == 4 && margin.metric == "margin")
            #expect(margin.results?.estimates[1].target.value == 1 && margin.decidedBy == .snips)
            let direction = try await service.replay(sealed, .uniform(.init()), metric: "leftovers", [.ips]).direction
            #expect(direction == .lowerIsBetter)
        }
    }

    @Test("A replay that fails keeps why, and one that was cancelled says so; neither leaves sums behind")
    func ends() async throws {
        try await withExperiments { service in
            let rows = [
                DatasetRow(features: [1], arm: "a", propensities: [0.5, 0.5], reward: 1),
                DatasetRow(features: [1], arm: "a", propensities: [1e-300, 1], reward: 1e300),
            ]
            let sealed = try await service.sealed(rows, in: try await service.dataset(metrics: ["margin"]))
            let failed = try await service.ended(try await service.replay(sealed, .fixed(.init(arm: "a")), [.ips]))
            #expect(failed.status == .failed && failed.errorMessage == "Row 1: a number is too large.")
            #expect(failed.results == nil && failed.endedAt != nil)
            let empty = try await service.ended(
                try await service.replay(sealed, .uniform(.init()), metric: "margin", [.ips]))
            #expect(empty.status == .failed && empty.errorMessage == "No row says anything about margin.")
            #expect(try await service.number("SELECT count(*) FROM replay_states") == 0)
            let list = try await service.replays.list(
                Replays.List.Params(datasetId: sealed.id), for: service.call)
            #expect(list.items.map(\.id) == [empty.id, failed.id])
        }
        try await withIdleExperiments { service in
            let rows = LoggedRows.rows(ReplayWork.rowsInPiece + 1)
            let sealed = try await service.sealed(rows, in: try await service.dataset())
            let begun = try await service.replay(sealed, .uniform(.init()))
            var isFirst = true
            try await service.drive(begun.id) {
                guard isFirst else { return }
                isFirst = false
                #expect(try await service.number("SELECT count(*) FROM replay_states") == 1)
                _ = try await JobRecords.Client(service.client).cancel(
                    JobRecords.Cancel.Params(id: begun.id),
                    for: CallContext(brand: service.brand, principal: "service:gateway"))
            }
            let cancelled = try await service.replay(begun.id)
            #expect(cancelled.status == .cancelled && cancelled.doneRows == ReplayWork.rowsInPiece)
            #expect(try await service.number("SELECT count(*) FROM replay_states") == 0)
        }
    }

    @Test("What does not fit is refused before anything begins")
    func refused() async throws {
        try await withExperiments { service in
            let filling = try await service.append(LoggedRows.rows(3), to: try await service.dataset())
            let early = try await failure { try await service.replay(filling, .uniform(.init())) }
            #expect(early?.code == RPCError.Code.conflict)
            let sealed = try await service.seal(filling)
            let unknown = try await failure { try await service.replay(sealed, .uniform(.init()), metric: "what") }
            #expect(unknown?.message.hasPrefix("/params/metric: ") == true)
            let twice = try await failure { try await service.replay(sealed, .uniform(.init()), [.ips, .ips]) }
            #expect(twice?.message.hasPrefix("/params/estimators: ") == true)
            let other = try await failure {
                try await service.replay(sealed, .uniform(.init()), [.ips], decidedBy: .snips)
            }
            #expect(other?.message.hasPrefix("/params/decidedBy: ") == true)
            let place = try await failure {
                try await service.replay(sealed, .uniform(.init()), against: .fixed(.init(arm: "z")))
            }
            #expect(place?.message.hasPrefix("/params/baselineTarget/arm: ") == true)
            #expect(try await service.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    @Test("What a finished replay found cannot be changed")
    func immutable() async throws {
        try await withExperiments { service in
            let sealed = try await service.sealed(LoggedRows.rows(5), in: try await service.dataset())
            _ = try await service.ended(try await service.replay(sealed, .uniform(.init()), [.ips]))
            for statement in [
                "UPDATE replays SET results = '{}'", "UPDATE replays SET is_better_than_baseline = 1",
                "UPDATE replays SET settings = '{}'",
            ] as [StaticString] {
                let error = try await failure {
                    try await service.write { transaction throws(RPCError) in _ = try transaction.run(statement) }
                }
                #expect(error?.code == RPCError.Code.internalError)
            }
        }
    }

    @Test("What a policy version does is what its configDefaults say, and nothing else can be judged in its name")
    func ownRule() async throws {
        try await withExperiments { service in
            let sealed = try await service.sealed(LoggedRows.rows(400), in: try await service.dataset())
            let policy = try await service.policy()
            let fixed = try await service.policyVersion(
                of: policy, defaults: #"{"temperature":0.7,"decision_rule":{"type":"fixed","arm":"b"}}"#)
            let silent = try await service.policyVersion(of: policy)
            let broken = try await service.policyVersion(of: policy, defaults: #"{"decision_rule":{"type":"what"}}"#)
            func create(
                _ id: UUIDv7, _ target: DecisionRule? = nil, _ other: UUIDv7? = nil, _ baseline: DecisionRule? = nil
            ) async throws -> Replay {
                try await service.replays.create(
                    Replays.Create.Params(
                        policyVersionId: id, datasetId: sealed.id, target: target, baselineVersionId: other,
                        baselineTarget: baseline, estimators: [.snips]), for: service.call)
            }
            let own = try await create(fixed.id, nil, silent.id, .logged(.init()))
            #expect(own.target == .fixed(.init(arm: "b")) && own.baselineVersionId == silent.id)
            let other = try await failure { try await create(fixed.id, .uniform(.init())) }
            #expect(other?.message.hasPrefix("/params/target: must be left out") == true)
            let missing = try await failure { try await create(silent.id) }
            #expect(missing?.message.hasPrefix("/params/target: is missing") == true)
            let noBaseline = try await failure { try await create(fixed.id, nil, silent.id) }
            #expect(noBaseline?.message.hasPrefix("/params/baselineTarget: is missing") == true)
            let itself = try await failure { try await create(fixed.id, nil, fixed.id) }
            #expect(itself?.message.hasPrefix("/params/baselineVersionId: ") == true)
            #expect(try await failure { try await create(broken.id) }?.code == RPCError.Code.conflict)
            let none = try await failure { try await create(sealed.id, .uniform(.init())) }
            #expect(none?.code == RPCError.Code.notFound)
        }
    }

    @Test(
        "A version is promoted behind a completed replay that is not worse than another version, on rows that can tell")
    func promotion() async throws {
        try await withExperiments { service in
            let sealed = try await service.sealed(LoggedRows.rows(1_500), in: try await service.dataset())
            let few = try await service.sealed(LoggedRows.rows(30), in: try await service.dataset("few"))
            let versions = try await service.versions()
            func promote(_ replay: Replay, version: Int = 0) async throws -> RPCError? {
                try await failure {
                    try await service.policyVersions.promote(
                        PolicyVersions.Promote.Params(id: versions[version].id, replayId: replay.id),
                        for: service.call)
                }
            }
            let (a, b) = (DecisionRule.fixed(.init(arm: "a")), DecisionRule.fixed(.init(arm: "b")))
            let worse = try await service.ended(try await service.replay(sealed, a, against: b))
            #expect(try await promote(worse)?.message.contains("worse than its baseline") == true)
            let alone = try await service.ended(try await service.replay(sealed, b))
            #expect(try await promote(alone)?.message.contains("baselineVersionId") == true)
            let unsure = try await service.ended(try await service.replay(few, b, against: a))
            #expect(try await promote(unsure)?.message.contains("says too little: The 30 decisions") == true)
            let better = try await service.ended(try await service.replay(sealed, b, against: a))
            #expect(try await promote(better, version: 1)?.message.contains("There is no replay") == true)
            #expect(try await promote(better) == nil)
            #expect(try await service.policyVersions.get(.init(id: versions[0].id), for: service.call).isCurrent)
            let same = try await service.ended(
                try await service.replay(sealed, .uniform(.init()), against: .uniform(.init())))
            #expect(same.results?.isBetterThanBaseline == nil)
            #expect(try await promote(same) == nil)
        }
        try await withIdleExperiments { service in
            let sealed = try await service.sealed(LoggedRows.rows(10), in: try await service.dataset())
            let running = try await service.replay(sealed, .uniform(.init()), against: .logged(.init()))
            let error = try await failure {
                try await service.policyVersions.promote(
                    PolicyVersions.Promote.Params(id: running.policyVersionId, replayId: running.id),
                    for: service.call)
            }
            #expect(error?.message.contains("is running; it has to be completed") == true)
        }
    }
}
