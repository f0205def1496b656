import CommonAPI
import JSON
import JSONRPC
import Mapping
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// Takes the rows of one import in, for the length of one transaction.
///
/// Rows have no message id of their own, so theirs is a hash of the source, the row's content and an occurrence number:
/// of three equal rows in a file the second is occurrence 2. All count, and a second import of the same rows, in whatever
/// order and cut, finds every occurrence there. Which occurrences this import has met is written on the rows themselves:
/// each names the import that met it last, and those of one import are always the first ones. So a chunk needs no memory
/// of the chunks before it, as long as one import of a source is under way at a time.
struct RowIntake {
    private let intake: SignalIntake
    private let stored: StoredImport
    private let now: Timestamp
    /// What every hash begins with: the source and a separator.
    private let prefix: [UInt8]
    /// The last occurrence met, of rows that were met more than once since this began.
    private var occurrences: [MessageID: UInt64] = [:]
    /// Actors found or made since this began.
    private var known: [Identifier: ActorStore.Key] = [:]
    private var bytes: [UInt8] = []

    /// Separates the parts of what is hashed; no field of a row can hold it, nor its neighbour that separates fields.
    private static let separator: UInt8 = 0x1E

    init(_ intake: SignalIntake, _ stored: StoredImport, at now: Timestamp) {
        self.intake = intake
        self.stored = stored
        self.now = now
        prefix = Array(stored.source.utf8) + [Self.separator]
    }

    /// Takes a row in.
    ///
    /// - Returns: whether it is new.
    /// - Throws: what is wrong with the row; nothing is then left of it.
    mutating func take(
        _ row: borrowing CSVRow, as record: MappedRecord, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: prefix)
        row.appendCanonical(to: &bytes)
        bytes.append(Self.separator)
        let fact = try Fact(record, line: row.line, of: stored)
        try intake.checkTime(of: fact, now)
        return try transaction.undoingFailure(of: fact) { () throws(RPCError) in try take(fact, in: transaction) }
    }

    /// Whether the first occurrence of a row is there.
    mutating func isKnown(
        _ row: borrowing CSVRow, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        bytes = prefix
        row.appendCanonical(to: &bytes)
        bytes.append(Self.separator)
        return try intake.signals.state(ofRow: messageID(1), in: transaction) != .unknown
    }

    // MARK: Whom, and which occurrence

    private mutating func take(
        _ fact: Fact, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        if fact.messageID != nil {
            return try intake.take(fact, at: now, in: transaction).isNew
        }
        try intake.checkContacts(of: fact, in: transaction)
        let person = try resolve(fact.identifiers, in: transaction)
        try intake.checkBasis(of: fact, person, at: now, in: transaction)
        let actor = try intake.actor(of: person, at: now, in: transaction)
        let first = messageID(1)
        var number: UInt64 = 1
        if !occurrences.isEmpty, let last = occurrences[first] { number = last + 1 }
        while true {
            let messageID = number == 1 ? first : messageID(number)
            let isNew = try intake.insert(fact, as: messageID, of: actor, at: now, in: transaction)
            if isNew {
                try intake.complete(fact, messageID, person, actor, at: now, in: transaction)
                if let actor { for identifier in fact.identifiers { known[identifier] = actor } }
            }
            let isMet = try isNew ? true : intake.signals.confirm(row: messageID, by: stored.number, in: transaction)
            if isMet {
                if number > 1 { occurrences[first] = number }
                return isNew
            }
            number = try firstUnmet(after: number, in: transaction)
        }
    }

    /// The first occurrence that this import has not met; it has met `number` and all before. Found by doubling and then
    /// halving, so that a row that comes ten thousand times does not cost ten thousand lookups each time.
    private mutating func firstUnmet(
        after number: UInt64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> UInt64 {
        var (met, step) = (number, UInt64(1))
        while try hasMet(met + step, in: transaction) {
            met += step
            step *= 2
        }
        var unmet = met + step
        while unmet - met > 1 {
            let middle = met + (unmet - met) / 2
            if try hasMet(middle, in: transaction) { met = middle } else { unmet = middle }
        }
        return unmet
    }

    private mutating func hasMet(
        _ number: UInt64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try intake.signals.state(ofRow: messageID(number), in: transaction) == .confirmed(by: stored.number)
    }

    private func resolve(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> SignalIntake.Person {
        if identifiers.count == 1, let actor = known[identifiers[0]] { return SignalIntake.Person(actor: actor) }
        return try intake.resolve(identifiers, in: transaction)
    }

    /// The message id of an occurrence of the row whose hashed part is in `bytes`.
    private mutating func messageID(_ occurrence: UInt64) -> MessageID {
        let count = bytes.count
        bytes.append(contentsOf: "\(occurrence)".utf8)
        defer { bytes.removeSubrange(count...) }
        return SHA256.hash(bytes).withUnsafeBytes { MessageID(hash: $0) }
    }
}

extension Fact {
    /// Reads the record of a row.
    fileprivate init(_ record: MappedRecord, line: Int, of stored: StoredImport) throws(RPCError) {
        var identifiers: [Identifier] = []
        for identifier in record.identifiers {
            try Self.add(identifier.type, identifier.value, to: &identifiers) {
                Place.row.invalid("/identifier.\(identifier.type)", $0)
            }
        }
        switch record.kind {
        case .signals:
            let properties = record.properties
            self.init(
                event: try Self.tracked(record.event, .row), identifiers: identifiers,
                messageID: record.messageID.map { MessageID($0) },
                timestamp: record.timestamp, revenue: record.revenue, currency: record.currency,
                properties: properties.count > 2 ? properties : nil, importNumber: stored.number, place: .row)
        case .actors:
            // Rows of a file without times are statements of the moment the import began, later lines the later ones.
            let time = record.timestamp ?? Timestamp(microseconds: stored.job.createdAt.microseconds + Int64(line))
            self.init(
                event: Self.identifyEvent, identifiers: identifiers, timestamp: time,
                properties: record.traits.count > 2 ? record.traits : nil,
                traits: try Self.traits(record.traits, .row), importNumber: stored.number, place: .row)
        }
    }
}
