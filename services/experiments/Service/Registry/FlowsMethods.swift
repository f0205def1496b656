import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit

/// Answers `flows.*`.
struct FlowsMethods: Flows.Service {
    /// Versions of all flows of a brand.
    static let maximum = 1_000
    /// Bytes of one, so that a reply stays far from the longest line.
    static let maximumBytes = 256 << 10

    private let flows = FlowStore()

    func create(
        _ params: Flows.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Flows.Create.Reply {
        try FlowRules.check(params)
        let (states, transitions) = (JSONRaw(params.states), JSONRaw(params.transitions))
        guard states.bytes.count + transitions.bytes.count <= Self.maximumBytes else {
            throw .invalidParams(at: "/params", "has more than \(Self.maximumBytes) bytes of states and transitions")
        }
        let digest = CanonicalJSON.digest([
            "initialState": .string(params.initialState), "states": try states.value(),
            "transitions": try transitions.value(),
        ])
        guard let digest else { throw .invalidParams(at: "/params/states", "has a number that is too large") }
        if let known = try flows.find(name: params.name, hash: digest, in: transaction) { return known.value }
        guard try flows.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) versions of flows.")
        }
        let newest = try flows.find(name: params.name, version: nil, in: transaction)
        let id = FlowID(name: params.name, version: 1 + (newest?.value.version ?? 0))
        let flow = FlowVersion(
            id: transaction.newID(at: call.now), flowId: "\(id)", name: id.name, version: id.version,
            initialState: params.initialState, states: params.states, transitions: params.transitions,
            hash: "\(digest)", createdAt: call.now)
        try flows.insert(flow, hash: digest, in: transaction)
        return flow
    }

    func get(
        _ params: Flows.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Flows.Get.Reply {
        switch (params.id, params.flowId, params.name) {
        case (let id?, nil, nil):
            guard let found = try flows.find(id, in: transaction) else { throw .notFound("flow", id) }
            return found.value
        case (nil, let flowId?, nil):
            guard let id = FlowID(flowId),
                let found = try flows.find(name: id.name, version: id.version, in: transaction)
            else { throw .notFound("flow", flowId) }
            return found.value
        case (nil, nil, let name?):
            guard let found = try flows.find(name: name, version: nil, in: transaction) else {
                throw .notFound("flow", name)
            }
            return found.value
        default: throw .invalidParams(at: "/params", "needs one of id, flowId and name")
        }
    }

    func list(
        _ params: Flows.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Flows.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Numbered<FlowVersion>>(limit: params.limit)
        for flow in try flows.list(
            name: params.name, after: cursor.position, limit: params.limit + 1, in: transaction)
        {
            let bytes = JSONRaw(flow.value.states).bytes.count + JSONRaw(flow.value.transitions).bytes.count
            guard page.add(flow, bytes: bytes) else { break }
        }
        return Flows.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }
}
