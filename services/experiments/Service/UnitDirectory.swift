import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Finds the units behind the identifiers of a privacy request.
struct UnitDirectory: SubjectDirectory {
    private let units = UnitStore()

    func find(
        _ identifiers: [Identifier], actors ids: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Subject] {
        var numbers: [Int64] = []
        for identifier in identifiers {
            for type in UnitTypes.unitTypes(of: identifier.type) {
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
                    identifiers: UnitTypes.identifierType(of: unit.type).map {
                        [Identifier(type: $0, value: unit.unit)]
                    } ?? []))
        }
        return subjects
    }

    func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        var found: [Identifier] = []
        try units.each(in: transaction) { type, unit in
            guard let type = UnitTypes.identifierType(of: type) else { return }
            let identifier = Identifier(type: type, value: unit)
            if matches(identifier) { found.append(identifier) }
        }
        return found
    }
}
