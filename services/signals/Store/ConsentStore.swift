import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// What was recorded of the basis on which one person's data is used for one purpose.
struct ConsentEntry: Sendable, Equatable {
    /// The number of the person.
    let actor: Int64
    let purpose: String
    var isWithdrawal = false
    let legalBasis: LegalBasis
    var specialCategories: [SpecialCategory] = []
    var condition: SpecialCondition?
    var noticeVersion: String?
    var proof: ConsentProof?
    /// When it was given or withdrawn.
    let statedAt: Timestamp
    var expiresAt: Timestamp?
    let recordedAt: Timestamp
    /// The principal.
    let recordedBy: String

    /// Whether it holds at a moment.
    func status(at now: Timestamp) -> Consent.Status {
        if isWithdrawal { return .withdrawn }
        if let expiresAt, expiresAt <= now { return .expired }
        return .granted
    }
}

/// Consents and other bases: the history, and of it what holds.
struct ConsentStore: Sendable {
    /// A record with where it stands, as it is read.
    struct Stored: Sendable {
        /// Its place in the list that it was read for.
        let position: Int64
        let actorID: UUIDv7
        let entry: ConsentEntry

        /// As callers see it.
        func reply(at now: Timestamp) -> Consent {
            Consent(
                actorId: actorID, purpose: entry.purpose, status: entry.status(at: now), legalBasis: entry.legalBasis,
                specialCategories: entry.specialCategories, condition: entry.condition,
                noticeVersion: entry.noticeVersion, proof: entry.proof, statedAt: entry.statedAt,
                expiresAt: entry.expiresAt, recordedAt: entry.recordedAt, recordedBy: entry.recordedBy)
        }
    }

