import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Lets units enter holdouts: when a holdout is first asked about them, whatever it then says.
///
/// Before that moment nothing of what it withholds was shown to either side, so who enters does not depend on the side,
/// and the sides can be compared. An exposure is no such moment: those who are withheld have none.
struct HoldoutIntake: Sendable {
    let exposures: ExposureIntake
    private let entries = ExposureStore()
    private let phases = PhaseStore()
    private let units = UnitStore()
    private let variants = VariantStore()

    init(exposures: ExposureIntake) {
        self.exposures = exposures
    }

    /// The holdouts that were asked about a unit in evaluations, and in whose present stretch it does not count yet.
    func missing(
        _ evaluations: [Evaluation], of context: UnitContext, _ compiled: CompiledAssignments,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(key: String, holdout: CompiledAssignments.MeasuredHoldout, unit: String)] {
        guard !compiled.holdouts.isEmpty else { return [] }
        var missing: [(key: String, holdout: CompiledAssignments.MeasuredHoldout, unit: String)] = []
        for (key, unit) in compiled.set.holdouts(asked: evaluations, about: context) {
            guard let holdout = compiled.holdouts[key], try !isIn(holdout.measure, unit, in: transaction),
                try exposures.mayBeUsed(unit, identifierType: holdout.identifierType, in: transaction)
            else { continue }
            missing.append((key, holdout, unit))
        }
        return missing
    }

    private func isIn(
        _ measure: StoredExperiment, _ unit: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        guard let number = try units.number(of: unit, type: measure.unitType, in: transaction) else { return false }
        return try entries.contains(unit: number, experiment: measure.number, phase: measure.phase, in: transaction)
    }

    /// Lets a unit enter those in which it does not count yet.
    func enter(
        _ evaluations: [Evaluation], of context: UnitContext, _ compiled: CompiledAssignments, at now: Timestamp,
        _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        for (_, holdout, unit) in try missing(evaluations, of: context, compiled, in: transaction) {
            let number = try units.number(of: unit, type: holdout.measure.unitType, at: now, in: transaction)
            _ = try enter(holdout.measure, unit, number, at: now, &book, in: transaction)
        }
    }

    /// Lets a unit enter at a moment.
    ///
    /// - Returns: whether it is the first of the stretch.
    /// - Throws: conflict where the holdout withheld nobody then.
    func enter(
        _ measure: StoredExperiment, _ unit: String, _ number: Int64, at time: Timestamp, _ book: inout MetricBook,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let side = try side(of: unit, in: measure, in: transaction)
        let open = try entries.phases(of: measure.number, in: transaction).first {
            $0.openedAt <= time && $0.closedAt.map { time < $0 } ?? true
        }
        guard let phase = open?.number, measure.endAt.map({ time < $0 }) ?? true else {
            throw .conflict("The holdout withheld nobody at \(time).")
        }
        var then = measure
        then.phase = phase
        let met = phase == measure.phase ? side : try self.side(of: unit, in: then, in: transaction)
        guard let variant = try variants.numbers(of: measure.number, in: transaction)[met] else {
            throw .internalError("What measures a holdout has no arm \(met).")
        }
        let exposure = ExposureStore.Exposure(
            experiment: measure.number, phase: phase, unit: number, variant: variant, exposedAt: time)
        let isFirst = try entries.insert(exposure, at: time, in: transaction)
        let metSeveral = try entries.metSeveral(unit: number, experiment: measure.number, in: transaction)
        if metSeveral || met != side {
            try exposures.leave(number, measure.number, &book, in: transaction)
        } else {
            try exposures.enter(exposure, &book, in: transaction)
        }
        return isFirst
    }

    /// Who a unit is in the phase that a measure has.
    func side(
        of unit: String, in measure: StoredExperiment, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> String {
        let allocation = try phases.allocation(of: measure, in: transaction)
        let bucket = measure.hash.bucket(seed: measure.seed, value: unit)
        return allocation.arm(of: bucket).map { allocation.arms[$0].variant } ?? HoldoutMeasure.admitted
    }
}
