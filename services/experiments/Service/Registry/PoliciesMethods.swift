import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `policies.*`.
struct PoliciesMethods: Policies.Service {
    /// Policies of a brand.
    static let maximum = 1_000

    private let policies = PolicyStore()

    func create(
        _ params: Policies.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Policies.Create.Reply {
        guard try policies.find(name: params.name, in: transaction) == nil else {
            throw .conflict(
                "The brand has a policy \(params.name) already; write a version of it, or choose another name.")
        }
        guard try policies.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) policies.")
        }
        let policy = Policy(
            id: transaction.newID(at: call.now), name: params.name, description: params.description,
            requiresReplay: params.requiresReplay, createdAt: call.now, updatedAt: call.now, version: 1)
        try policies.insert(policy, in: transaction)
        return policy
    }

    func get(
        _ params: Policies.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Policies.Get.Reply {
        switch (params.id, params.name) {
        case (let id?, nil):
            guard let found = try policies.find(id, in: transaction) else { throw .notFound("policy", id) }
            return found.value
        case (nil, let name?):
            guard let found = try policies.find(name: name, in: transaction) else { throw .notFound("policy", name) }
            return found.value
        default: throw .invalidParams(at: "/params", "needs either an id or a name")
        }
    }

    func list(
        _ params: Policies.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Policies.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Numbered<Policy>>(limit: params.limit)
        for policy in try policies.list(after: cursor.position, limit: params.limit + 1, in: transaction) {
            guard page.add(policy, bytes: policy.value.description?.utf8.count ?? 0) else { break }
        }
        return Policies.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }

    func update(
        _ params: Policies.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Policies.Update.Reply {
        let policy = try find(params.id, version: params.version, in: transaction)
        let changed = policy.changed(
            description: params.description.applied(to: policy.description),
            requiresReplay: params.requiresReplay ?? policy.requiresReplay, currentVersion: policy.currentVersion,
            at: call.now)
        try policies.update(changed, in: transaction)
        return changed
    }

    func withdraw(
        _ params: Policies.Withdraw.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Policies.Withdraw.Reply {
        let policy = try find(params.id, version: params.version, in: transaction)
        guard policy.currentVersion != nil else {
            throw .illegalTransition("The policy \(policy.name) has no current version.")
        }
        let changed = policy.changed(
            description: policy.description, requiresReplay: policy.requiresReplay, currentVersion: nil, at: call.now)
        try policies.update(changed, in: transaction)
        return changed
    }

    private func find(
        _ id: UUIDv7, version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Policy {
        guard let found = try policies.find(id, in: transaction) else { throw .notFound("policy", id) }
        guard found.value.version == version else {
            throw .versionMismatch("policy", expected: Int64(version), actual: Int64(found.value.version))
        }
        return found.value
    }
}

extension Policy {
    /// The policy after one more change.
    func changed(
        description: String?, requiresReplay: Bool, currentVersion: Int?, at now: Timestamp
    ) -> Policy {
        Policy(
            id: id, name: name, description: description, requiresReplay: requiresReplay,
            currentVersion: currentVersion, latestVersion: latestVersion, createdAt: createdAt, updatedAt: now,
            version: version + 1)
    }
}
