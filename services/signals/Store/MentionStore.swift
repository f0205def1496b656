import JSONRPC
import Mapping
import SQLite
import ServiceContract
import ServiceKit

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
            if patterns.matches(row.bytes(1)) { found.append(row.int64(0)) }
            return true
        }
        for sequence in found {
            try transaction.run("DELETE FROM signals WHERE sequence = :sequence", [":sequence": sequence])
        }
        return Int64(found.count)
    }

    /// Takes imports back to the beginning of the row they are in the middle of, so that its sender sends it again whole,
    /// and it is then refused.
    func dropCarries(in transaction: borrowing WriteTransaction) throws(RPCError) -> Int64 {
        var count: Int64 = 0
        for var stored in try ImportStore().unfinished(in: transaction) {
            stored.job.done = stored.reader.byteOffset
            stored.reader.carry = []
            stored.lastChunk = nil
            try ImportStore().update(stored, in: transaction)
            count += 1
        }
        return count
    }
}
