import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Whose decisions may be kept, and whose may be used.
struct UnitAdmission: Sendable {
    let tombstones: Tombstones
    private let units = UnitStore()
    private let restrictions = UnitRestrictionStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
    }

    /// The number of a unit; it becomes known if it is not.
    ///
    /// - Parameter what: says which unit it is, in an error.
    /// - Throws: suppressed for one that was erased, restricted for one whose data is not to be used.
    func number(
        of unit: DatasetUnit, _ what: String, _ types: UnitTypeTable, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        if let type = types.identifierType(of: unit.type),
            try tombstones.contains(type: type, value: unit.id, in: transaction)
        {
            throw .suppressed(what)
        }
        if try isRestricted(unit, types, in: transaction) { throw .restricted }
        return try units.number(of: unit.id, type: unit.type, at: now, in: transaction)
    }

    /// Whether the data of a unit may be kept and not used.
    func isRestricted(
        _ unit: DatasetUnit, _ types: UnitTypeTable, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        guard let type = types.identifierType(of: unit.type), try !restrictions.isEmpty(in: transaction) else {
            return false
        }
        let identifier = Identifier(type: type, value: unit.id)
        for identifier in Set([identifier, (try? identifier.canonical()) ?? identifier])
        where try restrictions.contains(tombstones.digest(identifier.type, identifier.value), in: transaction) {
            return true
        }
        return false
    }
}
