import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// Answers `unitTypes.*`.
struct UnitTypesMethods: UnitTypes.Service {
    /// Types that a brand declares.
    static let maximum = 100

    private let types = UnitTypeStore()
    private let config = AssignmentConfigStore()
    private let following = SignalFollowing()

    func set(
        _ params: UnitTypes.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> UnitTypes.Set.Reply {
        let table = try UnitTypeTable(in: transaction)
        guard table.declared[params.type] != nil || table.declared.count < Self.maximum else {
            throw .conflict("A brand declares at most \(Self.maximum) types of unit.")
        }
        if params.identifierType == nil, table.identifierType(of: params.type) != nil,
            try types.kept(in: transaction).contains(params.type)
        {
            throw .conflict(
                "Units of the type \(params.type) are kept, and are people's: without an identifier nobody would find them."
            )
        }
        try types.set(params.type, identifierType: params.identifierType, in: transaction)
        try config.change(in: transaction)
        if let type = params.identifierType, type != table.identifierType(of: params.type) {
            try following.fetchAnew(params.type, at: call.now, in: transaction)
        }
        return DeclaredUnitType(type: params.type, identifierType: params.identifierType, isDeclared: true)
    }

    func list(
        _ params: UnitTypes.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> UnitTypes.List.Reply {
        let table = try UnitTypeTable(in: transaction)
        let names = Set(table.declared.keys).union(["session", "user"]).sorted()
        return UnitTypes.List.Reply(
            items: names.map {
                DeclaredUnitType(
                    type: $0, identifierType: table.identifierType(of: $0), isDeclared: table.declared[$0] != nil)
            })
    }
}
