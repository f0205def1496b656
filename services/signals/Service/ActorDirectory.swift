import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Finds the actors behind the identifiers of a privacy request, and removes what is said of them where no row is theirs.
struct ActorDirectory: SubjectDirectory {
    private let actors = ActorStore()
    private let mentions = MentionStore()

    func find(
        _ identifiers: [Identifier], actors ids: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Subject] {
        var keys: [ActorStore.Key] = []
        for identifier in identifiers {
            let canonical = (try? identifier.canonical()) ?? identifier
            if let key = try actors.find(canonical, in: transaction), !keys.contains(key) { keys.append(key) }
        }
        for id in ids {
            if let key = try actors.find(id, in: transaction), !keys.contains(key) { keys.append(key) }
        }
        var subjects: [Subject] = []
        for key in keys {
            let known = try actors.identifiers(of: key.number, in: transaction)
            subjects.append(Subject(number: key.number, id: key.id, identifiers: known))
        }
        return subjects
    }

    func identifiers(
        in transaction: borrowing WriteTransaction, that matches: (Identifier) -> Bool
    ) throws(RPCError) -> [Identifier] {
        try actors.identifiers(in: transaction, that: matches)
    }

    /// What the data map does not reach: signals about nobody whose properties name the person, and the beginnings of rows
    /// that imports carry over. Those may end in the middle of an identifier, so all of them go.
    func scrub(
        _ identifiers: [Identifier], in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [TableRows] {
        let long = MentionPatterns(identifiers, minimumLength: MentionPatterns.minimumLength)
        var outcome: [TableRows] = []
        for (table, rows) in [
            ("signals", try mentions.deleteSignalsOfNobody(long, in: transaction)),
            ("imports", try mentions.dropCarries(in: transaction)),
        ] where rows > 0 {
            outcome.append(TableRows(table: table, rows: Int(rows)))
        }
        return outcome
    }
}
