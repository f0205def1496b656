import JSON
import JSONRPC
import Mapping
import SQLite
import ServiceContract

/// Removes people from where they are mentioned and nothing is theirs.
struct MentionStore: Sendable {
    /// Deletes signals that are about no actor and whose properties name somebody.
    func deleteSignalsOfNobody(
        _ patterns: MentionPatterns, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        var found: [Int64] = []
        try transaction.each(
            sql: "SELECT sequence, properties FROM signals WHERE actor IS NULL AND properties IS NOT NULL", [:]
        ) { row in
            if patterns.matches(Self.unescaped(row.bytes(1))) { found.append(row.int64(0)) }
            return true
        }
        for sequence in found {
            try transaction.run("DELETE FROM signals WHERE sequence = :sequence", [":sequence": sequence])
        }
        return Int64(found.count)
    }

    /// JSON in which no character is spelled as a number, as in `\u0061`.
    private static func unescaped(_ properties: [UInt8]) -> [UInt8] {
        guard properties.contains(UInt8(ascii: "\\")), let value = try? JSONValue(parsing: properties) else {
            return properties
        }
        return value.json()
    }

    /// Deletes rejected rows that name somebody.
    func deleteRejectedRows(
        _ patterns: MentionPatterns, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64 {
        var found: [(number: Int64, line: Int)] = []
        try transaction.each(sql: "SELECT import, line, row FROM rejected_rows WHERE row <> ''", [:]) { row in
            if patterns.matches(row.bytes(2)) { found.append((row.int64(0), row.int(1))) }
            return true
        }
        for row in found { try RejectedRowStore().delete(line: row.line, of: row.number, in: transaction) }
        return Int64(found.count)
    }

    /// Takes imports back to the beginning of the row they are in the middle of, so that its sender sends it again whole,
    /// and it is then refused.
    func dropCarries(in transaction: borrowing WriteTransaction) throws(RPCError) -> Int64 {
        var count: Int64 = 0
        for var stored in try ImportStore().unfinished(in: transaction) {
            stored.receivedBytes = stored.reader.byteOffset
            stored.reader.carry = []
            stored.lastChunk = nil
            try ImportStore().update(stored, in: transaction)
            count += 1
        }
        return count
    }
}
