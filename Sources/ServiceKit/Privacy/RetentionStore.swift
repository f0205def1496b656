import JSON
import JSONRPC
import SQLite
import ServiceContract

/// Retention rules in the ground table `retention_rules`, and the rows that they concern.
struct RetentionStore: Sendable {
    /// How long the rows of one table stay.
    struct Rule: Sendable, Equatable {
        let table: String
        let days: Int
        var appliedAt: Timestamp?
        var rows: Int?

        /// Rows of before this moment go.
        func cutoff(at now: Timestamp) -> Timestamp {
            Timestamp(microseconds: now.microseconds - Int64(days) * 86_400_000_000)
        }
    }

    func rules(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [Rule] {
        try transaction.all("SELECT name, days, applied_at, rows FROM retention_rules ORDER BY name") { row in
            Rule(
                table: row.text(0), days: row.int(1), appliedAt: row.timestampOrNil(2),
                rows: row.isNull(3) ? nil : row.int(3))
        }
    }

    func set(_ table: String, days: Int?, in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard let days else {
            try transaction.run("DELETE FROM retention_rules WHERE name = :table", [":table": table])
            return
        }
        try transaction.run(
            """
            INSERT INTO retention_rules (name, days) VALUES (:table, :days)
            ON CONFLICT (name) DO UPDATE SET days = excluded.days, applied_at = NULL, rows = NULL
            """, [":table": table, ":days": days])
    }

    func note(
        _ table: String, rows: Int, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE retention_rules SET applied_at = :time, rows = :rows WHERE name = :table",
            [":table": table, ":time": time, ":rows": rows])
    }

    // MARK: Rows. Names and expressions come from the data map, never from a request.

    /// What would go.
    struct Preview: Sendable, Equatable {
        var rows = 0
        /// Old enough, and kept by a legal hold.
        var held = 0
        var oldest: Timestamp?
        var newest: Timestamp?
    }

    func preview(
        _ table: DataMap.Table, _ age: DataMap.Age, before cutoff: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Preview {
        let sql = """
            SELECT count(*) FILTER (WHERE NOT held), count(*) FILTER (WHERE held),
                min(told) FILTER (WHERE NOT held), max(told) FILTER (WHERE NOT held)
            FROM (SELECT \(age.time) AS told, \(Self.held(table)) AS held FROM \(table.name)) WHERE told < :cutoff
            """
        do {
            let statement = try transaction.connection.statement(cached: sql)
            defer { statement.reset() }
            try statement.bind([":cutoff": cutoff] as Arguments)
            guard try statement.step() else { return Preview() }
            return Preview(
                rows: statement.int(0), held: statement.int(1), oldest: statement.timestampOrNil(2),
                newest: statement.timestampOrNil(3))
        } catch {
            throw RPCError(error)
        }
    }

    /// Where a walk over `count` rows behind `position` ends; nil when there are none.
    func end(
        of count: Int, after position: Int64, _ table: DataMap.Table, _ age: DataMap.Age,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int64? {
        try numbers(
            """
            SELECT max(place) FROM (
                SELECT \(age.walk) AS place FROM \(table.name) WHERE \(age.walk) > :position
                ORDER BY \(age.walk) LIMIT :count)
            """, [":position": position, ":count": count], in: transaction
        ).first
    }

    /// Deletes what is too old and not held, from behind `position` to `end`.
    ///
    /// - Returns: how many rows, or people.
    func delete(
        _ table: DataMap.Table, _ age: DataMap.Age, of map: DataMap, before cutoff: Timestamp,
        after position: Int64, upTo end: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Int {
        let which = """
            \(age.walk) > :position AND \(age.walk) <= :end AND \(age.time) < :cutoff AND NOT \(Self.held(table))
            """
        let arguments: Arguments = [":position": position, ":end": end, ":cutoff": cutoff]
        guard age.isPerson, case .actor(let key) = table.subject else {
            return Int(try transaction.run(sql: "DELETE FROM \(table.name) WHERE \(which)", arguments))
        }
        let people = try numbers("SELECT \(key) FROM \(table.name) WHERE \(which)", arguments, in: transaction)
        for person in people {
            for table in map.tables {
                guard case .actor(let column) = table.subject else { continue }
                try transaction.run(
                    sql: "DELETE FROM \(table.name) WHERE \(column) = :person", [":person": person])
            }
        }
        return people.count
    }

    /// SQL for whether a legal hold keeps a row. What is nobody's may still name somebody, so any hold keeps it.
    private static func held(_ table: DataMap.Table) -> String {
        guard case .actor(let column) = table.subject else { return "EXISTS (SELECT 1 FROM legal_holds)" }
        return """
            (EXISTS (SELECT 1 FROM legal_holds WHERE actor IS NULL)
                OR CASE WHEN \(table.name).\(column) IS NULL THEN EXISTS (SELECT 1 FROM legal_holds)
                    ELSE EXISTS (SELECT 1 FROM legal_holds WHERE number = \(table.name).\(column)) END)
            """
    }

    private func numbers(
        _ sql: String, _ arguments: Arguments, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [Int64] {
        do {
            let statement = try transaction.connection.statement(cached: sql)
            defer { statement.reset() }
            try statement.bind(arguments)
            var numbers: [Int64] = []
            while try statement.step() {
                if let number = statement.int64OrNil(0) { numbers.append(number) }
            }
            return numbers
        } catch {
            throw RPCError(error)
        }
    }
}
