import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit

/// Answers `policyVersions.*`.
struct PolicyVersionsMethods: PolicyVersions.Service {
    /// Versions of one policy.
    static let maximum = 1_000

    private let policies = PolicyStore()
    private let versions = PolicyVersionStore()
    private let references = VariantReferenceStore()
    private let gate = PromotionGate()

    func create(
        _ params: PolicyVersions.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PolicyVersions.Create.Reply {
        guard let policy = try policies.find(params.policyId, in: transaction) else {
            throw .notFound("policy", params.policyId)
        }
        guard (params.mlflowModelName == nil) == (params.mlflowModelVersion == nil) else {
            throw .invalidParams(
                at: params.mlflowModelName == nil ? "/params/mlflowModelName" : "/params/mlflowModelVersion",
                "is missing: a model of MLflow has a name and a version; leave out both where only prompts are used")
        }
        let number = 1 + (policy.value.latestVersion ?? 0)
        guard number <= Self.maximum else {
            throw .conflict("A policy has at most \(Self.maximum) versions; go on with another policy.")
        }
        let digest = CanonicalJSON.digest([
            "configDefaults": try params.configDefaults?.value() ?? .object(JSONObject()),
            "mlflowModelName": params.mlflowModelName.map { .string($0) },
            "mlflowModelVersion": params.mlflowModelVersion.map { .string($0) },
        ])
        guard let digest else {
            throw .invalidParams(at: "/params/configDefaults", "has a number that is too large")
        }
        let version = PolicyVersion(
            id: transaction.newID(at: call.now), policyId: policy.value.id, policy: policy.value.name,
            version: number, mlflowModelName: params.mlflowModelName, mlflowModelVersion: params.mlflowModelVersion,
            configDefaults: params.configDefaults ?? .emptyObject, description: params.description,
            hash: "\(digest)", status: .active, isCurrent: false, createdAt: call.now, statusChangedAt: call.now)
        try versions.insert(version, of: policy.number, hash: digest, in: transaction)
        return version
    }

    func get(
        _ params: PolicyVersions.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PolicyVersions.Get.Reply {
        try find(params.id, in: transaction).value
    }

    func list(
        _ params: PolicyVersions.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PolicyVersions.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let policy = try params.policyId.map { id throws(RPCError) in
            guard let policy = try policies.find(id, in: transaction) else { throw RPCError.notFound("policy", id) }
            return policy.number
        }
        var page = ListPage<Numbered<PolicyVersion>>(limit: params.limit)
        for version in try versions.list(
            of: policy, status: params.status, model: params.mlflowModelName, after: cursor.position,
            limit: params.limit + 1, in: transaction)
        {
            let bytes = version.value.configDefaults.bytes.count + (version.value.description?.utf8.count ?? 0)
            guard page.add(version, bytes: bytes) else { break }
        }
        return PolicyVersions.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }

    func setStatus(
        _ params: PolicyVersions.SetStatus.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PolicyVersions.SetStatus.Reply {
        let found = try find(params.id, in: transaction)
        let (version, name) = (found.value, "Version \(found.value.version) of \(found.value.policy)")
        guard let next = version.status.next else {
            throw .illegalTransition("\(name) is archived, which is the end; write another version.")
        }
        guard params.status == next else {
            throw .illegalTransition("\(name) is \(version.status.rawValue): it can become \(next.rawValue).")
        }
        guard !version.isCurrent else {
            throw .conflict("\(name) is the policy's current version; promote another, or withdraw it.")
        }
        if next == .archived {
            let users = try references.running(with: found.number, at: call.now, in: transaction)
            guard users.isEmpty else {
                throw .conflict(
                    "\(name) is used by experiments that run: \(users.joined(separator: ", ")); complete them, or "
                        + "change the configs of their variants.")
            }
        }
        try versions.setStatus(next, of: found.number, at: call.now, in: transaction)
        return try find(params.id, in: transaction).value
    }

    func promote(
        _ params: PolicyVersions.Promote.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PolicyVersions.Promote.Reply {
        let found = try find(params.id, in: transaction)
        let version = found.value
        guard version.status == .active else {
            throw .conflict(
                "Version \(version.version) of \(version.policy) is \(version.status.rawValue): only an active one "
                    + "can be promoted.")
        }
        guard let policy = try policies.find(version.policyId, in: transaction)?.value else {
            throw .internalError("Version \(version.id) has no policy.")
        }
        if policy.requiresReplay || params.replayId != nil {
            try gate.check(found, replay: params.replayId, in: transaction)
        }
        try policies.update(
            policy.changed(
                description: policy.description, requiresReplay: policy.requiresReplay,
                currentVersion: version.version, at: call.now), in: transaction)
        try versions.markPromoted(found.number, at: call.now, in: transaction)
        return try find(params.id, in: transaction).value
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Numbered<PolicyVersion> {
        guard let found = try versions.find(id, in: transaction) else {
            throw .notFound("version of a policy", id)
        }
        return found
    }
}

extension PolicyVersionStatus {
    /// What follows it; nil: nothing. `policy_version_transitions` says the same in SQL.
    var next: PolicyVersionStatus? {
        switch self {
        case .active: .deprecated
        case .deprecated: .archived
        case .archived: nil
        }
    }
}
