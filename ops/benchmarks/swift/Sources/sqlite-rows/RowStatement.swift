import JSON
import SQLite

/// One statement of a row and the parameters it takes, found once: a service binds by index on its hot path too.
struct RowStatement {
    private enum Value { case id, actor, event, time, revenue, currency, properties }

    private static let values: [String: Value] = [
        ":id": .id, ":actor": .actor, ":event": .event, ":time": .time, ":revenue": .revenue, ":currency": .currency,
        ":properties": .properties,
    ]

    private let statement: Statement
    private let values: [(index: Int32, value: Value)]

    init(_ statement: Statement) throws {
        self.statement = statement
        values = Self.values.compactMap { name, value in
            (try? statement.index(of: name)).map { ($0, value) }
        }
        precondition(values.count == Int(statement.parameterCount), "an unknown parameter in \(statement.sql)")
    }

    func run(_ row: Row) throws(SQLiteError) {
        for (index, value) in values {
            switch value {
            case .id: try bind(row, index)
            case .actor: try statement.bind(row.user + 1, at: index)
            case .event: try statement.bind("Order Completed" as StaticString, at: index)
            case .time: try statement.bind(row.microseconds, at: index)
            case .revenue: try statement.bind(1_299_000, at: index)
            case .currency: try statement.bind("USD" as StaticString, at: index)
            case .properties: try statement.bind(row.properties, at: index)
            }
        }
        try statement.run()
    }

    private func bind(_ row: Row, _ index: Int32) throws(SQLiteError) {
        try row.id.withBytes { (bytes) throws(SQLiteError) in try statement.bind(bytes: bytes, at: index) }
    }
}
