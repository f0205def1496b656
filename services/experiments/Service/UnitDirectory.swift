import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Finds the units behind the identifiers of a privacy request, and stops uses of their data.
struct UnitDirectory: SubjectDirectory {
    private let units = UnitStore()
    private let types = UnitTypeStore()
    private let config = AssignmentConfigStore()
    private let restrictions = UnitRestrictionStore()

    func find(
        _ identifiers: [Identifier], actors ids: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Subject] {
        let table = try UnitTypeTable(in: transaction)
        let kept = try types.kept(in: transaction)
        var numbers: [Int64] = []
        for identifier in identifiers {
            for type in kept where table.identifierType(of: type) == identifier.type {
                for value in Set([identifier.value, (try? identifier.canonical())?.value ?? identifier.value]) {
                    if let number = try units.number(of: value, type: type, in: transaction) { numbers.append(number) }
                }
            }
        }
        for id in ids {
            if let number = try units.number(id, in: transaction) { numbers.append(number) }
        }
        var subjects: [Subject] = []
        for number in Set(numbers).sorted() {
            guard let unit = try units.unit(number, in: transaction) else { continue }
            subjects.append(
                Subject(
                    number: number, id: unit.id,
                    identifiers: table.identifierType(of: unit.type).map {
                        [Identifier(type: $0, value: unit.unit)]
                    } ?? []))
        }
        return subjects
    }

    func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        let table = try UnitTypeTable(in: transaction)
        var found: [Identifier] = []
        try units.each(in: transaction) { type, unit in
            guard let type = table.identifierType(of: type) else { return }
            let identifier = Identifier(type: type, value: unit)
            if matches(identifier) { found.append(identifier) }
        }
        return found
    }

    /// An opt-out is of sale and sharing, which experiments do not.
    func restrict(
        _ subjects: [Subject], unknown: [Identifier], _ restriction: SubjectRestriction,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        guard restriction.kind != .optOut else { return [] }
        var placed = 0
        for digest in restriction.digests
        where try restrictions.place(
            restriction.kind.rawValue, on: digest, request: restriction.request, at: restriction.since,
            in: transaction)
        {
            placed += 1
        }
        return placed == 0 ? [] : [TableRows(table: "unit_restrictions", rows: placed)]
    }

    /// Who was on a list is not on the compiled one either.
    func scrub(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        try config.change(in: transaction)
        return []
    }
}
