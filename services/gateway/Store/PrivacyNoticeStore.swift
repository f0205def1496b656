import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import OutboundHTTP
import SQLite
import ServiceContract
import ServiceKit

/// A notice that is to be told to a recipient of a person's data.
struct StoredNotice: Sendable {
    let number: Int64
    let request: UUIDv7
    /// How to reach them and whom it is about, sealed.
    let about: [UInt8]
    let attempts: Int64
    let firstAttemptAt: Timestamp?
}

/// Notices to those to whom people's data was given, and how far they are.
struct PrivacyNoticeStore: Sendable {
    /// Notices to one origin in one round: one that is slow does not hold up the others.
    static let perOrigin: Int64 = 4

    /// - Parameter about: the recipient, sealed.
    func add(
        _ recipient: SubjectRecipient, about: [UInt8], of request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        // One whose URL is none is told by hand.
        let origin = recipient.noticeUrl.flatMap { try? OutboundURL($0) }?.origin
        try transaction.run(
            """
            INSERT INTO privacy_notices (request, recipient, name, origin, through, about)
            VALUES (:request, :recipient, :name, :origin, :through, :about)
            """,
            [
                ":request": request, ":recipient": recipient.recipientId, ":name": recipient.name,
                ":origin": origin, ":through": recipient.through, ":about": about,
            ])
    }

    /// Those of completed requests whose time has come, the longest due first.
    func due(
        at now: Timestamp, limit: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredNotice] {
        try transaction.all(
            """
            SELECT number, request, about, attempts, first_attempt_at FROM (
                SELECT notice.*, row_number() OVER (PARTITION BY origin ORDER BY next_attempt_at, number) AS place
                FROM privacy_notices AS notice JOIN privacy_requests ON privacy_requests.id = notice.request
                WHERE notice.ended_at IS NULL AND origin IS NOT NULL AND next_attempt_at <= :now
                    AND status = 'completed')
            WHERE place <= :perOrigin ORDER BY next_attempt_at, number LIMIT :limit
            """, [":now": now, ":perOrigin": Self.perOrigin, ":limit": limit]
        ) { row in
            StoredNotice(
                number: row.int64(0), request: row.uuid(1), about: row.bytes(2), attempts: row.int64(3),
                firstAttemptAt: row.timestampOrNil(4))
        }
    }

    /// Notes that somebody took it.
    func delivered(
        _ notice: StoredNotice, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_notices SET about = NULL, attempts = attempts + 1,
                first_attempt_at = coalesce(first_attempt_at, :now), ended_at = :now, is_delivered = 1, problem = NULL
            WHERE number = :number AND ended_at IS NULL
            """, [":number": notice.number, ":now": now])
    }

    /// Notes that nobody took it.
    ///
    /// - Parameter next: when it is tried again; nil: never. Then it is left to people.
    func failed(
        _ notice: StoredNotice, _ problem: String, at now: Timestamp, next: Timestamp?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_notices SET attempts = attempts + 1,
                first_attempt_at = coalesce(first_attempt_at, :now), problem = :problem,
                next_attempt_at = coalesce(:next, next_attempt_at), ended_at = iif(:next IS NULL, :now, NULL),
                is_delivered = iif(:next IS NULL, 0, NULL)
            WHERE number = :number AND ended_at IS NULL
            """, [":number": notice.number, ":now": now, ":problem": problem, ":next": next])
    }

    /// Notes that it was sent by hand.
    func sent(_ number: Int64, at now: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_notices SET about = NULL, ended_at = :now, is_delivered = 1, problem = NULL
            WHERE number = :number
            """, [":number": number, ":now": now])
    }

    /// How many wait for a further attempt, for people, and since they were given up.
    func counts(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (waiting: Int, byHand: Int, givenUp: Int) {
        try transaction.one(
            """
            SELECT count(*) FILTER (WHERE ended_at IS NULL AND origin IS NOT NULL),
                count(*) FILTER (WHERE ended_at IS NULL AND origin IS NULL), count(*) FILTER (WHERE is_delivered = 0)
            FROM privacy_notices WHERE ended_at IS NULL OR is_delivered = 0
            """
        ) { ($0.int(0), $0.int(1), $0.int(2)) } ?? (0, 0, 0)
    }

    /// A brand's, the newest first, each with what is sealed of it.
    func list(
        brand: UUIDv7, request: UUIDv7?, state: NoticeState?, before number: Int64?, limit: Int64,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(notice: PrivacyNotice, about: [UInt8]?)] {
        try transaction.all(
            """
            SELECT number, request, kind, recipient, name, origin, state, attempts,
                next_attempt_at, notice.ended_at, problem, about
            FROM privacy_notices AS notice JOIN privacy_requests ON privacy_requests.id = notice.request
            WHERE brand = :brand AND (:request IS NULL OR request = :request)
                AND (:cursor IS NULL OR number < :cursor) AND (:state IS NULL OR state = :state)
            ORDER BY number DESC LIMIT :limit
            """,
            [
                ":brand": brand, ":request": request, ":state": state?.rawValue, ":cursor": number, ":limit": limit,
            ], Self.listed)
    }

    /// One of a brand, with where its request stands.
    func find(
        _ number: Int64, of brand: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (notice: PrivacyNotice, isRequestCompleted: Bool)? {
        try transaction.one(
            """
            SELECT number, request, kind, recipient, name, origin, state, attempts,
                next_attempt_at, notice.ended_at, problem, about, status
            FROM privacy_notices AS notice JOIN privacy_requests ON privacy_requests.id = notice.request
            WHERE brand = :brand AND number = :number
            """, [":brand": brand, ":number": number]
        ) { row throws(RPCError) in (try Self.listed(row).notice, row.text(12) == PrivacyStatus.completed.rawValue) }
    }

    /// Who was or will be told of a request.
    func summary(
        of request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [RecipientNotice] {
        try transaction.all(
            """
            SELECT recipient, name, state, ended_at FROM privacy_notices WHERE request = :request
            ORDER BY number LIMIT 1000
            """, [":request": request]
        ) { row throws(RPCError) in
            RecipientNotice(
                recipientId: row.uuid(0), recipient: row.text(1), state: try Self.state(row.text(2)),
                endedAt: row.timestampOrNil(3))
        }
    }

    private static func listed(_ row: Statement) throws(RPCError) -> (notice: PrivacyNotice, about: [UInt8]?) {
        guard let kind = PrivacyKind(rawValue: row.text(2)) else {
            throw .internalError("A notice is of a request of the unknown kind '\(row.text(2))'.")
        }
        let isEnded = !row.isNull(9)
        return (
            PrivacyNotice(
                number: row.int(0), requestId: row.uuid(1), kind: kind, recipientId: row.uuid(3),
                recipient: row.text(4), origin: row.textOrNil(5), state: try state(row.text(6)),
                attempts: row.int(7), nextAttemptAt: !isEnded && row.int64(8) > 0 ? row.timestamp(8) : nil,
                endedAt: row.timestampOrNil(9), problem: row.textOrNil(10)),
            row.bytesOrNil(11)
        )
    }

    private static func state(_ text: String) throws(RPCError) -> NoticeState {
        guard let state = NoticeState(rawValue: text) else {
            throw .internalError("A notice is \(text), which is no state.")
        }
        return state
    }
}
