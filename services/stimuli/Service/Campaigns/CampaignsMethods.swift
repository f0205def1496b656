import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import StimuliAPI

/// Answers `campaigns.*`.
struct CampaignsMethods: Campaigns.Service {
    /// Campaigns of a brand that are not archived.
    static let maximum = 2_000

    private let campaigns = CampaignStore()
    private let rules = CampaignRules()

    func create(
        _ params: Campaigns.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.Create.Reply {
        guard try campaigns.find(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has a campaign \(params.key) already; choose another key.")
        }
        guard try campaigns.countInSight(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) campaigns; archive one.")
        }
        let campaign = Campaign(
            id: transaction.newID(at: call.now), key: params.key, name: params.name, description: params.description,
            type: params.type, category: params.category, purpose: params.purpose, audience: params.audience,
            channels: params.channels, arms: params.arms, holdout: params.holdout,
            schedule: params.schedule ?? .immediate(.init()), startAt: params.startAt, endAt: params.endAt,
            limits: params.limits ?? CampaignLimits(), quietHours: params.quietHours, outcome: params.outcome,
            status: .draft, createdBy: call.principal, createdAt: call.now, updatedAt: call.now, version: 1)
        let arms = try rules.check(campaign, in: transaction)
        try campaigns.insert(campaign, arms, in: transaction)
        return campaign
    }

    func get(
        _ params: Campaigns.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.Get.Reply {
        switch (params.id, params.key) {
        case (let id?, nil):
            guard let found = try campaigns.find(id, in: transaction) else { throw .notFound("campaign", id) }
            return found.value
        case (nil, let key?):
            guard let found = try campaigns.find(key: key, in: transaction) else { throw .notFound("campaign", key) }
            return found.value
        default: throw .invalidParams(at: "/params", "needs either an id or a key")
        }
    }

    func list(
        _ params: Campaigns.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Numbered<Campaign>>(limit: params.limit)
        for campaign in try campaigns.list(
            after: cursor.position, status: params.status, limit: params.limit + 1, in: transaction)
        {
            guard page.add(campaign, bytes: 500 + campaign.value.arms.count * 400) else { break }
        }
        return Campaigns.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }

    func update(
        _ params: Campaigns.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.Update.Reply {
        let (number, old) = try find(params.id, version: params.version, in: transaction)
        let campaign = Campaign(
            id: old.id, key: old.key, name: params.name ?? old.name,
            description: params.description.applied(to: old.description), type: params.type ?? old.type,
            category: params.category ?? old.category, purpose: params.purpose ?? old.purpose,
            audience: params.audience ?? old.audience, channels: params.channels ?? old.channels,
            arms: params.arms ?? old.arms, holdout: params.holdout ?? old.holdout,
            schedule: params.schedule ?? old.schedule, startAt: params.startAt.applied(to: old.startAt),
            endAt: params.endAt.applied(to: old.endAt), limits: params.limits ?? old.limits,
            quietHours: params.quietHours.applied(to: old.quietHours), outcome: params.outcome ?? old.outcome,
            status: try CampaignLifecycle.status(after: .change, from: old.status), createdBy: old.createdBy,
            createdAt: old.createdAt, updatedAt: call.now, version: old.version + 1)
        let arms = try rules.check(campaign, in: transaction)
        try campaigns.update(campaign, arms, number: number, in: transaction)
        return campaign
    }

    /// What it refers to may have been archived since it was written, and so is checked again.
    func approve(
        _ params: Campaigns.Approve.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.Approve.Reply {
        let (number, old) = try find(params.id, version: params.version, in: transaction)
        let status = try CampaignLifecycle.status(after: .approve, from: old.status)
        do throws(RPCError) {
            _ = try rules.check(old, in: transaction)
        } catch {
            throw .conflict("It cannot be approved as it is: \(error.message)")
        }
        if let end = old.endAt, end <= call.now {
            throw .conflict("It ended at \(end); choose another end.")
        }
        return try step(number, old, to: status, approvedBy: call.principal, at: call.now, in: transaction)
    }

    func reopen(
        _ params: Campaigns.Reopen.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.Reopen.Reply {
        let (number, old) = try find(params.id, version: params.version, in: transaction)
        let status = try CampaignLifecycle.status(after: .reopen, from: old.status)
        return try step(number, old, to: status, approvedBy: nil, at: call.now, in: transaction)
    }

    func archive(
        _ params: Campaigns.Archive.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Campaigns.Archive.Reply {
        let (number, old) = try find(params.id, version: params.version, in: transaction)
        let status = try CampaignLifecycle.status(after: .archive, from: old.status)
        return try step(number, old, to: status, approvedBy: old.approvedBy, at: call.now, in: transaction)
    }

    private func find(
        _ id: UUIDv7, version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (number: Int64, campaign: Campaign) {
        guard let found = try campaigns.find(id, in: transaction) else { throw .notFound("campaign", id) }
        guard found.value.version == version else {
            throw .versionMismatch("campaign", expected: Int64(version), actual: Int64(found.value.version))
        }
        return (found.number, found.value)
    }

    private func step(
        _ number: Int64, _ old: Campaign, to status: CampaignStatus, approvedBy: String?, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Campaign {
        let approvedAt = approvedBy == old.approvedBy ? old.approvedAt : approvedBy.map { _ in now }
        let campaign = Campaign(
            id: old.id, key: old.key, name: old.name, description: old.description, type: old.type,
            category: old.category, purpose: old.purpose, audience: old.audience, channels: old.channels,
            arms: old.arms, holdout: old.holdout, schedule: old.schedule, startAt: old.startAt, endAt: old.endAt,
            limits: old.limits, quietHours: old.quietHours, outcome: old.outcome, status: status,
            createdBy: old.createdBy, approvedBy: approvedBy, approvedAt: approvedAt, createdAt: old.createdAt,
            updatedAt: now, version: old.version + 1)
        try campaigns.step(campaign, number: number, in: transaction)
        return campaign
    }
}
