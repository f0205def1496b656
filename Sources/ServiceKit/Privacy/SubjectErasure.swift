public import CommonAPI
public import JSON
public import JSONRPC
import OpenSSL
import SQLite
public import ServiceContract

/// Finds the actors behind identifiers; implemented by services that hold actors.
public protocol SubjectDirectory: Sendable {
    /// The actors that any of the identifiers or ids points to, each with all identifiers known for it.
    func find(
        _ identifiers: [Identifier], actors: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Subject]

    /// How many people have one of these identifiers as a trait: of that which fewest have; 0 where somebody has one of
    /// them as an identifier. Where one person has it, ``find(_:actors:in:)`` finds them.
    func namesakes(
        _ identifiers: [Identifier], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int

    /// Puts right what is wrong about the actors that any of the identifiers or ids points to, and keeps what was said
    /// before. Asked again for the same request, it finds them under whatever was put right, changes nothing more, and
    /// answers the same.
    ///
    /// - Parameter tombstones: know who was erased: no correction makes somebody of them.
    func correct(
        _ corrections: [Correction], of identifiers: [Identifier], actors: [UUIDv7], request: UUIDv7,
        at time: Timestamp, refusing tombstones: Tombstones, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SubjectCorrection

    /// The identifiers in the database that match: what a restore asks, which knows erased ones as hashes only.
    func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier]

    /// Removes identifiers from where the data map's rules do not reach, such as the unfinished row of an import.
    ///
    /// - Returns: the tables touched, with rows changed.
    func scrub(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows]

    /// Those to whom the data of these people was given, by disclosures behind a number. Of many, the first ones: whoever
    /// asks writes them down and asks again behind the greatest `through` among them.
    func recipients(
        of subjects: [Subject], after number: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SubjectRecipient]

    /// Takes people who are about to be erased out of rows that the law asks to keep, so that erasure leaves those.
    func leave(
        _ subjects: [Subject], request: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError)

    /// Stops uses of people's data and deletes nothing. Placed twice, the first one stays.
    ///
    /// - Parameters:
    ///   - subjects: whom it concerns.
    ///   - unknown: where that is nobody, identifiers of the one who asks: they may become known by them, so that it
    ///     holds when they come.
    /// - Returns: the tables touched, with rows changed.
    func restrict(
        _ subjects: [Subject], unknown: [Identifier], _ restriction: SubjectRestriction,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows]
}

extension SubjectDirectory {
    public func namesakes(
        _ identifiers: [Identifier], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int { 0 }

    public func correct(
        _ corrections: [Correction], of identifiers: [Identifier], actors: [UUIDv7], request: UUIDv7,
        at time: Timestamp, refusing tombstones: Tombstones, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SubjectCorrection {
        SubjectCorrection()
    }

    public func restrict(
        _ subjects: [Subject], unknown: [Identifier], _ restriction: SubjectRestriction,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        []
    }

    public func recipients(
        of subjects: [Subject], after number: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SubjectRecipient] {
        []
    }

    public func leave(
        _ subjects: [Subject], request: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {}

    public func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        []
    }

    public func scrub(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        []
    }
}

/// What a service did to put something right.
public struct SubjectCorrection: Sendable {
    /// Whom it concerned, as they are now.
    public var subjects: [Subject] = []
    /// The tables touched, with rows changed.
    public var rows: [TableRows] = []
    /// What became of each correction that concerns something here.
    public var outcomes: [CorrectionOutcome] = []

    public init() {}
}

/// One actor as a privacy request sees it.
public struct Subject: Sendable {
    /// Its number in this database, which the data map's columns refer to.
    public let number: Int64
    public let id: UUIDv7
    public let identifiers: [Identifier]

    public init(number: Int64, id: UUIDv7, identifiers: [Identifier]) {
        self.number = number
        self.id = id
        self.identifiers = identifiers
    }
}

/// Erases subjects from one database as its data map says, and leaves tombstones.
struct SubjectErasure {
    let dataMap: DataMap
    let directory: (any SubjectDirectory)?
    let tombstones: Tombstones
    /// Where an erasure is written down before anything is deleted; nil in tests that need none.
    var ledger: ErasureLedger?
    /// The service's name, for tests that kill it.
    var service = ""
    /// Nobody waits for the answer, as when a restore erases again: what is found is erased at once.
    var isUnasked = false

    struct Outcome: Sendable {
        /// Those that were not given.
        var actors: [UUIDv7] = []
        var identifiers: [Identifier] = []
        /// What all erasures for this request took, table by table.
        var rows: [TableRows] = []
        /// Those to whom their data was given and who are not written down yet.
        var recipients: [SubjectRecipient] = []
        /// Legal holds that kept everything from being erased.
        var heldBy: [UUIDv7] = []
        /// Whether anything was erased for this request, now or earlier.
        var hasErased = false
        /// Nothing was erased, for more is known of the subject than was given.
        var isPostponed: Bool { !actors.isEmpty || !identifiers.isEmpty || !recipients.isEmpty }
    }

    /// Erases what the data map says, unless more identifiers or actors of the subject are known here than were given, or
    /// somebody has their data who is to be told: then it answers those and erases nothing. Whoever asks writes them down
    /// and asks again with them. So a crash
    /// between an erasure and its answer loses nothing that would lead to the subject elsewhere. A legal hold keeps
    /// everything as well: then nothing is erased, and its use is restricted.
    ///
    /// - Parameters:
    ///   - recipientsThrough: up to which disclosure those who have the data are written down.
    ///   - brand: whose ledger entry it is; nil leaves none.
    ///   - evenIfHeld: for what was erased before, as the ledger says, and came back with an old backup and its holds.
    func erase(
        _ given: [Identifier], actors: [UUIDv7], recipientsThrough: Int = 0, request: UUIDv7, brand: UUIDv7? = nil,
        at time: Timestamp, evenIfHeld: Bool = false, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Outcome {
        var outcome = Outcome()
        // Intake keeps identifiers in one form; whoever asks may write them in another.
        let given = Array(Set(given + given.compactMap { try? $0.canonical() }))
        let subjects = try directory?.find(given, actors: actors, in: transaction) ?? []
        outcome.actors = subjects.map(\.id).filter { !actors.contains($0) }
        outcome.identifiers = subjects.flatMap(\.identifiers).filter { !given.contains($0) }
        outcome.hasErased = try hasErased(given, for: request, in: transaction)
        outcome.recipients = try directory?.recipients(of: subjects, after: recipientsThrough, in: transaction) ?? []
        guard !outcome.isPostponed || isUnasked else { return outcome }
        if !evenIfHeld {
            outcome.heldBy = try LegalHoldStore().keeping(subjects.map(\.id), in: transaction)
            if !outcome.heldBy.isEmpty {
                let known = Set(given + subjects.flatMap(\.identifiers))
                let restriction = SubjectRestriction(
                    kind: .restriction, request: request, isForHold: true, since: time,
                    digests: known.map { tombstones.digest($0.type, $0.value) })
                outcome.rows =
                    try directory?.restrict(subjects, unknown: [], restriction, in: transaction) ?? []
                return outcome
            }
        }
        let all = Array(Set(given + outcome.identifiers))
        if let ledger, let brand {
            let digests = all.map { tombstones.digest($0.type, $0.value) }
            Failpoint.entered.before(service)
            try ledger.append(
                .subject(Array(Set(actors + outcome.actors)), digests, of: brand, for: request, at: time))
            Failpoint.entered.after(service)
        }
        try directory?.leave(subjects, request: request, at: time, in: transaction)
        let patterns = MentionPatterns(all)
        for table in dataMap.tables {
            var rows: Int64 = 0
            switch table.subject {
            case .nobody:
                continue
            case .actor(let column):
                for subject in subjects {
                    rows += try transaction.delete(from: table.name, where: column, equals: subject.number)
                }
            case .mentions(let column):
                for text in try transaction.texts(in: column, of: table.name, that: patterns.matches) {
                    rows += try transaction.run(
                        sql: "DELETE FROM \(table.name) WHERE \(column) = :text", [":text": text])
                }
            }
            if rows > 0 { outcome.rows.append(TableRows(table: table.name, rows: Int(rows))) }
        }
        outcome.rows += try directory?.scrub(all, in: transaction) ?? []
        outcome.rows = try transaction.sum(outcome.rows, of: request)
        for identifier in all { try tombstones.add(identifier, request: request, at: time, in: transaction) }
        outcome.hasErased = true
        return outcome
    }

    /// Whether an earlier call for the same request erased here, whose answer may have been lost: it left rows or
    /// tombstones.
    private func hasErased(
        _ given: [Identifier], for request: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        let tookRows = try transaction.one(
            "SELECT 1 FROM request_rows WHERE request = :request LIMIT 1", [":request": request]
        ) { _ in true }
        if tookRows == true { return true }
        for identifier in given {
            if try tombstones.request(of: identifier, in: transaction) == request { return true }
        }
        return false
    }
}

extension WriteTransaction {
    /// Adds the rows that a call touched to those that earlier ones for the same request touched, whose answers may have
    /// been lost.
    ///
    /// - Returns: all of them, by table.
    func sum(_ rows: [TableRows], of request: UUIDv7) throws(RPCError) -> [TableRows] {
        for entry in rows {
            try run(
                """
                INSERT INTO request_rows (request, touched_table, rows) VALUES (:request, :table, :rows)
                ON CONFLICT DO UPDATE SET rows = rows + excluded.rows
                """, [":request": request, ":table": entry.table, ":rows": Int64(entry.rows)])
        }
        return try all(
            "SELECT touched_table, rows FROM request_rows WHERE request = :request ORDER BY touched_table",
            [":request": request]
        ) { TableRows(table: $0.text(0), rows: $0.int(1)) }
    }

    // Table and column names come from the data map, never from a request.

    fileprivate func delete(from table: String, where column: String, equals number: Int64) throws(RPCError) -> Int64 {
        try run(sql: "DELETE FROM \(table) WHERE \(column) = :number", [":number": number])
    }

    /// The different texts of a column that match.
    fileprivate func texts(
        in column: String, of table: String, that matches: ([UInt8]) -> Bool
    ) throws(RPCError) -> Set<String> {
        do {
            let statement = try connection.statement(cached: "SELECT \(column) FROM \(table)")
            defer { statement.reset() }
            var found: Set<String> = []
            while try statement.step() {
                let text = statement.text(0)
                if matches(Array(text.utf8)) { found.insert(text) }
            }
            return found
        } catch {
            throw RPCError(error)
        }
    }
}
