import Testing

@testable import SQLite

@Suite struct StatementCacheTests {
    private let connection: Connection

    init() throws {
        connection = try Connection(path: ":memory:", .create)
    }

    private func select() throws -> Statement { try connection.statement("SELECT ?1") }

    @Test("The same literal gives the same statement, reset and without its bindings")
    func sameLiteral() throws {
        let first = try select()
        try first.bind(1, at: 1)
        _ = try first.step()
        first.reset()
        let second = try select()
        #expect(first === second)
        _ = try second.step()
        #expect(second.isNull(0))
    }

    @Test("The same text at another place gives the same statement")
    func sameText() throws {
        #expect(try select() === connection.statement(cached: "SELECT " + "?1"))
    }

    @Test("While a statement stands on a row, asking again gives another one, and the row stays")
    func nested() throws {
        try connection.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)")
        func each() throws -> Statement { try connection.statement("SELECT x FROM t") }
        var pairs: [Int64] = []
        let outer = try each()
        while try outer.step() {
            let inner = try each()
            #expect(outer !== inner)
            while try inner.step() { pairs.append(outer.int64(0) * 10 + inner.int64(0)) }
        }
        #expect(pairs == [11, 12, 21, 22])
        #expect(try each() === outer)
    }

    @Test("The cache holds as many statements as its limit, and forgets the older half with the next")
    func limit() throws {
        let limit = StatementCache.limit
        let first = try connection.statement(cached: "SELECT 0")
        for number in 1..<limit - 1 { _ = try connection.statement(cached: "SELECT \(number)") }
        #expect(connection.cachedStatementCount == limit - 1)
        _ = try connection.statement(cached: "SELECT \(limit - 1)")
        #expect(connection.cachedStatementCount == limit)
        #expect(try connection.statement(cached: "SELECT 0") === first)
        _ = try connection.statement(cached: "SELECT \(limit)")
        #expect(connection.cachedStatementCount == limit / 2 + 1)
        #expect(try connection.statement(cached: "SELECT 0") === first, "used last, so kept")
    }

    @Test("A statement that is prepared again after the schema changed still works")
    func schemaChange() throws {
        try connection.execute("CREATE TABLE t (x)")
        func insert() throws { try connection.statement("INSERT INTO t (x) VALUES (1)").run() }
        try insert()
        try connection.execute("ALTER TABLE t ADD COLUMN y")
        try insert()
        #expect(try connection.numbers("SELECT count(*) FROM t") == [2])
    }
}
