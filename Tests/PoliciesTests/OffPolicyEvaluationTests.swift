import Policies
import Testing

@Suite("Offline evaluation")
struct OffPolicyEvaluationTests {
    private func row(
        _ arm: Int, _ reward: Double, logged: [Double] = [0.5, 0.5], target: [Double] = [0.5, 0.5],
        baseline: [Double]? = nil, predictions: [Double]? = nil
    ) throws -> LoggedDecision {
        try LoggedDecision(
            arm: arm, reward: reward, logged: Propensities(logged: logged), target: Propensities(logged: target),
            baseline: baseline.map { try Propensities(logged: $0) }, predictions: predictions)
    }

    private func evaluation(
        _ rows: [LoggedDecision], hasBaseline: Bool = false, hasPredictions: Bool = false, switchThreshold: Double = 10,
        shrinkage: Double = 100
    ) throws -> OffPolicyEvaluation {
        var evaluation = try OffPolicyEvaluation(
            hasBaseline: hasBaseline, hasPredictions: hasPredictions, switchThreshold: switchThreshold,
            shrinkage: shrinkage)
        for row in rows { try evaluation.add(row) }
        return evaluation
    }

    /// Forty rows by a fixed pattern.
    private func pattern(predictions: Bool = true) throws -> [LoggedDecision] {
        try (0..<40).map { index in
            let share = 0.2 + 0.6 * Double(index % 7) / 6
            return try row(
                index % 3 == 0 ? 1 : 0, Double(index % 5) / 2, logged: [share, 1 - share], target: [0.7, 0.3],
                baseline: [0.1, 0.9], predictions: predictions ? [1, 0.8] : nil)
        }
    }

    @Test("By hand: a policy that always plays the first arm, logged with a quarter")
    func byHand() throws {
        let rows = try [
            row(0, 4, logged: [0.25, 0.75], target: [1, 0]), row(1, 1, logged: [0.25, 0.75], target: [1, 0]),
            row(1, 2, logged: [0.25, 0.75], target: [1, 0]), row(0, 2, logged: [0.25, 0.75], target: [1, 0]),
        ]
        let evaluation = try evaluation(rows)
        #expect(try evaluation.estimate(.replay).value == 3)
        #expect(try evaluation.estimate(.ips).value == 6)
        #expect(try evaluation.estimate(.snips).value == 3)
        #expect(evaluation.support[0].effectiveSampleSize == 2)
        #expect(evaluation.support[0].largestWeight == 4)
        #expect(evaluation.support[0].meanWeight == 2)
        #expect(evaluation.support[0].matches == 2)
    }

    @Test("The policy that logged is worth what it brought, by every estimator but the model's")
    func onPolicy() throws {
        let rows = try (0..<30).map { try row($0 % 2, Double($0), predictions: [0, 1]) }
        let evaluation = try evaluation(rows, hasPredictions: true)
        for estimator in OffPolicyEstimator.allCases where !estimator.needsPredictions {
            #expect(abs(try evaluation.estimate(estimator).value - 14.5) < 1e-12)
        }
        #expect(abs(try evaluation.estimate(.directMethod).value - 0.5) < 1e-12)
        #expect(evaluation.support[0].effectiveSampleSize == 30)
        #expect(evaluation.support[0].concerns == [.fewEffectiveRows(30, of: 30)])
    }

    @Test("Switch and shrinkage end in doubly robust at one end and in the model at the other")
    func ends() throws {
        let rows = try pattern()
        let robust = try evaluation(rows, hasPredictions: true, switchThreshold: .infinity, shrinkage: .infinity)
        let model = try evaluation(rows, hasPredictions: true, switchThreshold: 0, shrinkage: 0)
        for estimator in [OffPolicyEstimator.switchDoublyRobust, .shrunkDoublyRobust] {
            #expect(try robust.estimate(estimator) == robust.estimate(.doublyRobust))
            #expect(abs(try model.estimate(estimator).value - (try model.estimate(.directMethod).value)) < 1e-15)
        }
    }

