import JSONRPC
import SQLite
import ServiceContract

/// Runs the statements of a path that binds by position, and turns a failure into what a caller is told of it.
@inline(__always)
func storing<T>(_ body: () throws(SQLiteError) -> T) throws(RPCError) -> T {
    do {
        return try body()
    } catch {
        throw RPCError(error)
    }
}

extension Transaction where Self: ~Copyable {
    /// Hands every row of a query to `row`, in order, until that returns false.
    ///
    /// - Parameter sql: put together from literals; values go into `arguments`.
    func each(
        sql: String, _ arguments: Arguments, _ row: (Statement) throws(RPCError) -> Bool
    ) throws(RPCError) {
        let statement = try storing { () throws(SQLiteError) in
            let statement = try connection.statement(cached: sql)
            try statement.bind(arguments)
            return statement
        }
        defer { statement.reset() }
        while try storing({ () throws(SQLiteError) in try statement.step() }) {
            guard try row(statement) else { return }
        }
    }
}
