import JSONRPC
import ServiceContract

/// Which kind of identifier the units of a type have: how a person's units are found.
///
/// What the brand said goes first. Unless it said something, units of the type `user` are named by a customerId, as are
/// those of `userId`, sessions are nobody's, and every other type has identifiers of its own name.
struct UnitTypeTable: Sendable {
    static let defaults: [String: String?] = ["session": nil, "user": "customerId", "userId": "customerId"]

    /// By type; nil: units that are nobody's.
    let declared: [String: String?]

    init(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        declared = try UnitTypeStore().all(in: transaction)
    }

    /// Nil for units that are nobody's.
    func identifierType(of unitType: String) -> String? {
        if let known = declared[unitType] ?? Self.defaults[unitType] { return known }
        return unitType
    }
}
