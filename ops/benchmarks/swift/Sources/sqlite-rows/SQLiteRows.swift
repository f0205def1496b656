import Glibc
import SQLite

/// Rows a second through the module SQLite: the same statements, values and transactions as `yardsticks/sqlite-rows.c`,
/// into a database that is there.
@main
struct SQLiteRows {
    static func main() {
        do {
            let options = try Options(CommandLine.arguments)
            print(try run(options))
        } catch {
            print("sqlite-rows: \(error)")
            exit(1)
        }
    }

    private static func run(_ options: Options) throws -> String {
        // Opened as a service opens it: the pragmas are the module's own.
        let connection = try Connection(path: options.database)
        let statements = try readText(options.insert).split(separator: ";").filter { $0.contains("INSERT") }.map {
            try RowStatement(connection.prepare(String($0)))
        }
        var row = Row(properties: try readText(options.properties).filter { $0 != "\n" })
        var transactions: [Duration] = []
        let clock = ContinuousClock()
        let start = clock.now
        var before = start
        while row.number < options.rows {
            try connection.transaction {
                for _ in 0..<options.rowsPerTransaction {
                    row.advance()
                    for statement in statements { try statement.run(row) }
                }
            }
            let after = clock.now
            transactions.append(after - before)
            before = after
        }
        transactions.sort()
        let rate = Double(row.number) / ((before - start) / .seconds(1))
        let median = transactions[transactions.count / 2] / .microseconds(1)
        return "{\"rate\": \(rate), \"rows\": \(row.number), \"p50\": \(median)}"
    }
}
