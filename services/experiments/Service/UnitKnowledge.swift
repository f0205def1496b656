import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// What a brand's database says of a unit: what it was assigned, what was decided for it by hand, and whether its data may
/// be used at all. Brands without any of it pay for one look into an empty table.
struct UnitKnowledge {
    private let assignments = AssignmentStore()
    private let forced = ForcedAssignmentStore()
    private let restrictions: UnitRestrictions

    init(tombstones: Tombstones) {
        restrictions = UnitRestrictions(tombstones: tombstones)
    }

    /// - Parameter given: variants to be in for this call, by experiments' keys; they go before what is stored.
    func context(
        of unit: UnitAttributes, given: [String: String] = [:], _ compiled: CompiledAssignments, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UnitContext {
        if try isRestricted(unit, compiled, in: transaction) {
            return UnitContext(attributes: unit.value, isRestricted: true)
        }
        var kept: [StickyAssignment] = []
        // A prerequisite may be sticky as well, whether or not it was asked about.
        for entry in compiled.sticky {
            kept += try assignments.kept(
                of: entry.number, key: entry.key, unitType: entry.unitType, names: unit.names(entry.hashAttributes),
                in: transaction)
        }
        var decided: [String: ForcedAssignment] = [:]
        for entry in compiled.forcible {
            for name in unit.names(entry.hashAttributes) where decided[entry.key] == nil {
                decided[entry.key] = try forced.find(
                    experiment: entry.number, unitType: entry.unitType, unit: name.unit, at: now, in: transaction)
            }
        }
        for (experiment, variant) in given { decided[experiment] = .variant(variant) }
        return UnitContext(attributes: unit.value, forced: decided, sticky: StickyAssignments(kept))
    }

    private func isRestricted(
        _ unit: UnitAttributes, _ compiled: CompiledAssignments, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        guard try !restrictions.isEmpty(in: transaction) else { return false }
        for naming in compiled.namings {
            if let text = unit.value.unitText(of: naming.attribute),
                try restrictions.contains(text, identifierType: naming.identifierType, in: transaction)
            {
                return true
            }
        }
        return false
    }
}
