import ExperimentsAPI
import JSONRPC
import Policies
import Statistics

/// A replay on its way. Rows are read in their order: where an estimator takes a reward model, once to learn it and once
/// more to judge; else once. Its state is ``figures``, from which it goes on bit for bit.
struct ReplayRun: Sendable {
    /// A score or metric beside the one that decides.
    private struct Measure: Sendable {
        let name: String
        var evaluation: OffPolicyEvaluation
        var logged = CompensatedSum()
    }

    private let dataset: StoredDataset
    private let settings: Replays.Create.Params
    private let metric: String
    private let target: CompiledRule
    private let baseline: CompiledRule?
    /// Nil where no estimator takes one.
    private var model: CrossFitting?
    private var learned: CrossFitting.Models?
    private var evaluation: OffPolicyEvaluation
    private var measures: [Measure] = []
    private var leftOut = 0
    private var withheld = 0

    /// How often each row is read.
    static func passes(_ estimators: [ReplayEstimator]) -> Int {
        estimators.contains { $0.kernel.needsPredictions } ? 2 : 1
    }

    init(_ settings: Replays.Create.Params, on dataset: StoredDataset) throws(RPCError) {
        self.dataset = dataset
        self.settings = settings
        metric = settings.metric ?? "reward"
        guard let rule = settings.target else { throw .internalError("A replay says nothing of its target.") }
        target = try CompiledRule(rule, for: dataset, at: "/params/target")
        baseline = try settings.baselineTarget.map { rule throws(RPCError) in
            try CompiledRule(rule, for: dataset, at: "/params/baselineTarget")
        }
        let takesModel = Self.passes(settings.estimators) == 2
        do {
            let hasBaseline = baseline != nil
            evaluation = try OffPolicyEvaluation(hasBaseline: hasBaseline, hasPredictions: takesModel)
            if takesModel {
                model = try CrossFitting(arms: dataset.arms.count, dimension: dataset.features.count)
            }
            for name in dataset.scores.map(\.rawValue) + dataset.metrics where name != metric {
                measures.append(Measure(name: name, evaluation: try OffPolicyEvaluation(hasBaseline: hasBaseline)))
            }
        } catch {
            throw .internalError("A replay cannot be set up: \(error)")
        }
    }

    // MARK: State

    var figures: [Double] {
        [Double(leftOut), Double(withheld)] + (model?.figures ?? []) + evaluation.figures
            + measures.flatMap { $0.evaluation.figures + [$0.logged.high, $0.logged.low] }
    }

    mutating func restore(_ figures: [Double]) throws(PolicyError) {
        guard figures.count == self.figures.count else { throw .differentLengths }
        var rest = figures[...]
        func take(_ count: Int) -> [Double] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        let counts = take(2)
        (leftOut, withheld) = (Int(counts[0]), Int(counts[1]))
        if let size = model?.figures.count { try model?.restore(take(size)) }
        try evaluation.restore(take(evaluation.figures.count))
        for index in measures.indices {
            try measures[index].evaluation.restore(take(measures[index].evaluation.figures.count))
            let logged = take(2)
            measures[index].logged = CompensatedSum(high: logged[0], low: logged[1])
        }
    }

    // MARK: Rows

    /// Learns what arms bring.
    mutating func learn(_ row: DatasetRow, number: Int) throws(PolicyError) {
        guard let reward = row.measure(metric), let arm = dataset.arms.firstIndex(of: row.arm) else { return }
        try model?.add(row.features, arm: arm, reward: reward, row: number)
    }

    /// Judges what the policies would have done.
    mutating func judge(_ row: DatasetRow, number: Int) throws(PolicyError) {
        guard let arm = dataset.arms.firstIndex(of: row.arm) else { throw .parameter("arm") }
        let logged = try row.logged(dataset.arms)
        let target = try target.propensities(row, logged: logged)
        let baseline = try baseline.map { rule throws(PolicyError) in try rule.propensities(row, logged: logged) }
        if let reward = row.measure(metric) {
            if learned == nil { learned = try model?.models() }
            let predictions = try learned.map { model throws(PolicyError) in
                try model.predictions(row.features, row: number)
            }
            try evaluation.add(
                try LoggedDecision(
                    arm: arm, reward: reward, logged: logged, target: target, baseline: baseline,
                    predictions: predictions))
        } else {
            leftOut += 1
        }
        for index in measures.indices {
            guard let value = row.measure(measures[index].name) else { continue }
            try measures[index].evaluation.add(
                try LoggedDecision(
                    arm: arm, reward: value, logged: logged, target: target, baseline: baseline))
            measures[index].logged += value
        }
    }

    /// Says of so many rows that they are no longer there, or are not to be used.
    mutating func miss(_ count: Int) { withheld += count }

    // MARK: Results