    @Test("Rows in another order and in shards give the same answers, and the difference is that of the values")
    func shards() throws {
        let rows = try pattern()
        let whole = try evaluation(rows, hasBaseline: true, hasPredictions: true)
        var merged = try evaluation(Array(rows[25...].reversed()), hasBaseline: true, hasPredictions: true)
        try merged.merge(evaluation(Array(rows[..<25]), hasBaseline: true, hasPredictions: true))
        #expect(merged.count == 40)
        for estimator in OffPolicyEstimator.allCases {
            let (one, other) = (try whole.estimate(estimator), try merged.estimate(estimator))
            #expect(abs(one.value - other.value) < 1e-14)
            #expect(abs((one.spread?.standardError ?? 0) - (other.spread?.standardError ?? 0)) < 1e-14)
            let difference = try whole.difference(estimator)
            #expect(abs(difference.value - (one.value - (try whole.baselineEstimate(estimator).value))) < 1e-12)
        }
        #expect(merged.support.map(\.matches) == whole.support.map(\.matches))
        #expect(throws: PolicyError.parameter("state")) { try merged.merge(OffPolicyEvaluation()) }
    }

    @Test("A policy compared with itself differs by nothing, and nothing is said about chance")
    func itself() throws {
        let rows = try (0..<30).map {
            try row($0 % 2, Double($0), target: [0.9, 0.1], baseline: [0.9, 0.1], predictions: [1, 2])
        }
        let evaluation = try evaluation(rows, hasBaseline: true, hasPredictions: true)
        for estimator in OffPolicyEstimator.allCases {
            let difference = try evaluation.difference(estimator)
            #expect(difference.value == 0 && difference.spread == nil)
        }
    }

