import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract

/// Hands over what a database holds of a person, as its data map says.
struct SubjectDisclosure {
    /// A page ends with the row that passes this many bytes.
    static let pageBytes = 512 << 10
    static let pageRows = 1_000
    /// Rows that are looked at for one page of a table in which people are only mentioned.
    static let scannedRows = 10_000

    let dataMap: DataMap
    let directory: (any SubjectDirectory)?

    /// Whose rows they are.
    struct Person {
        /// Sorted by id: their places are the `person` of their rows.
        let subjects: [Subject]
        let identifiers: [Identifier]
        let patterns: MentionPatterns
    }

    func person(
        _ given: [Identifier], actors: [UUIDv7], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Person {
        let given = Array(Set(given + given.compactMap { try? $0.canonical() }))
        let subjects = try (directory?.find(given, actors: actors, in: transaction) ?? []).sorted { $0.id < $1.id }
        let all = Array(Set(given + subjects.flatMap(\.identifiers)))
        return Person(subjects: subjects, identifiers: all, patterns: MentionPatterns(all))
    }

    /// The tables that may hold something of a person, with the number of rows that are handed over.
    func tables(
        of person: Person, for purpose: DisclosurePurpose, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [SubjectTable] {
        var tables: [SubjectTable] = []
        for table in dataMap.tables {
            guard let rights = table.rights else { continue }
            switch rights.disclosure(for: purpose) {
            case .rows(let fields):
                let isOfActor = table.subject.isActor
                tables.append(
                    SubjectTable(
                        table: table.name, holds: table.holds, kept: table.kept,
                        rows: try rows(of: table, person, in: transaction),
                        fields: (isOfActor ? [ExportedField(name: "person", form: .integer)] : [])
                            + fields.map { ExportedField(name: $0.name, form: $0.form.exported) }))
            case .withheld(let why):
                tables.append(
                    SubjectTable(
                        table: table.name, holds: table.holds, kept: table.kept, withheld: why, fields: []))
            }
        }
        return tables
    }

    private func rows(
        of table: DataMap.Table, _ person: Person, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int {
        switch table.subject {
        case .nobody: return 0
        case .actor(let column):
            var rows = 0
            for subject in person.subjects {
                rows += try transaction.count(of: table.name, where: column, equals: subject.number)
            }
            return rows
        case .mentions(let column):
            return try transaction.count(of: table.name, whose: column, matches: person.patterns.matches)
        }
    }

    /// One page of a person's rows.
    ///
    /// - Parameter cursor: where the page before ended; nil for the first.
    /// - Throws: invalidCursor for what is none.
    func page(
        of person: Person, for purpose: DisclosurePurpose, after cursor: String?,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (rows: [ExportedRow], next: String?) {
        // Where the page before ended; nil behind that.
        var resumed: Place?
        if let cursor {
            resumed = Place(cursor)
            guard let table = resumed?.table, dataMap.tables.contains(where: { $0.name == table }) else {
                throw .invalidCursor
            }
        }
        var page = Page()
        for table in dataMap.tables {
            if let resumed, resumed.table != table.name { continue }
            defer { resumed = nil }
            guard let rights = table.rights, case .rows(let fields) = rights.disclosure(for: purpose) else { continue }
            switch table.subject {
            case .nobody: continue
            case .actor(let column):
                for (index, subject) in person.subjects.enumerated() {
                    // One who is gone since is passed by; those behind begin anew.
                    if let last = resumed?.actor, subject.id < last { continue }
                    let query = RowQuery(
                        table: table.name, fields: fields, order: rights.order, condition: "\(column) = ?",
                        number: subject.number, after: resumed?.actor == subject.id ? resumed?.key : nil)
                    let isFull = try page.read(query, person: index + 1, in: transaction) {
                        Place(table: table.name, actor: subject.id, key: $0)
                    }
                    if isFull { return (page.rows, page.next) }
                }
            case .mentions(let column):
                var query = RowQuery(
                    table: table.name, fields: fields, order: rights.order, condition: "1", number: nil,
                    after: resumed?.key)
                query.mention = (column, person.patterns)
                let isFull = try page.read(query, person: nil, in: transaction) {
                    Place(table: table.name, actor: nil, key: $0)
                }
                if isFull { return (page.rows, page.next) }
            }
        }
        return (page.rows, nil)
    }

    /// Where a page ended.
    fileprivate struct Place {
        let table: String
        let actor: UUIDv7?
        let key: [String]

        init(table: String, actor: UUIDv7?, key: [String]) {
            self.table = table
            self.actor = actor
            self.key = key
        }

        init?(_ cursor: String) {
            guard let value = try? JSONValue(parsing: Array(cursor.utf8)), let table = value["table"]?.string,
                case .array(let key)? = value["key"]
            else { return nil }
            self.table = table
            actor = value["actor"]?.string.flatMap { UUIDv7($0) }
            self.key = key.compactMap(\.string)
            if self.key.count != key.count { return nil }
        }

        var cursor: String {
            var writer = JSONWriter(capacity: 256)
            writer.beginObject()
            writer.key("table")
            writer.string(table)
            if let actor {
                writer.key("actor")
                actor.write(to: &writer)
            }
            writer.key("key")
            key.write(to: &writer)
            writer.endObject()
            return writer.string()
        }
    }

    /// The rows of one person in one table, in their order.
    fileprivate struct RowQuery {
        let table: String
        let fields: [DataMap.Field]
        let order: [String]
        let condition: String
        let number: Int64?
        let after: [String]?
        var mention: (column: String, patterns: MentionPatterns)?

        /// Names come from the data map, never from a request.
        var sql: String {
            let columns = fields.map(\.sql) + order + [mention?.column ?? "NULL"]
            let keys = order.joined(separator: ", ")
            let places = order.map { _ in "?" }.joined(separator: ", ")
            return "SELECT \(columns.joined(separator: ", ")) FROM \(table) WHERE \(condition)"
                + (after == nil ? "" : " AND (\(keys)) > (\(places))") + " ORDER BY \(keys)"
        }

        var arguments: Arguments {
            var values: [(any SQLiteBindable)?] = []
            if let number { values.append(number) }
            for key in after ?? [] { values.append(key) }
            return Arguments(values)
        }
    }

    fileprivate struct Page {
        var rows: [ExportedRow] = []
        var next: String?
        private var bytes = 0

        /// - Returns: whether the page is full.
        mutating func read(
            _ query: RowQuery, person: Int?, in transaction: borrowing some Transaction & ~Copyable,
            place: ([String]) -> Place
        ) throws(RPCError) -> Bool {
            guard query.after == nil || query.after?.count == query.order.count else { throw .invalidCursor }
            do {
                let statement = try transaction.connection.statement(cached: query.sql)
                defer { statement.reset() }
                try statement.bind(query.arguments)
                var seen = 0
                while try statement.step() {
                    let keys = Int32(query.fields.count)
                    let isTheirs =
                        query.mention.map {
                            $0.patterns.matches(statement.bytes(keys + Int32(query.order.count)))
                        } ?? true
                    seen += 1
                    if isTheirs { add(try Self.row(statement, query, person), of: query.table) }
                    if bytes >= SubjectDisclosure.pageBytes || rows.count >= SubjectDisclosure.pageRows
                        || seen >= SubjectDisclosure.scannedRows
                    {
                        next = place(query.order.indices.map { statement.text(keys + Int32($0)) }).cursor
                        return true
                    }
                }
                return false
            } catch let error as SQLiteError {
                throw RPCError(error)
            } catch {
                throw .internalError("A row of \(query.table) is no JSON: \(error)")
            }
        }

        private mutating func add(_ row: JSONRaw, of table: String) {
            rows.append(ExportedRow(table: table, row: row))
            bytes += row.bytes.count + table.utf8.count
        }

        private static func row(_ statement: Statement, _ query: RowQuery, _ person: Int?) throws -> JSONRaw {
            var writer = JSONWriter(capacity: 512)
            writer.beginObject()
            if let person {
                writer.key("person")
                writer.int(person)
            }
            for (index, field) in query.fields.enumerated() {
                let column = Int32(index)
                if statement.isNull(column) { continue }
                writer.key(field.name)
                switch field.form {
                case .text: writer.string(statement.text(column))
                case .integer: writer.int(statement.int64(column))
                case .time: statement.timestamp(column).write(to: &writer)
                case .amount: Amount(tenThousandths: statement.int64(column)).write(to: &writer)
                case .uuid: statement.uuid(column).write(to: &writer)
                case .json: writer.raw(try JSONRaw(validating: statement.bytes(column)))
                }
            }
            writer.endObject()
            return try JSONRaw(validating: writer.bytes())
        }
    }
}

extension DataMap.Rights {
    func disclosure(for purpose: DisclosurePurpose) -> DataMap.Disclosure {
        switch purpose {
        case .access: access
        case .portability: portability
        }
    }
}

extension DataMap.Subject {
    fileprivate var isActor: Bool { if case .actor = self { true } else { false } }
}

extension DataMap.Field.Form {
    fileprivate var exported: ExportedField.Form {
        switch self {
        case .text: .text
        case .integer: .integer
        case .time: .time
        case .amount: .amount
        case .uuid: .uuid
        case .json: .json
        }
    }
}

extension Transaction where Self: ~Copyable {
    // Table and column names come from the data map, never from a request.

    fileprivate func count(of table: String, where column: String, equals number: Int64) throws(RPCError) -> Int {
        do {
            let statement = try connection.statement(cached: "SELECT count(*) FROM \(table) WHERE \(column) = ?")
            defer { statement.reset() }
            try statement.bind(number, at: 1)
            return try statement.step() ? statement.int(0) : 0
        } catch {
            throw RPCError(error)
        }
    }

    fileprivate func count(
        of table: String, whose column: String, matches: ([UInt8]) -> Bool
    ) throws(RPCError) -> Int {
        do {
            let statement = try connection.statement(cached: "SELECT \(column) FROM \(table)")
            defer { statement.reset() }
            var count = 0
            while try statement.step() { if matches(statement.bytes(0)) { count += 1 } }
            return count
        } catch {
            throw RPCError(error)
        }
    }
}
