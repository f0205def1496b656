import Testing

@testable import SQLite

@Suite struct ThreadConnectionsTests {
    private let directory: TemporaryDirectory
    private let connections: ThreadConnections

    init() throws {
        directory = try TemporaryDirectory()
        connections = ThreadConnections(limit: 3) { file throws(SQLiteError) in
            try Connection(path: file.path, .create)
        }
    }

    private func file(_ number: Int) -> DatabaseFile { DatabaseFile(directory.file("\(number).db")) }

    @Test("The same connection is handed out as long as it is open")
    func same() throws {
        let first = try connections.connection(for: file(0))
        #expect(try connections.connection(for: file(0)) === first)
        #expect(try connections.connection(for: file(1)) !== first)
        connections.close(file(0))
        #expect(connections.openConnection(for: file(0)) == nil)
        #expect(try connections.connection(for: file(0)) !== first)
    }

    @Test("The limit holds at one less, exactly and one more; the one used least recently goes")
    func limit() throws {
        for number in 0..<3 { _ = try connections.connection(for: file(number)) }
        #expect(connections.count == 3)
        _ = try connections.connection(for: file(0))
        _ = try connections.connection(for: file(3))
        #expect(connections.count == 3)
        #expect(connections.openConnection(for: file(1)) == nil)
        for number in [0, 2, 3] { #expect(connections.openConnection(for: file(number)) != nil) }
    }

    @Test("When memory is short caches are emptied first; then a connection goes, but never the one just used")
    func memory() throws {
        for number in 0..<3 { _ = try connections.connection(for: file(number)) }
        connections.relieveMemory(after: file(0), used: 75, limit: 100)
        #expect(connections.count == 3)
        for _ in 0..<2 { connections.relieveMemory(after: file(0), used: 76, limit: 100) }
        #expect(connections.count == 3)
        // This one may hold pages again.
        _ = try connections.connection(for: file(1))
        connections.relieveMemory(after: file(0), used: 76, limit: 100)
        #expect(connections.count == 3)
        connections.relieveMemory(after: file(0), used: 76, limit: 100)
        #expect(connections.openConnection(for: file(2)) == nil && connections.openConnection(for: file(1)) != nil)
        for _ in 0..<2 { connections.relieveMemory(after: file(0), used: 76, limit: 100) }
        #expect(connections.count == 1)
        #expect(connections.openConnection(for: file(0)) != nil)
        connections.relieveMemory(after: file(0), used: 76, limit: 0)
    }

    @Test("After an error of the file its connection is opened anew; a full disk or a violated constraint is none")
    func review() throws {
        for (code, isKept) in [(1, true), (13, true), (19, true), (5, true), (10, false), (11, false), (26, false)] {
            _ = try connections.connection(for: file(0))
            connections.review(SQLiteError(extendedCode: Int32(code), message: "a test"), of: file(0))
            #expect((connections.openConnection(for: file(0)) != nil) == isKept)
        }
    }
}
