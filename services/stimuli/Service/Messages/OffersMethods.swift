import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import StimuliAPI

/// Answers `offers.*`.
struct OffersMethods: Offers.Service {
    /// Offers of a brand that are in use.
    static let maximum = 1_000

    private let offers = OfferStore()
    private let campaigns = CampaignStore()

    func create(
        _ params: Offers.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Offers.Create.Reply {
        if case .amountOff(let terms) = params.terms, terms.amount.tenThousandths <= 0 {
            throw .invalidParams(at: "/params/terms/amount", "must be more than nothing")
        }
        guard try offers.find(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has an offer \(params.key) already; choose another key.")
        }
        guard try offers.countInUse(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) offers in use; archive one.")
        }
        let offer = Offer(
            id: transaction.newID(at: call.now), key: params.key, name: params.name, description: params.description,
            terms: params.terms, code: params.code, isArchived: false, createdAt: call.now, updatedAt: call.now,
            version: 1)
        try offers.insert(offer, in: transaction)
        return offer
    }

    func get(
        _ params: Offers.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Offers.Get.Reply {
        switch (params.id, params.key) {
        case (let id?, nil):
            guard let found = try offers.find(id, in: transaction) else { throw .notFound("offer", id) }
            return found.value
        case (nil, let key?):
            guard let found = try offers.find(key: key, in: transaction) else { throw .notFound("offer", key) }
            return found.value
        default: throw .invalidParams(at: "/params", "needs either an id or a key")
        }
    }

    func list(
        _ params: Offers.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Offers.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Numbered<Offer>>(limit: params.limit)
        for offer in try offers.list(
            after: cursor.position, isArchived: params.isArchived, limit: params.limit + 1, in: transaction)
        {
            guard page.add(offer, bytes: offer.value.description?.utf8.count ?? 0) else { break }
        }
        return Offers.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }

    func update(
        _ params: Offers.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Offers.Update.Reply {
        let offer = try find(params.id, version: params.version, in: transaction)
        return try save(
            offer, name: params.name ?? offer.value.name,
            description: params.description.applied(to: offer.value.description), isArchived: false, at: call.now,
            in: transaction)
    }

    func archive(
        _ params: Offers.Archive.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Offers.Archive.Reply {
        let offer = try find(params.id, version: params.version, in: transaction)
        let drafts = try campaigns.drafts(promising: offer.number, in: transaction)
        guard drafts.isEmpty else {
            throw .conflict(
                "The drafts \(drafts.joined(separator: ", ")) promise \(offer.value.key): change or archive them first."
            )
        }
        return try save(
            offer, name: offer.value.name, description: offer.value.description, isArchived: true, at: call.now,
            in: transaction)
    }

    private func find(
        _ id: UUIDv7, version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Numbered<Offer> {
        guard let found = try offers.find(id, in: transaction) else { throw .notFound("offer", id) }
        guard found.value.version == version else {
            throw .versionMismatch("offer", expected: Int64(version), actual: Int64(found.value.version))
        }
        guard !found.value.isArchived else {
            throw .illegalTransition("The offer \(found.value.key) is archived, and stays as it is.")
        }
        return found
    }

    private func save(
        _ offer: Numbered<Offer>, name: String, description: String?, isArchived: Bool, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Offer {
        let old = offer.value
        let changed = Offer(
            id: old.id, key: old.key, name: name, description: description, terms: old.terms, code: old.code,
            isArchived: isArchived, createdAt: old.createdAt, updatedAt: now, version: old.version + 1)
        try offers.update(changed, in: transaction)
        return changed
    }
}
