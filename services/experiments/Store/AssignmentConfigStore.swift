import JSONRPC
import SQLite
import ServiceContract

/// How often anything changed that decides about assignments.
struct AssignmentConfigStore: Sendable {
    func version(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Int64 {
        try transaction.one("SELECT version FROM assignment_config WHERE id = 1") { $0.int64(0) } ?? 0
    }

    func change(in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("UPDATE assignment_config SET version = version + 1 WHERE id = 1")
    }
}
