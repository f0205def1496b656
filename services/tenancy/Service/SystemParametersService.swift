import JSON
import JSONRPC
import ServiceContract
import TenancyAPI

/// Settings of the whole installation, for the platform only.
struct SystemParametersService: SystemParameters.Service {
    /// Parameters there may be.
    static let maximumParameters = 1_000

    private let parameters = SystemParameterStore()

    func list(
        _ params: SystemParameters.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> SystemParameters.List.Reply {
        let rows = try parameters.list(after: params.cursor, count: params.limit + 1, in: transaction)
        let page = Page(rows, limit: params.limit) { $0.name }
        return SystemParameters.List.Reply(items: page.items, nextCursor: page.nextCursor)
    }

    func set(
        _ params: SystemParameters.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> SystemParameter {
        guard params.value.kind != .null else { throw .invalidParams(at: "/params/value", "must not be null") }
        let old = try parameters.find(params.name, in: transaction)
        switch (old, params.version) {
        case (nil, nil):
            guard try parameters.count(in: transaction) < Self.maximumParameters else {
                throw .conflict("There are \(Self.maximumParameters) parameters, and more there may not be.")
            }
        case (nil, .some): throw .notFound("parameter", params.name)
        case (let old?, nil): throw .conflict("This parameter is set, at version \(old.version): send the version.")
        case (let old?, let version?):
            guard old.version == version else {
                throw .versionMismatch("parameter", expected: Int64(version), actual: Int64(old.version))
            }
        }
        let new = SystemParameter(
            name: params.name, value: params.value, updatedAt: call.now, version: (old?.version ?? 0) + 1)
        try parameters.set(new, in: transaction)
        return new
    }
}
