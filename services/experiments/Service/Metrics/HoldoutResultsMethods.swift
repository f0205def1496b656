import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `holdoutResults.*`: what experiments came to together.
struct HoldoutResultsMethods: HoldoutResults.Service {
    private let results = ExperimentResultsMethods()
    private let holdouts = HoldoutStore()
    private let plans = ResultPlanStore()

    func get(
        _ params: HoldoutResults.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> HoldoutResults.Get.Reply {
        let (holdout, measure) = try planned(params.holdoutId, in: transaction)
        let found = try results.results(of: measure, at: call.now, in: transaction)
        let end = holdout.endAt.flatMap { $0 <= call.now ? $0 : nil }
        return HoldoutResults.Get.Reply(
            holdout: holdout.key, status: holdout.status(at: call.now), at: call.now, startedAt: holdout.startAt,
            endedAt: end, hasEnded: found.hasEnded, entered: found.split.units.reduce(0, +),
            withheldShare: holdout.share,
            split: found.split, metrics: found.metrics, decision: found.recommendation,
            words: Self.words(found.recommendation.verdict, hasEnded: found.hasEnded),
            experiments: try holdouts.spanned(
                by: holdout, until: end.map { Timestamp(microseconds: $0.microseconds - 1) } ?? call.now,
                in: transaction))
    }

    func series(
        _ params: HoldoutResults.Series.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> HoldoutResults.Series.Reply {
        let (_, measure) = try planned(params.holdoutId, in: transaction)
        let found = try results.series(of: measure, metric: params.metric, at: call.now, in: transaction)
        return HoldoutResults.Series.Reply(metric: found.metric, scale: found.scale, points: found.points)
    }

    private func planned(
        _ id: UUIDv7, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> (holdout: StoredHoldout, measure: StoredExperiment) {
        let (holdout, measure) = try MeasuredHoldouts().find(id, in: transaction)
        guard try plans.find(measure.number, in: transaction) != nil else {
            throw .conflict(
                "The holdout \(holdout.key) has no plan: say by what it is measured with holdoutPlans.set.")
        }
        return (holdout, measure)
    }

    private static func words(_ verdict: Verdict, hasEnded: Bool) -> String {
        switch verdict {
        case .ship: "What was shown to the others is better than nothing of it: end the holdout, and let all have it."
        case .rollBack where hasEnded:
            "What was shown to the others has not shown to be better than nothing of it: look at each of the experiments "
                + "again, before all have it."
        case .rollBack:
            "What was shown to the others is worse than nothing of it: find out which of the experiments it is, and take "
                + "it back."
        case .keepRunning: "Nothing is certain yet: go on withholding."
        case .inconclusive: "It has ended, and whether what was shown to the others is better is not certain."
        case .broken: "The two sides are not as they should be: trust nothing of it, and find out why."
        }
    }
}
