import GatewayAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit

/// One change of a privacy request that is told to one URL.
struct StoredCallback: Sendable {
    let number: Int64
    let request: UUIDv7
    let url: String
    let status: PrivacyStatus
    let reason: DenialReason?
    /// When the request was answered, or had to be as was known then.
    let expectedAt: Timestamp?
    let attempts: Int64
    let firstAttemptAt: Timestamp?
}

/// Where the changes of privacy requests are told, and how far that is. Triggers write down each change.
struct CallbackStore {
    /// Callbacks to one origin in one round: one that is slow does not hold up the others.
    static let perOrigin: Int64 = 4

    /// Adds a URL, which is told from how the request stands now on.
    func add(
        _ url: String, origin: String, to request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT OR IGNORE INTO privacy_callback_urls (request, url, origin) VALUES (:request, :url, :origin)",
            [":request": request, ":url": url, ":origin": origin])
    }

    /// Those whose time has come and that no earlier change of their request has to precede, the longest due first.
    func due(
        at now: Timestamp, limit: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredCallback] {
        try transaction.all(
            """
            SELECT number, request, url, status, reason, attempts, first_attempt_at, expected_at FROM (
                SELECT *, row_number() OVER (PARTITION BY origin ORDER BY next_attempt_at, number) AS place
                FROM privacy_callbacks AS callback
                WHERE ended_at IS NULL AND next_attempt_at <= :now AND NOT EXISTS (
                    SELECT 1 FROM privacy_callbacks AS earlier
                    WHERE earlier.request = callback.request AND earlier.url = callback.url
                        AND earlier.number < callback.number AND earlier.ended_at IS NULL))
            WHERE place <= :perOrigin ORDER BY next_attempt_at, number LIMIT :limit
            """, [":now": now, ":perOrigin": Self.perOrigin, ":limit": limit]
        ) { row throws(RPCError) in
            StoredCallback(
                number: row.int64(0), request: row.uuid(1), url: row.text(2), status: try Self.status(row.text(3)),
                reason: row.textOrNil(4).flatMap { DenialReason(rawValue: $0) }, expectedAt: row.timestampOrNil(7),
                attempts: row.int64(5),
                firstAttemptAt: row.timestampOrNil(6))
        }
    }

    /// Notes that somebody took it.
    func delivered(
        _ callback: StoredCallback, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_callbacks SET url = NULL, attempts = attempts + 1,
                first_attempt_at = coalesce(first_attempt_at, :now), ended_at = :now, is_delivered = 1, problem = NULL
            WHERE number = :number AND ended_at IS NULL
            """, [":number": callback.number, ":now": now])
    }

    /// Notes that nobody took it.
    ///
    /// - Parameter next: when it is tried again; nil: never.
    func failed(
        _ callback: StoredCallback, _ problem: String, at now: Timestamp, next: Timestamp?,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_callbacks SET attempts = attempts + 1,
                first_attempt_at = coalesce(first_attempt_at, :now), problem = :problem,
                next_attempt_at = coalesce(:next, next_attempt_at),
                ended_at = iif(:next IS NULL, :now, NULL), is_delivered = iif(:next IS NULL, 0, NULL)
            WHERE number = :number AND ended_at IS NULL
            """, [":number": callback.number, ":now": now, ":problem": problem, ":next": next])
    }

    // MARK: Given up

    /// A callback of a request that was given up.
    struct GivenUp {
        let number: Int64
        let endedAt: Timestamp
        /// Whether it is still known where to tell it.
        let hasURL: Bool
    }

    /// Those of a request that were given up, in their order.
    func givenUp(
        of request: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [GivenUp] {
        try transaction.all(
            """
            SELECT number, ended_at, url IS NOT NULL FROM privacy_callbacks
            WHERE request = :request AND is_delivered = 0 ORDER BY number
            """, [":request": request]
        ) { GivenUp(number: $0.int64(0), endedAt: $0.timestamp(1), hasURL: $0.int(2) == 1) }
    }

    /// Lets one that was given up wait again, as if it had never been tried.
    func resend(_ number: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_callbacks SET attempts = 0, first_attempt_at = NULL, next_attempt_at = 0, ended_at = NULL,
                is_delivered = NULL
            WHERE number = :number AND is_delivered = 0 AND url IS NOT NULL
            """, [":number": number])
    }

    /// Whether there are URLs of callbacks that were given up at `time` or before.
    func mayForget(
        until time: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one(
            """
            SELECT 1 FROM privacy_callbacks WHERE is_delivered = 0 AND url IS NOT NULL AND ended_at <= :time LIMIT 1
            """, [":time": time]
        ) { _ in true } ?? false
    }

    func forget(until time: Timestamp, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE privacy_callbacks SET url = NULL WHERE is_delivered = 0 AND url IS NOT NULL AND ended_at <= :time
            """, [":time": time])
    }

    /// How many wait for a further attempt, and how many were given up.
    func counts(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (waiting: Int, failing: Int, givenUp: Int) {
        try transaction.one(
            """
            SELECT count(*) FILTER (WHERE ended_at IS NULL), count(*) FILTER (WHERE ended_at IS NULL AND attempts > 0),
                count(*) FILTER (WHERE is_delivered = 0)
            FROM privacy_callbacks WHERE ended_at IS NULL OR is_delivered = 0
            """
        ) { ($0.int(0), $0.int(1), $0.int(2)) } ?? (0, 0, 0)
    }

    /// A brand's, the newest first.
    func list(
        brand: UUIDv7, request: UUIDv7?, state: CallbackState?, before number: Int64?, limit: Int64,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [PrivacyCallback] {
        try transaction.all(
            """
            SELECT number, request, callback.origin, callback.status, attempts, next_attempt_at, callback.ended_at,
                is_delivered, problem
            FROM privacy_callbacks AS callback JOIN privacy_requests ON id = request
            WHERE brand = :brand AND (:request IS NULL OR request = :request)
                AND (:cursor IS NULL OR number < :cursor)
                AND (:state IS NULL OR :state = CASE is_delivered WHEN 1 THEN 'delivered' WHEN 0 THEN 'givenUp'
                    ELSE 'waiting' END)
            ORDER BY number DESC LIMIT :limit
            """,
            [
                ":brand": brand, ":request": request, ":state": state?.rawValue, ":cursor": number, ":limit": limit,
            ]
        ) { row throws(RPCError) in
            let isWaiting = row.isNull(7)
            return PrivacyCallback(
                number: row.int(0), requestId: row.uuid(1), origin: row.text(2),
                status: try Self.status(row.text(3)),
                state: isWaiting ? .waiting : row.int(7) == 1 ? .delivered : .givenUp, attempts: row.int(4),
                nextAttemptAt: isWaiting && row.int64(5) > 0 ? row.timestamp(5) : nil, endedAt: row.timestampOrNil(6),
                problem: row.textOrNil(8))
        }
    }

    private static func status(_ text: String) throws(RPCError) -> PrivacyStatus {
        guard let status = PrivacyStatus(rawValue: text) else {
            throw .internalError("A privacy request became \(text), which is no status.")
        }
        return status
    }
}
