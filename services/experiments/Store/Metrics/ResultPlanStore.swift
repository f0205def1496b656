import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// How experiments are judged, and on what.
struct ResultPlanStore: Sendable {
    func find(
        _ experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ResultPlan? {
        let metrics = try transaction.all(
            """
            SELECT metrics.key, role, scale, margin, worth_having
            FROM planned_metrics JOIN metrics ON metrics.number = planned_metrics.metric
            WHERE experiment = :experiment ORDER BY place
            """, [":experiment": experiment]
        ) { row throws(RPCError) in
            guard let role = MetricRole(rawValue: row.text(1)), let scale = EffectScaleName(rawValue: row.text(2))
            else { throw .internalError("A metric has an unknown role or scale.") }
            return PlannedMetric(
                metric: row.text(0), role: role, scale: scale, margin: row.doubleOrNil(3),
                worthHaving: row.doubleOrNil(4))
        }
        let dimensions = try dimensions(of: experiment, in: transaction)
        return try transaction.one(
            """
            SELECT engine, alpha, correction, planned_units, looks, spending, prior, sample_ratio_alpha, version
            FROM result_plans WHERE experiment = :experiment
            """, [":experiment": experiment]
        ) { row throws(RPCError) in
            guard let engine = InferenceEngine(rawValue: row.text(0)),
                let correction = FamilyCorrection(rawValue: row.text(2))
            else { throw .internalError("A plan has an unknown engine or correction.") }
            var looks: [Double]?
            if !row.isNull(4) { looks = try row.json(4) }
            var prior: EffectPrior?
            if !row.isNull(6) { prior = try row.json(6) }
            return ResultPlan(
                metrics: metrics, engine: engine, alpha: row.double(1), correction: correction,
                plannedUnits: row.intOrNil(3), looks: looks,
                spending: row.textOrNil(5).flatMap { SpendingName(rawValue: $0) }, prior: prior,
                sampleRatioAlpha: row.double(7), version: row.int(8),
                dimensions: dimensions.isEmpty ? nil : dimensions)
        }
    }

    private func dimensions(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SegmentDimension] {
        var dimensions: [(attribute: String, values: [String])] = []
        for segment in try SegmentStore().list(of: experiment, in: transaction) {
            if dimensions.last?.attribute != segment.attribute { dimensions.append((segment.attribute, [])) }
            if let value = segment.value { dimensions[dimensions.count - 1].values.append(value) }
        }
        return dimensions.map { SegmentDimension(attribute: $0.attribute, values: $0.values) }
    }

    /// Writes a plan; metrics that stay keep how far they are filled.
    ///
    /// - Parameter filledThrough: of metrics that are new to it.
    func set(
        _ plan: ResultPlan, of experiment: Int64, metrics: [Int64], filledThrough: Int64?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO result_plans
                (experiment, engine, alpha, correction, planned_units, looks, spending, prior, sample_ratio_alpha, version)
            VALUES (:experiment, :engine, :alpha, :correction, :units, :looks, :spending, :prior, :ratio, :version)
            ON CONFLICT (experiment) DO UPDATE SET
                engine = excluded.engine, alpha = excluded.alpha, correction = excluded.correction,
                planned_units = excluded.planned_units, looks = excluded.looks, spending = excluded.spending,
                prior = excluded.prior, sample_ratio_alpha = excluded.sample_ratio_alpha, version = excluded.version
            """,
            [
                ":experiment": experiment, ":engine": plan.engine.rawValue, ":alpha": plan.alpha,
                ":correction": plan.correction.rawValue, ":units": plan.plannedUnits, ":looks": plan.looks?.jsonText,
                ":spending": plan.spending?.rawValue, ":prior": plan.prior?.jsonText,
                ":ratio": plan.sampleRatioAlpha, ":version": plan.version,
            ])
        let before = Set(try MetricStore().numbers(of: experiment, in: transaction))
        for gone in before.subtracting(metrics) {
            try transaction.run(
                "DELETE FROM planned_metrics WHERE experiment = :experiment AND metric = :metric",
                [":experiment": experiment, ":metric": gone])
        }
        for (place, (number, metric)) in zip(metrics, plan.metrics).enumerated() {
            try transaction.run(
                """
                INSERT INTO planned_metrics
                    (experiment, metric, place, role, scale, margin, worth_having, filled_through)
                VALUES (:experiment, :metric, :place, :role, :scale, :margin, :worth, :filled)
                ON CONFLICT (experiment, metric) DO UPDATE SET
                    place = excluded.place, role = excluded.role, scale = excluded.scale, margin = excluded.margin,
                    worth_having = excluded.worth_having
                """,
                [
                    ":experiment": experiment, ":metric": number, ":place": place, ":role": metric.role.rawValue,
                    ":scale": metric.scale.rawValue, ":margin": metric.margin, ":worth": metric.worthHaving,
                    ":filled": filledThrough,
                ])
        }
    }

    /// The metrics of an experiment by number, with how far each is filled; nil: whole.
    func filled(
        of experiment: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(metric: Int64, through: Int64?)] {
        try transaction.all(
            "SELECT metric, filled_through FROM planned_metrics WHERE experiment = :experiment ORDER BY place",
            [":experiment": experiment]
        ) { ($0.int64(0), $0.int64OrNil(1)) }
    }

    /// - Parameter through: nil: whole.
    func fill(
        _ metric: Int64, of experiment: Int64, through: Int64?, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE planned_metrics SET filled_through = :through WHERE experiment = :experiment AND metric = :metric
            """, [":experiment": experiment, ":metric": metric, ":through": through])
    }

    /// The next metric that is not filled.
    func unfilled(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (experiment: Int64, metric: Int64, through: Int64)? {
        try transaction.one(
            "SELECT experiment, metric, filled_through FROM planned_metrics WHERE filled_through IS NOT NULL LIMIT 1"
        ) { ($0.int64(0), $0.int64(1), $0.int64(2)) }
    }
}
