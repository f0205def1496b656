import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `forcedAssignments.*`.
struct ForcedAssignmentsMethods: ForcedAssignments.Service {
    /// What is decided by hand in a brand at a time: it is for tests.
    static let maximum = 10_000

    let tombstones: Tombstones
    private let forced = ForcedAssignmentStore()
    private let experiments = ExperimentStore()
    private let units = UnitStore()
    private let config = AssignmentConfigStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
    }

    func set(
        _ params: ForcedAssignments.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ForcedAssignments.Set.Reply {
        let experiment = try find(params.experiment, in: transaction)
        if let variant = params.variant, !experiment.variants.contains(where: { $0.key == variant }) {
            throw .invalidParams(
                at: "/params/variant", "is none of \(experiment.variants.map(\.key).joined(separator: ", "))")
        }
        if let end = params.expiresAt, end <= call.now {
            throw .invalidParams(at: "/params/expiresAt", "must be behind now")
        }
        let type = try UnitTypeTable(in: transaction).identifierType(of: experiment.unitType)
        if let type, try tombstones.contains(type: type, value: params.unit, in: transaction) {
            throw .suppressed("This unit")
        }
        try forced.sweep(at: call.now, in: transaction)
        guard try forced.count(in: transaction) < Self.maximum else {
            throw .conflict("At most \(Self.maximum) units are decided about by hand; remove some.")
        }
        let unit = try units.number(of: params.unit, type: experiment.unitType, at: call.now, in: transaction)
        try forced.set(
            experiment: experiment.number, unit: unit, variant: params.variant, note: params.note,
            expiresAt: params.expiresAt, by: call.principal, at: call.now, in: transaction)
        try config.change(in: transaction)
        return ForcedVariant(
            experiment: experiment.key, unitType: experiment.unitType, unit: params.unit, variant: params.variant,
            note: params.note, expiresAt: params.expiresAt, setAt: call.now, setBy: call.principal)
    }

    func list(
        _ params: ForcedAssignments.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> ForcedAssignments.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let experiment = try params.experiment.map { key throws(RPCError) in try find(key, in: transaction).number }
        let found = try forced.list(
            after: cursor.position, experiment: experiment, at: call.now, limit: params.limit + 1, in: transaction)
        let items = found.prefix(params.limit)
        return ForcedAssignments.List.Reply(
            items: items.map(\.reply),
            nextCursor: found.count > params.limit ? items.last.map { "\($0.number)" } : nil)
    }

    func remove(
        _ params: ForcedAssignments.Remove.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> ForcedAssignments.Remove.Reply {
        let experiment = try find(params.experiment, in: transaction)
        guard let unit = try units.number(of: params.unit, type: experiment.unitType, in: transaction),
            try forced.remove(experiment: experiment.number, unit: unit, in: transaction)
        else { throw .notFound("forced assignment", "of this unit in \(params.experiment)") }
        try config.change(in: transaction)
        return ForcedAssignments.Remove.Reply(removedAt: call.now)
    }

    private func find(
        _ key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredExperiment {
        guard let experiment = try experiments.find(key: key, in: transaction), experiment.status != .archived else {
            throw .notFound("experiment", key)
        }
        return experiment
    }
}