    @Test("No rows, one row, no overlap, no predictions and no baseline are said, not counted")
    func unfit() throws {
        #expect(throws: OffPolicyFailure.tooFewRows(needed: 2)) { try evaluation([]).estimate(.ips) }
        #expect(throws: OffPolicyFailure.tooFewRows(needed: 2)) { try evaluation([row(0, 1)]).estimate(.ips) }
        let apart = try evaluation(try (0..<5).map { _ in try row(0, 1, target: [0, 1]) })
        for estimator in [OffPolicyEstimator.replay, .ips, .snips] {
            #expect(throws: OffPolicyFailure.noOverlap) { try apart.estimate(estimator) }
        }
        #expect(apart.support[0].concerns == [.noOverlap])
        #expect(throws: OffPolicyFailure.noPredictions) { try apart.estimate(.doublyRobust) }
        #expect(throws: OffPolicyFailure.noBaseline) { try apart.difference(.ips) }
        let alone = try evaluation([row(0, 1, target: [1, 0]), row(1, 1, target: [1, 0])])
        #expect(throws: OffPolicyFailure.tooFewRows(needed: 2)) { try alone.estimate(.snips) }
        let constant = try evaluation(try (0..<5).map { _ in try row(0, 1) })
        #expect(try constant.estimate(.ips).spread == nil && constant.estimate(.ips).value == 1)
        var empty = try OffPolicyEvaluation(hasPredictions: true)
        #expect(throws: PolicyError.parameter("predictions")) { try empty.add(row(0, 1)) }
        #expect(throws: PolicyError.notFinite) {
            try empty.add(row(0, 1e300, logged: [1e-300, 1], target: [1, 0], predictions: [0, 0]))
        }
        #expect(empty.count == 0 && empty.support[0].rows == 0)
        #expect(throws: PolicyError.parameter("switchThreshold")) { try OffPolicyEvaluation(switchThreshold: .nan) }
    }

    @Test("A row whose arm could not have been logged, is none, or whose lists differ in length is refused")
    func badRows() throws {
        #expect(throws: PolicyError.parameter("arm")) { try row(1, 1, logged: [1, 0]) }
        #expect(throws: PolicyError.parameter("arm")) { try row(2, 1) }
        #expect(throws: PolicyError.differentLengths) { try row(0, 1, target: [1]) }
        #expect(throws: PolicyError.differentLengths) { try row(0, 1, predictions: [1]) }
        #expect(throws: PolicyError.notFinite) { try row(0, .nan) }
        #expect(throws: PolicyError.notFinite) { try row(0, 1, predictions: [.infinity, 1]) }
        #expect(throws: PolicyError.notProbabilities) { try row(0, 1, target: [0.6, 0.6]) }
    }

    @Test("Doubts: arms never logged, one heavy row, and propensities that were not those")
    func concerns() throws {
        let missing = try evaluation(
            try (0..<500).map { _ in try row(0, 1, logged: [1, 0], target: [0.75, 0.25]) })
        #expect(missing.support[0].concerns == [.unsupported(share: 0.25)])
        var rows = try (0..<500).map { try row($0 % 2, 1) }
        rows.append(try row(0, 1, logged: [0.001, 0.999], target: [1, 0]))
        let heavy = try evaluation(rows).support[0]
        #expect(heavy.largestWeight == 1_000)
        #expect(
            heavy.concerns.contains {
                if case .oneRowDecides(let share) = $0 { return share > 0.6 }
                return false
            })
        // Logged as a coin's, played nine times out of ten.
        let wrong = try evaluation(try (0..<1_000).map { try row($0 % 10 == 0 ? 1 : 0, 1, target: [0.9, 0.1]) })
        #expect(wrong.support[0].concerns.map(\.description).contains { $0.contains("1.64 instead of 1") })
    }

    @Test("A model fitted crosswise finds a linear reward, and an arm without data takes what all arms say")
    func crossFitting() throws {
        var fitting = try CrossFitting(folds: 4, arms: 3, dimension: 1)
        for index in 0..<400 {
            let x = Double(index % 21) / 10 - 1
            let arm = index % 2
            try fitting.add([x], arm: arm, reward: arm == 0 ? 1 + 2 * x : 3 - x, row: index)
        }
        let predictions = try fitting.models(penalty: 1e-6).predictions([0.5], row: 7)
        #expect(abs(predictions[0] - 2) < 1e-6 && abs(predictions[1] - 2.5) < 1e-6)
        #expect(abs(predictions[2] - 2.25) < 0.1)
        #expect(throws: PolicyError.parameter("folds")) { try CrossFitting(folds: 1, arms: 1, dimension: 1) }
        #expect(throws: PolicyError.armWithoutData(0)) {
            try CrossFitting(folds: 2, arms: 1, dimension: 1).models()
        }
        // A row changes no prediction of its own fold.
        var changed = fitting
        try changed.add([0.5], arm: 0, reward: 1e6, row: 7)
        #expect(try changed.models(penalty: 1e-6).predictions([0.5], row: 3) == predictions)
        #expect(try changed.models(penalty: 1e-6).predictions([0.5], row: 4) != predictions)
    }

    @Test("What is restored from figures goes on as if it had never been put away, and figures of another are refused")
    func figures() throws {
        func row(_ index: Int) throws -> LoggedDecision {
            let share = 0.1 + 0.8 * Double(index % 7) / 7
            return try LoggedDecision(
                arm: index % 2, reward: Double(index % 5) / 3, logged: try Propensities(logged: [share, 1 - share]),
                target: try Propensities(logged: [0.3, 0.7]), baseline: try .uniform(2),
                predictions: [0.1 * Double(index), 1 / Double(index + 1)])
        }
        var whole = try OffPolicyEvaluation(hasBaseline: true, hasPredictions: true)
        var (part, model) = (whole, try CrossFitting(arms: 2, dimension: 2))
        for index in 0..<20 {
            try whole.add(row(index))
            try part.add(row(index))
            try model.add([Double(index), 1 / Double(index + 2)], arm: index % 2, reward: Double(index), row: index)
        }
        var restored = try OffPolicyEvaluation(hasBaseline: true, hasPredictions: true)
        try restored.restore(part.figures)
        var learned = try CrossFitting(arms: 2, dimension: 2)
        try learned.restore(model.figures)
        #expect(restored == part && learned == model)
        for index in 20..<40 {
            try whole.add(row(index))
            try restored.add(row(index))
        }
        #expect(restored == whole)
        var other = try OffPolicyEvaluation(hasBaseline: false, hasPredictions: true)
        #expect(throws: PolicyError.differentLengths) { try other.restore(part.figures) }
        var narrow = try CrossFitting(arms: 2, dimension: 1)
        #expect(throws: PolicyError.differentLengths) { try narrow.restore(model.figures) }
        #expect(throws: PolicyError.notFinite) {
            try restored.restore(part.figures.map { _ in Double.nan })
        }
        #expect(restored == whole)
    }
}
