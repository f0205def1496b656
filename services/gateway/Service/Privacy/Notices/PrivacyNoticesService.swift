import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `privacyNotices.*`: who is told, how far that is, and what people have to send themselves.
struct PrivacyNoticesService: PrivacyNotices.Service {
    let seal: NoticeSeal
    private let notices = PrivacyNoticeStore()

    init(seal: NoticeSeal) {
        self.seal = seal
    }

    func list(
        _ params: PrivacyNotices.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyNotices.List.Reply {
        var number: Int64?
        if let text = params.cursor {
            number = Int64(text)
            if number == nil { throw .invalidCursor }
        }
        let found = try notices.list(
            brand: try brand(of: call), request: params.requestId, state: params.state, before: number,
            limit: Int64(params.limit) + 1, in: transaction)
        let page = found.prefix(params.limit)
        return PrivacyNotices.List.Reply(
            items: page.map { opened($0.notice, $0.about) },
            nextCursor: found.count > page.count ? page.last.map { "\($0.notice.number)" } : nil)
    }

    func markSent(
        _ params: PrivacyNotices.MarkSent.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> PrivacyNotices.MarkSent.Reply {
        let brand = try brand(of: call)
        guard let found = try notices.find(Int64(params.number), of: brand, in: transaction) else {
            throw .notFound("notice", "\(params.number)")
        }
        switch found.notice.state {
        case .delivered: return found.notice
        case .queued:
            throw .illegalTransition(
                "This notice is queued, and is sent to \(found.notice.origin ?? "its recipient") without you.")
        case .byHand where !found.isRequestCompleted:
            throw .illegalTransition("The request of this notice is not completed: there is nothing to tell yet.")
        case .byHand, .givenUp: break
        }
        try notices.sent(Int64(params.number), at: call.now, in: transaction)
        guard let sent = try notices.find(Int64(params.number), of: brand, in: transaction) else {
            throw .internalError("A notice is gone after it was marked.")
        }
        return sent.notice
    }

    private func brand(of call: CallContext) throws(RPCError) -> UUIDv7 {
        guard let brand = call.brand else { throw .forbidden("This call needs a brand: name it in meta.") }
        return brand
    }

    /// With how to reach the recipient and whom it is about, as long as that is known.
    private func opened(_ notice: PrivacyNotice, _ about: [UInt8]?) -> PrivacyNotice {
        guard let about, let recipient = try? seal.open(about, of: notice.requestId) else { return notice }
        return PrivacyNotice(
            number: notice.number, requestId: notice.requestId, kind: notice.kind, recipientId: notice.recipientId,
            recipient: notice.recipient, address: recipient.address, contact: recipient.contact,
            origin: notice.origin, state: notice.state, attempts: notice.attempts,
            nextAttemptAt: notice.nextAttemptAt, endedAt: notice.endedAt, problem: notice.problem,
            references: recipient.references.isEmpty ? nil : recipient.references,
            identifiers: recipient.identifiers.isEmpty ? nil : recipient.identifiers,
            actorIds: recipient.actorIds.isEmpty ? nil : recipient.actorIds)
    }
}
