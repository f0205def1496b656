import JSON
import JSONRPC
import OutboundHTTP
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `recipients.*`.
struct RecipientsService: Recipients.Service {
    /// Recipients of a brand.
    static let maximum = 1_000

    private let recipients = RecipientStore()

    func create(
        _ params: Recipients.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Recipients.Create.Reply {
        try check(params.noticeUrl)
        let recipient = Recipient(
            id: transaction.newID(at: call.now), name: params.name, kind: params.kind, address: params.address,
            contact: params.contact, noticeUrl: params.noticeUrl, createdAt: call.now, version: 1)
        try checkName(of: recipient, in: transaction)
        guard try recipients.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) recipients; change one that is no longer needed.")
        }
        try recipients.insert(recipient, in: transaction)
        return recipient
    }

    func get(
        _ params: Recipients.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Recipients.Get.Reply {
        guard let stored = try recipients.find(params.id, in: transaction) else {
            throw .notFound("recipient", params.id)
        }
        return stored.recipient
    }

    func list(
        _ params: Recipients.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Recipients.List.Reply {
        let cursor = try ListCursor(params.cursor)
        let found = try recipients.list(after: cursor.position, limit: params.limit + 1, in: transaction)
        let items = found.prefix(params.limit)
        return Recipients.List.Reply(
            items: items.map(\.recipient),
            nextCursor: found.count > params.limit ? items.last.map { "\($0.number)" } : nil)
    }

    func update(
        _ params: Recipients.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Recipients.Update.Reply {
        guard let before = try recipients.find(params.id, in: transaction)?.recipient else {
            throw .notFound("recipient", params.id)
        }
        guard before.version == params.version else {
            throw .versionMismatch("recipient", expected: Int64(params.version), actual: Int64(before.version))
        }
        if case .set(let url) = params.noticeUrl { try check(url) }
        let recipient = Recipient(
            id: before.id, name: params.name ?? before.name, kind: params.kind ?? before.kind,
            address: params.address.applied(to: before.address), contact: params.contact.applied(to: before.contact),
            noticeUrl: params.noticeUrl.applied(to: before.noticeUrl), createdAt: before.createdAt,
            version: before.version + 1)
        try checkName(of: recipient, in: transaction)
        try recipients.update(recipient, in: transaction)
        return recipient
    }

    /// Which addresses the host of a URL has shows when a notice is sent.
    private func check(_ url: String?) throws(RPCError) {
        guard let url else { return }
        do {
            _ = try OutboundURL(url)
        } catch {
            throw .invalidParams(at: "/params/noticeUrl", error.text)
        }
    }

    private func checkName(of recipient: Recipient, in transaction: borrowing WriteTransaction) throws(RPCError) {
        let owner = try recipients.find(named: recipient.name, in: transaction)
        guard owner == nil || owner == recipient.id else {
            throw .conflict("The brand has another recipient with this name; change that one, or choose another name.")
        }
    }
}