    /// Keeps a record. It holds unless one that is later by its own time is known.
    func record(_ entry: ConsentEntry, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO consent_entries (actor, purpose, is_withdrawal, legal_basis, special_categories, condition,
                notice_version, method, source, text_hash, stated_at, expires_at, recorded_at, recorded_by)
            VALUES (:actor, :purpose, :withdrawal, :basis, :categories, :condition, :notice, :method, :source, :hash,
                :stated, :expires, :recorded, :principal)
            """,
            [
                ":actor": entry.actor, ":purpose": entry.purpose, ":withdrawal": entry.isWithdrawal,
                ":basis": entry.legalBasis.rawValue,
                ":categories": String(decoding: entry.specialCategories.json(), as: UTF8.self),
                ":condition": entry.condition?.rawValue, ":notice": entry.noticeVersion,
                ":method": entry.proof?.method.rawValue, ":source": entry.proof?.source,
                ":hash": entry.proof?.textHash, ":stated": entry.statedAt, ":expires": entry.expiresAt,
                ":recorded": entry.recordedAt, ":principal": entry.recordedBy,
            ])
        try transaction.run(
            """
            INSERT INTO consents (actor, purpose, entry) VALUES (:actor, :purpose, :entry)
            ON CONFLICT (actor, purpose) DO UPDATE SET entry = excluded.entry
            WHERE :stated >= (SELECT stated_at FROM consent_entries WHERE sequence = consents.entry)
            """,
            [
                ":actor": entry.actor, ":purpose": entry.purpose, ":entry": transaction.connection.lastInsertRowID,
                ":stated": entry.statedAt,
            ])
    }

    /// What holds for one person and purpose, or held until it was withdrawn or expired.
    func current(
        _ purpose: String, of actor: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Stored? {
        try transaction.one(
            """
            SELECT consents.number, actors.id, entries.actor, entries.purpose, is_withdrawal, legal_basis,
                special_categories, condition, notice_version, method, source, text_hash, stated_at, expires_at,
                recorded_at, recorded_by
            FROM consents
                JOIN consent_entries AS entries ON entries.sequence = consents.entry
                JOIN actors ON actors.number = consents.actor
            WHERE consents.actor = :actor AND consents.purpose = :purpose
            """, [":actor": actor, ":purpose": purpose], Self.stored)
    }

    /// What holds, in the order in which purposes were first recorded.
    ///
    /// - Parameters:
    ///   - actor: only this person's; nil: everybody's.
    ///   - purpose: only this one; nil: all.
    ///   - reach: only of these people.
    func current(
        after number: Int64, actor: Int64?, purpose: String?, _ reach: ActorReach, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        var found: [Stored] = []
        try transaction.each(
            sql: """
                SELECT consents.number, actors.id, entries.actor, entries.purpose, is_withdrawal, legal_basis,
                    special_categories, condition, notice_version, method, source, text_hash, stated_at, expires_at,
                    recorded_at, recorded_by
                FROM consents
                    JOIN consent_entries AS entries ON entries.sequence = consents.entry
                    JOIN actors ON actors.number = consents.actor
                WHERE \(reach.condition(on: "consents.actor") ?? "TRUE") AND consents.number > ?
                    AND consents.actor = ifnull(?, consents.actor) AND consents.purpose = ifnull(?, consents.purpose)
                ORDER BY consents.number LIMIT ?
                """, Arguments(reach.arguments + [number, actor, purpose, limit])
        ) { row throws(RPCError) in
            found.append(try Self.stored(row))
            return true
        }
        return found
    }

    /// All that was ever recorded of one person, oldest first.
    func history(
        of actor: Int64, after sequence: Int64, purpose: String?, limit: Int,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Stored] {
        try transaction.all(
            """
            SELECT sequence, actors.id, actor, purpose, is_withdrawal, legal_basis, special_categories, condition,
                notice_version, method, source, text_hash, stated_at, expires_at, recorded_at, recorded_by
            FROM consent_entries JOIN actors ON actors.number = consent_entries.actor
            WHERE actor = :actor AND sequence > :sequence AND (:purpose IS NULL OR purpose = :purpose)
            ORDER BY sequence LIMIT :limit
            """, [":actor": actor, ":sequence": sequence, ":purpose": purpose, ":limit": limit], Self.stored)
    }

    /// The special categories of a person's data for which a basis holds.
    func specialCategories(
        of actor: Int64, at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Set<SpecialCategory> {
        let lists = try transaction.all(
            """
            SELECT special_categories FROM consents JOIN consent_entries ON sequence = entry
            WHERE consents.actor = :actor AND condition IS NOT NULL AND (expires_at IS NULL OR expires_at > :now)
            """, [":actor": actor, ":now": now]
        ) { row throws(RPCError) in try Self.categories(row.text(0)) }
        return Set(lists.joined())
    }

    // MARK: Rows

    private static func stored(_ row: Statement) throws(RPCError) -> Stored {
        guard let basis = LegalBasis(rawValue: row.text(5)) else {
            throw .internalError("A consent rests on the unknown basis '\(row.text(5))'.")
        }
        var proof: ConsentProof?
        if let method = row.textOrNil(9).flatMap({ ConsentProof.Method(rawValue: $0) }) {
            proof = ConsentProof(method: method, source: row.text(10), textHash: row.textOrNil(11))
        }
        return Stored(
            position: row.int64(0), actorID: row.uuid(1),
            entry: ConsentEntry(
                actor: row.int64(2), purpose: row.text(3), isWithdrawal: row.bool(4), legalBasis: basis,
                specialCategories: try categories(row.text(6)),
                condition: row.textOrNil(7).flatMap { SpecialCondition(rawValue: $0) },
                noticeVersion: row.textOrNil(8), proof: proof, statedAt: row.timestamp(12),
                expiresAt: row.timestampOrNil(13), recordedAt: row.timestamp(14), recordedBy: row.text(15)))
    }

    private static func categories(_ text: String) throws(RPCError) -> [SpecialCategory] {
        do throws(JSONError) {
            return try [SpecialCategory](json: text)
        } catch {
            throw .internalError("The special categories of a consent are unreadable: \(error.message)")
        }
    }
}
