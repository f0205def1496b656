import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// The phases of experiments, and which buckets were whose in each.
struct PhaseStore: Sendable {
    private let variants = VariantStore()

    /// Ends the phase that is open, if one is, and opens the next.
    func open(
        _ number: Int, of experiment: StoredExperiment, _ allocation: Allocation, because reason: PhaseReason,
        at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try close(of: experiment.number, at: time, in: transaction)
        try transaction.run(
            """
            INSERT INTO phases (experiment, number, opened_at, reason, condition, prerequisites)
            VALUES (:experiment, :number, :opened_at, :reason, :condition, :prerequisites)
            """,
            [
                ":experiment": experiment.number, ":number": number, ":opened_at": time, ":reason": reason.rawValue,
                ":condition": experiment.condition?.text, ":prerequisites": experiment.prerequisites.jsonText,
            ])
        if let slot = experiment.slot {
            try transaction.run(
                """
                INSERT INTO phase_slots (experiment, phase, layer, buckets) VALUES (:experiment, :phase, :layer, :buckets)
                """,
                [
                    ":experiment": experiment.number, ":phase": number, ":layer": slot.layer,
                    ":buckets": slot.buckets.jsonText,
                ])
        }
        let numbers = try variants.numbers(of: experiment.number, in: transaction)
        for (place, arm) in allocation.arms.enumerated() {
            try transaction.run(
                """
                INSERT INTO phase_arms (experiment, phase, place, variant, buckets, config)
                VALUES (:experiment, :phase, :place, :variant, :buckets, :config)
                """,
                [
                    ":experiment": experiment.number, ":phase": number, ":place": place,
                    ":variant": numbers[arm.variant], ":buckets": arm.buckets.jsonText,
                    ":config": experiment.variants.first { $0.key == arm.variant }?.config?.text,
                ])
        }
    }

    /// Ends the phase that is open, if one is.
    func close(
        of experiment: Int64, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        // A phase that was to open later, and did not, was open for no time.
        try transaction.run(
            """
            UPDATE phases SET closed_at = max(:time, opened_at) WHERE experiment = :experiment AND closed_at IS NULL
            """, [":experiment": experiment, ":time": time])
    }

    /// Who has which buckets in a phase.
    func allocation(
        of experiment: StoredExperiment, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Allocation {
        let arms = try arms(of: experiment.number, phase: experiment.phase, in: transaction)
        do {
            return try Allocation(
                arms: arms.map { Allocation.Arm($0.variant, $0.buckets) },
                version: HashVersion(rawValue: experiment.hashVersion) ?? .v2)
        } catch {
            throw .internalError("The arms of \(experiment.key) in phase \(experiment.phase): \(error)")
        }
    }

    func list(
        of experiment: Int64, after number: Int64, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Phase] {
        var phases: [Phase] = []
        let rows = try transaction.all(
            """
            SELECT number, opened_at, closed_at, reason, condition, prerequisites FROM phases
            WHERE experiment = :experiment AND number > :number ORDER BY number LIMIT :limit
            """, [":experiment": experiment, ":number": number, ":limit": limit]
        ) { row throws(RPCError) in
            guard let reason = PhaseReason(rawValue: row.text(3)) else {
                throw .internalError("A phase was opened for the unknown reason '\(row.text(3))'.")
            }
            return Phase(
                number: row.int(0), openedAt: row.timestamp(1), closedAt: row.timestampOrNil(2), reason: reason,
                condition: try row.rawJSON(4), prerequisites: try row.json(5), arms: [])
        }
        for phase in rows {
            phases.append(
                Phase(
                    number: phase.number, openedAt: phase.openedAt, closedAt: phase.closedAt, reason: phase.reason,
                    condition: phase.condition, prerequisites: phase.prerequisites,
                    arms: try arms(of: experiment, phase: phase.number, in: transaction).map { arm in
                        PhaseArm(
                            variant: arm.variant, allocation: arm.buckets.count, ranges: arm.buckets.replies,
                            config: arm.config)
                    },
                    slot: try slot(of: experiment, phase: phase.number, in: transaction)))
        }
        return phases
    }

    private func slot(
        of experiment: Int64, phase: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ExperimentSlot? {
        try transaction.one(
            """
            SELECT layers.key, phase_slots.buckets FROM phase_slots JOIN layers ON layers.number = phase_slots.layer
            WHERE phase_slots.experiment = :experiment AND phase_slots.phase = :phase
            """, [":experiment": experiment, ":phase": phase]
        ) { row throws(RPCError) in
            let buckets: BucketSet = try row.json(1)
            return ExperimentSlot(layer: row.text(0), ranges: buckets.replies)
        }
    }

    /// The arms of a phase, in their order.
    private func arms(
        of experiment: Int64, phase: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(variant: String, buckets: BucketSet, config: JSONRaw?)] {
        try transaction.all(
            """
            SELECT variants.key, phase_arms.buckets, phase_arms.config
            FROM phase_arms JOIN variants ON variants.number = phase_arms.variant
            WHERE phase_arms.experiment = :experiment AND phase_arms.phase = :phase ORDER BY phase_arms.place
            """, [":experiment": experiment, ":phase": phase]
        ) { row throws(RPCError) in (row.text(0), try row.json(1), try row.rawJSON(2)) }
    }
}
