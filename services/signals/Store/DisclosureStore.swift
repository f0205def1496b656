import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// That a person's data was given to somebody, as it is recorded.
struct DisclosureEntry: Sendable, Equatable {
    /// The number of the person.
    let actor: Int64
    /// The number of the recipient.
    let recipient: Int64
    /// When; of several the first and the last.
    let disclosedAt: Timestamp
    let lastDisclosedAt: Timestamp
    let times: Int
    let description: String
    let purpose: String
    let accounting: AccountingRule
    /// What the recipient calls the person.
    let reference: String?
    /// Under what it was given.
    let identifier: Identifier?
    let recordedAt: Timestamp
    /// The principal.
    let recordedBy: String
}

/// To whom people's data was given. A record is never changed, but that it forgets a person who is erased.
struct DisclosureStore: Sendable {
    /// Days for which one must be accounted for: six years, the longest that six years are (45 CFR 164.528(a)(1)).
    static let accountedDays: Int64 = 2_192
    private static let accountedMicroseconds = accountedDays * 24 * 3_600 * 1_000_000

    /// SQL for the time from which a row's age counts: behind the six years, for one that must be accounted for.
    static let age = """
        (last_disclosed_at + CASE accounting WHEN 'due' THEN \(accountedMicroseconds) ELSE 0 END)
        """

    /// SQL for a column of the one to whom something was given.
    static func recipient(_ column: String) -> String {
        "(SELECT recipients.\(column) FROM recipients WHERE recipients.number = disclosures.recipient)"
    }

    /// Recipients, as they are known in different ways, that one answer names.
    static let namedAtOnce = 200

    /// - Returns: its number.
    func record(_ entry: DisclosureEntry, in transaction: borrowing WriteTransaction) throws(RPCError) -> Int64 {
        try transaction.run(
            """
            INSERT INTO disclosures (actor, recipient, disclosed_at, last_disclosed_at, times, description, purpose,
                accounting, reference, identifier_type, identifier_value, recorded_at, recorded_by)
            VALUES (:actor, :recipient, :first, :last, :times, :description, :purpose, :accounting, :reference, :type,
                :value, :recorded, :principal)
            """,
            [
                ":actor": entry.actor, ":recipient": entry.recipient, ":first": entry.disclosedAt,
                ":last": entry.lastDisclosedAt, ":times": entry.times, ":description": entry.description,
                ":purpose": entry.purpose, ":accounting": entry.accounting.rawValue, ":reference": entry.reference,
                ":type": entry.identifier?.type, ":value": entry.identifier?.value, ":recorded": entry.recordedAt,
                ":principal": entry.recordedBy,
            ])
        return transaction.connection.lastInsertRowID
    }

    /// In the order in which they were recorded.
    ///
    /// - Parameters:
    ///   - actor: only this person's; nil: everybody's.
    ///   - recipient: only to this one; nil: to all.
    func list(
        after number: Int64, actor: Int64?, recipient: UUIDv7?, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Disclosure] {
        try transaction.all(
            """
            SELECT sequence, actors.id, erasure, recipients.id, recipients.name, disclosed_at, last_disclosed_at, times,
                description, purpose, accounting, reference, recorded_at, recorded_by
            FROM disclosures
                JOIN recipients ON recipients.number = disclosures.recipient
                LEFT JOIN actors ON actors.number = disclosures.actor
            WHERE sequence > :number AND (:actor IS NULL OR actor = :actor)
                AND (:recipient IS NULL OR recipients.id = :recipient)
            ORDER BY sequence LIMIT :limit
            """, [":number": number, ":actor": actor, ":recipient": recipient, ":limit": limit]
        ) { row throws(RPCError) in
            guard let accounting = AccountingRule(rawValue: row.text(10)) else {
                throw .internalError("A disclosure is accounted for by the unknown rule '\(row.text(10))'.")
            }
            let times = row.int(7)
            return Disclosure(
                number: row.int(0), actorId: row.uuidOrNil(1), erasureId: row.uuidOrNil(2), recipientId: row.uuid(3),
                recipient: row.text(4), disclosedAt: row.timestamp(5),
                lastDisclosedAt: times > 1 ? row.timestamp(6) : nil, times: times, description: row.text(8),
                purpose: row.text(9), accounting: accounting, reference: row.textOrNil(11),
                recordedAt: row.timestamp(12), recordedBy: row.text(13))
        }
    }