    func results() -> ReplayResults {
        let estimates = settings.estimators.map { estimator in
            let kernel = estimator.kernel
            return ReplayEstimate(
                estimator: estimator, assumptions: kernel.assumptions.map(\.sentence),
                target: ReplayValue { () throws(OffPolicyFailure) in try evaluation.estimate(kernel) },
                baseline: baseline.map { _ in
                    ReplayValue { () throws(OffPolicyFailure) in try evaluation.baselineEstimate(kernel) }
                },
                difference: baseline.map { _ in
                    ReplayValue { () throws(OffPolicyFailure) in try evaluation.difference(kernel) }
                })
        }
        let verdict = verdict(estimates)
        return ReplayResults(
            rows: evaluation.count, leftOutRows: leftOut, withheldRows: withheld,
            support: ReplaySupport(evaluation.support[0]),
            baselineSupport: baseline.map { _ in ReplaySupport(evaluation.support[1]) }, estimates: estimates,
            measures: measures.map(result), isBetterThanBaseline: verdict.isBetter, reason: verdict.reason)
    }

    private func result(_ measure: Measure) -> ReplayMeasure {
        let evaluation = measure.evaluation
        return ReplayMeasure(
            name: measure.name, direction: MetricDirection(usualOf: measure.name), rows: evaluation.count,
            logged: evaluation.count > 0 ? measure.logged.value / Double(evaluation.count) : nil,
            target: ReplayValue { () throws(OffPolicyFailure) in try evaluation.estimate(.snips) },
            baseline: baseline.map { _ in
                ReplayValue { () throws(OffPolicyFailure) in try evaluation.baselineEstimate(.snips) }
            },
            difference: baseline.map { _ in
                ReplayValue { () throws(OffPolicyFailure) in try evaluation.difference(.snips) }
            })
    }

    /// Better or worse only where the interval says so and the rows can speak for both.
    private func verdict(_ estimates: [ReplayEstimate]) -> (isBetter: Bool?, reason: String) {
        guard baseline != nil else { return (nil, "There is no baseline to compare with.") }
        let concerns = evaluation.support.flatMap(\.concerns)
        if let first = concerns.first { return (nil, "Not decided: \(first)") }
        guard let estimate = estimates.first(where: { $0.estimator == settings.decidedBy }),
            let difference = estimate.difference
        else { return (nil, "Not decided: the estimator that decides was not computed.") }
        if let problem = difference.problem { return (nil, "Not decided: \(problem)") }
        guard let lower = difference.lower, let upper = difference.upper else {
            return (nil, "Not decided: the policy and the baseline do not differ by anything that varies.")
        }
        guard lower > 0 || upper < 0 else {
            return (nil, "Not decided: the 95 % interval of the difference holds 0.")
        }
        let isBetter = (lower > 0) == (settings.direction == .higherIsBetter)
        return (
            isBetter,
            "The 95 % interval of the difference of \(metric) lies \(lower > 0 ? "above" : "below") 0, and "
                + "\(settings.direction == .higherIsBetter ? "more" : "less") is better."
        )
    }
}

extension ReplayEstimator {
    var kernel: OffPolicyEstimator {
        switch self {
        case .replay: .replay
        case .ips: .ips
        case .snips: .snips
        case .directMethod: .directMethod
        case .doublyRobust: .doublyRobust
        case .selfNormalizedDoublyRobust: .selfNormalizedDoublyRobust
        case .switchDoublyRobust: .switchDoublyRobust
        case .shrunkDoublyRobust: .shrunkDoublyRobust
        }
    }
}

extension ReplayValue {
    /// What the kernel says, or why it says nothing.
    init(_ estimate: () throws(OffPolicyFailure) -> OffPolicyEstimate) {
        do {
            let estimate = try estimate()
            self.init(
                value: estimate.value, standardError: estimate.spread?.standardError,
                lower: estimate.spread?.interval.lower, upper: estimate.spread?.interval.upper)
        } catch {
            self.init(problem: error.words)
        }
    }
}

extension OffPolicyFailure {
    fileprivate var words: String {
        switch self {
        case .tooFewRows(let needed): "It takes at least \(needed) rows on which the policy does what was done."
        case .noOverlap: "The policy never does what was done, so nothing is known of it."
        case .noPredictions: "It takes a reward model."
        case .noBaseline: "There is no baseline."
        case .notFinite: "The sums are too large."
        }
    }
}

extension ReplaySupport {
    init(_ support: OffPolicySupport) {
        let hasRows = support.rows > 0
        self.init(
            rows: support.rows, matches: support.matches, effectiveSampleSize: support.effectiveSampleSize,
            largestWeight: support.largestWeight, meanWeight: hasRows ? support.meanWeight : 0,
            unsupportedRows: support.unsupportedRows,
            unsupportedShare: hasRows ? min(1, support.unsupportedShare) : 0,
            concerns: support.concerns.map(\.description))
    }
}
