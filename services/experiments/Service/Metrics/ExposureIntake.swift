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
    private let assignments = AssignmentStore()
    private let forced = ForcedAssignmentStore()
    private let units = UnitStore()
    private let segments = SegmentStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
        restrictions = UnitRestrictions(tombstones: tombstones)
    }

    /// The number of a unit, which becomes known.
    ///
    /// - Throws: suppressed for one that was erased, or whose data may not be used.
    func unit(
        _ unit: String, type: String, at now: Timestamp, _ known: inout IntakeKnowledge,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        if let identifierType = try known.identifierType(of: type, in: transaction) {
            let refused = try known.refuses(tombstones, in: transaction)
            if refused.erased, try tombstones.contains(type: identifierType, value: unit, in: transaction) {
                throw .suppressed("This unit")
            }
            if refused.restricted,
                try restrictions.contains(unit, identifierType: identifierType, in: transaction)
            {
                throw RPCError(
                    code: RPCError.Code.suppressed,
                    message: "This unit's data may not be used until that is lifted.")
            }
        }
        return try units.number(of: unit, type: type, at: now, in: transaction)
    }

    /// Whether a unit was neither erased nor restricted.
    ///
    /// - Parameter identifierType: nil of units that are nobody's.
    func mayBeUsed(
        _ unit: String, identifierType: String?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        guard let identifierType else { return true }
        if try tombstones.contains(type: identifierType, value: unit, in: transaction) { return false }
        if try restrictions.isEmpty(in: transaction) { return true }
        return try !restrictions.contains(unit, identifierType: identifierType, in: transaction)
    }

    /// - Throws: invalidParams for what is to come.
    static func check(_ time: Timestamp, at now: Timestamp) throws(RPCError) {
        guard time <= now.advanced(bySeconds: aheadSeconds) else {
            throw .invalidParams(at: "/at", "must be at most \(aheadSeconds / 60) minutes ahead of now")
        }
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
    ///
    /// A variant that is kept counts in the phase in which it was drawn: by the shares of that phase, not of a later one.
    func enter(
        _ met: ExposureStore.Exposure, _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var exposure = met
        exposure.phase =
            try assignments.phase(of: met.unit, in: met.experiment, variant: met.variant, transaction) ?? met.phase
        guard let before = try exposures.entry(of: exposure.unit, in: exposure.experiment, transaction) else {
            let entry = Entry(
                experiment: exposure.experiment, phase: exposure.phase, variant: exposure.variant,
                exposedAt: exposure.exposedAt, hasSeveral: false)
            try exposures.set(entry, of: exposure.unit, before: nil, in: transaction)
            try segments.set(exposure.segments, of: exposure.unit, in: exposure.experiment, transaction)
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
        if isEarlier, exposure.segments.areTold {
            try segments.set(exposure.segments, of: exposure.unit, in: exposure.experiment, transaction)
        }
        if isEarlier { try book.enter(entry, exposure.unit, in: transaction) }
    }

    /// Takes a unit back that entered an experiment, and all that it brought.
    func leave(
        _ unit: Int64, _ experiment: Int64, _ book: inout MetricBook, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let entry = try exposures.entry(of: unit, in: experiment, transaction) else { return }
        try book.enter(entry, unit, isTakenBack: true, in: transaction)
        try exposures.remove(entry, of: unit, in: transaction)
    }
}

extension Timestamp {
    func advanced(bySeconds seconds: Int64) -> Timestamp {
        Timestamp(microseconds: microseconds + seconds * 1_000_000)
    }
}