    // MARK: Accounting

    /// Whose disclosures: a person who is known, or one who was erased by a request.
    enum Whose: Sendable {
        case actor(Int64)
        case erased(UUIDv7)
    }

    /// Those that must be accounted for, in the order in which they were recorded.
    func account(
        _ whose: Whose, since: Timestamp, until: Timestamp, after number: Int64, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int64, entry: AccountedDisclosure)] {
        var actor: Int64?
        var erasure: UUIDv7?
        switch whose {
        case .actor(let number): actor = number
        case .erased(let request): erasure = request
        }
        return try transaction.all(
            """
            SELECT sequence, disclosed_at, last_disclosed_at, times, name, address, description, purpose
            FROM disclosures JOIN recipients ON recipients.number = disclosures.recipient
            WHERE (actor = :actor OR erasure = :erasure) AND accounting = 'due' AND sequence > :number
                AND last_disclosed_at >= :since AND disclosed_at < :until
            ORDER BY sequence LIMIT :limit
            """,
            [
                ":actor": actor, ":erasure": erasure, ":number": number, ":since": since, ":until": until,
                ":limit": limit,
            ]
        ) { row in
            let times = row.int(3)
            return (
                row.int64(0),
                AccountedDisclosure(
                    date: row.timestamp(1), recipient: row.text(4), address: row.textOrNil(5),
                    description: row.text(6), purpose: row.text(7), times: times,
                    lastDate: times > 1 ? row.timestamp(2) : nil)
            )
        }
    }

    // MARK: Privacy requests

    /// One way in which one recipient knows a person.
    struct Known: Sendable {
        let recipient: Recipient
        let actor: UUIDv7
        let reference: String?
        let identifier: Identifier?
        /// The number of the latest disclosure that it stands for.
        let through: Int64
    }

    /// To whom a person's data was given, behind the disclosure of a number: at most ``namedAtOnce``, of which none is
    /// left out whose last disclosure is not behind all of theirs.
    func known(
        _ actor: Int64, after number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Known] {
        try transaction.all(
            """
            SELECT max(sequence) AS through, recipients.id, name, recipients.kind, address, contact, notice_url,
                recipients.created_at, version, actors.id, reference, identifier_type, identifier_value
            FROM disclosures
                JOIN recipients ON recipients.number = disclosures.recipient
                JOIN actors ON actors.number = disclosures.actor
            WHERE actor = :actor AND sequence > :number
            GROUP BY recipient, reference, identifier_type, identifier_value
            ORDER BY through LIMIT :limit
            """, [":actor": actor, ":number": number, ":limit": Self.namedAtOnce]
        ) { row throws(RPCError) in
            guard let kind = RecipientKind(rawValue: row.text(3)) else {
                throw .internalError("A recipient is of the unknown kind '\(row.text(3))'.")
            }
            return Known(
                recipient: Recipient(
                    id: row.uuid(1), name: row.text(2), kind: kind, address: row.textOrNil(4),
                    contact: row.textOrNil(5), noticeUrl: row.textOrNil(6), createdAt: row.timestamp(7),
                    version: row.int(8)),
                actor: row.uuid(9), reference: row.textOrNil(10),
                identifier: row.textOrNil(11).map { Identifier(type: $0, value: row.text(12)) },
                through: row.int64(0))
        }
    }

    /// Takes a person who is erased out of what must still be accounted for.
    func forget(
        _ actor: Int64, for request: UUIDv7, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            UPDATE disclosures SET actor = NULL, erasure = :request, reference = NULL, identifier_type = NULL,
                identifier_value = NULL
            WHERE actor = :actor AND accounting = 'due' AND last_disclosed_at >= :since
            """,
            [
                ":actor": actor, ":request": request,
                ":since": Timestamp(microseconds: now.microseconds - Self.accountedMicroseconds),
            ])
    }
}
