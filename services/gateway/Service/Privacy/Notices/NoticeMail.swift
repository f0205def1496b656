import CommonAPI
import CoreMetrics
import JSON
import JSONRPC
import OutboundHTTP
import ServiceContract
import ServiceKit

/// Notices to those to whom a person's data was given, that it was erased, corrected or restricted.
///
/// What is to be told is on disk before anything is done, and is told when the request is completed. One that is given
/// up is left to people.
struct NoticeMail: OutgoingMail {
    let name = "notice"
    let settling = Failpoint.noticed
    private let seal: NoticeSeal
    private let notices = PrivacyNoticeStore()
    private let requests = PrivacyRequestStore()
    private let waitingGauge = Gauge(label: "gyre.privacy_notices.waiting")
    private let byHandGauge = Gauge(label: "gyre.privacy_notices.by_hand")
    private let givenUpGauge = Gauge(label: "gyre.privacy_notices.given_up")

    init(under seal: NoticeSeal) {
        self.seal = seal
    }

    func due(
        at now: Timestamp, limit: Int64, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> [StoredNotice] {
        try notices.due(at: now, limit: limit, in: transaction)
    }

    func content(
        of notice: StoredNotice, _ runtime: ServiceRuntime
    ) async throws -> (url: OutboundURL, body: [UInt8]) {
        let request = try await runtime.read(runtime.databases.serviceFile) {
            [requests] transaction throws(RPCError) in
            try requests.find(notice.request, in: transaction)
        }
        guard let request else { throw RPCError.notFound("request", notice.request) }
        let recipient = try seal.open(notice.about, of: notice.request)
        return (
            try OutboundURL(recipient.noticeUrl ?? ""), NoticeMessage.body(notice.number, of: request, to: recipient)
        )
    }

    func delivered(
        _ notice: StoredNotice, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try notices.delivered(notice, at: now, in: transaction)
    }

    func failed(
        _ notice: StoredNotice, _ problem: String, at now: Timestamp, next: Timestamp?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try notices.failed(notice, problem, at: now, next: next, in: transaction)
    }

    func count(in transaction: borrowing ReadTransaction) throws(RPCError) {
        let counts = try notices.counts(in: transaction)
        waitingGauge.record(counts.waiting)
        byHandGauge.record(counts.byHand)
        givenUpGauge.record(counts.givenUp)
    }
}

extension StoredNotice: OutgoingLetter {}
