import ExperimentMetrics
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import Statistics

/// What units do without the test that is planned: as it was given, or as the control of an experiment shows.
struct PlanningBaseline {
    let metric: ExperimentPlan.Metric
    let direction: MetricDirection
    /// Whose control it was, and of how many units; nil: it was given.
    let source: (experiment: String, units: Int)?

    init(
        _ params: ExperimentPower.Estimate.Params, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        if let key = params.metric {
            guard params.mean == nil, params.standardDeviation == nil else {
                throw .invalidParams(at: "/params/mean", "is given where there is no metric with a history")
            }
            self = try Self(history: key, params, at: now, in: transaction)
        } else {
            guard let mean = params.mean else {
                throw .invalidParams(at: "/params/metric", "must be there, or mean: else nothing says what units do")
            }
            if params.experimentId != nil {
                throw .invalidParams(at: "/params/experimentId", "needs the metric that it measured")
            }
            metric = try Self.given(mean, params.standardDeviation, explained: params.varianceCut ?? 0)
            direction = params.direction ?? .higherIsBetter
            source = nil
        }
    }

    private static func given(
        _ mean: Double, _ deviation: Double?, explained: Double
    ) throws(RPCError) -> ExperimentPlan.Metric {
        do throws(PlanError) {
            guard let deviation else { return try ExperimentPlan.Metric(proportion: mean, explained: explained) }
            return try ExperimentPlan.Metric(mean: mean, variance: deviation * deviation, explained: explained)
        } catch {
            throw deviation == nil
                ? .invalidParams(at: "/params/mean", "must be between 0 and 1, or have a standardDeviation")
                : .invalidParams(at: "/params/standardDeviation", "must be above 0, and small enough to be squared")
        }
    }

    private init(
        history key: String, _ params: ExperimentPower.Estimate.Params, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        let experiments = ExperimentStore()
        let named: StoredExperiment? = try params.experimentId.map { id throws(RPCError) in
            guard let named = try experiments.find(id, in: transaction) else { throw .notFound("experiment", id) }
            return named
        }
        guard let stored = try MetricStore().find(key, in: transaction) else { throw .notFound("metric", key) }
        let experiment: StoredExperiment
        if let named {
            guard try MetricStore().numbers(of: named.number, in: transaction).contains(stored.number) else {
                throw .conflict("\(named.key) does not measure \(key).")
            }
            experiment = named
        } else {
            let found = try HistoryStore().experiment(
                measuring: stored.number, since: now.day - params.historyDays, in: transaction)
            guard let found else {
                throw .conflict(
                    "No experiment that measures \(key) had units in the last \(params.historyDays) days: give mean "
                        + "and standardDeviation.")
            }
            experiment = try experiments.find(number: found, in: transaction).unwrapped(key)
        }
        let variants = try VariantStore().numbers(of: experiment.number, in: transaction)
        guard let control = experiment.variants.first(where: \.isControl).flatMap({ variants[$0.key] }) else {
            throw .conflict("\(experiment.key) has no control.")
        }
        let definition: MetricDefinition
        do throws(MetricProblem) {
            definition = try stored.info.definition()
        } catch {
            throw .internalError("The stored metric \(key) cannot be: \(error)")
        }
        let sums = try HistoryStore().sums(
            of: control, in: experiment.number, metric: stored.number, definition, through: now.day, transaction)
        let baseline: MetricBaseline
        do throws(NotEnoughData) {
            baseline = try MetricBaseline(definition, sums)
        } catch {
            throw .conflict(
                "The control of \(experiment.key) says too little of \(key), which \(error): give mean and "
                    + "standardDeviation.")
        }
        metric = try Self.changed(baseline.metric, explained: params.varianceCut)
        direction = params.direction ?? stored.info.direction
        source = (experiment.key, baseline.units)
    }

    private static func changed(
        _ metric: ExperimentPlan.Metric, explained: Double?
    ) throws(RPCError) -> ExperimentPlan.Metric {
        guard let explained else { return metric }
        return try given(
            metric.mean, metric.isProportion ? nil : metric.variance.squareRoot(), explained: explained)
    }

    var told: PowerBaseline {
        PowerBaseline(
            mean: metric.mean, standardDeviation: metric.variance.squareRoot(), isProportion: metric.isProportion,
            varianceCut: metric.explained, experiment: source?.experiment, units: source?.units)
    }
}

extension Optional where Wrapped == StoredExperiment {
    /// What a row of the database refers to is there.
    fileprivate func unwrapped(_ metric: String) throws(RPCError) -> StoredExperiment {
        guard let self else { throw .internalError("An experiment that measured \(metric) is not there.") }
        return self
    }
}
