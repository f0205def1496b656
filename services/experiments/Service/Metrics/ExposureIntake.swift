import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Takes in who met which variant: each once in each phase.
struct ExposureIntake: Sendable {
    /// How far ahead of ours a sender's clock may be.
    static let aheadSeconds: Int64 = 300

    let tombstones: Tombstones
    private let restrictions: UnitRestrictions
    private let exposures = ExposureStore()
    private let forced = ForcedAssignmentStore()
    private let variants = VariantStore()
    private let units = UnitStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
        restrictions = UnitRestrictions(tombstones: tombstones)
    }

    /// The number of a unit, which becomes known.
    ///
    /// - Throws: suppressed for one that was erased, or whose data may not be used.
    func unit(
        _ unit: String, type: String, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        if let identifierType = try UnitTypeTable(in: transaction).identifierType(of: type) {
            if try tombstones.contains(type: identifierType, value: unit, in: transaction) {
                throw .suppressed("This unit")
            }
            if try !restrictions.isEmpty(in: transaction),
                try restrictions.contains(unit, identifierType: identifierType, in: transaction)
            {
                throw RPCError(
                    code: RPCError.Code.suppressed,
                    message: "This unit's data may not be used until that is lifted.")
            }
        }
        return try units.number(of: unit, type: type, at: now, in: transaction)
    }

    /// Which phase and variant an exposure is of; writes nothing.
    ///
    /// - Throws: notFound for a variant that is not there; conflict when the experiment did not run then.
    func place(
        _ experiment: StoredExperiment, variant key: String, at time: Timestamp, now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (phase: Int, variant: Int64) {
        guard let variant = try variants.numbers(of: experiment.number, in: transaction)[key] else {
            throw .notFound("variant of \(experiment.key)", key)
        }
        guard time <= now.advanced(bySeconds: Self.aheadSeconds) else {
            throw .invalidParams(at: "/at", "must be at most \(Self.aheadSeconds / 60) minutes ahead of now")
        }
        guard let phase = try exposures.phase(of: experiment.number, at: time, in: transaction),
            experiment.endAt.map({ time < $0 }) ?? true
        else { throw .conflict("\(experiment.key) did not run at \(time).") }
        return (phase, variant)
    }

    /// Takes one exposure. Of a unit for which somebody decided by hand it is kept, and counts for no result: nothing was
    /// drawn.
    ///
    /// - Returns: whether it is the first of the unit in its phase.
    func take(
        _ exposure: ExposureStore.Exposure, at now: Timestamp, _ book: inout MetricBook,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let isFirst = try exposures.insert(exposure, at: now, in: transaction)
        let isForced = try forced.contains(
            experiment: exposure.experiment, unit: exposure.unit, at: now, in: transaction)
        if !isForced { try enter(exposure, &book, in: transaction) }
        return isFirst
    }

    /// Lets a unit enter an experiment, or sees that it entered earlier than was known, or met another variant.
    private func enter(
        _ exposure: ExposureStore.Exposure, _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let before = try exposures.entry(of: exposure.unit, in: exposure.experiment, transaction) else {
            let entry = Entry(
                experiment: exposure.experiment, phase: exposure.phase, variant: exposure.variant,
                exposedAt: exposure.exposedAt, hasSeveral: false)
            try exposures.set(entry, of: exposure.unit, before: nil, in: transaction)
            try book.enter(entry, exposure.unit, in: transaction)
            return
        }
        let hasSeveral = before.hasSeveral || before.variant != exposure.variant
        let isEarlier = exposure.exposedAt < before.exposedAt
        guard isEarlier || hasSeveral != before.hasSeveral else { return }
        let entry = Entry(
            experiment: exposure.experiment, phase: isEarlier ? exposure.phase : before.phase,
            variant: isEarlier ? exposure.variant : before.variant,
            exposedAt: isEarlier ? exposure.exposedAt : before.exposedAt, hasSeveral: hasSeveral)
        if isEarlier { try book.enter(before, exposure.unit, isTakenBack: true, in: transaction) }
        try exposures.set(entry, of: exposure.unit, before: before, in: transaction)
        if isEarlier { try book.enter(entry, exposure.unit, in: transaction) }
    }
}

extension Timestamp {
    func advanced(bySeconds seconds: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + seconds * 1_000_000)
    }
}
