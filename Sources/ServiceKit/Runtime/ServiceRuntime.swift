public import CommonAPI
import JSON
public import JSONRPC
public import SQLite
public import ServiceContract

/// What the calls of one service share: its databases, the threads that write and read them, clock and ids.
public final class ServiceRuntime: Sendable {
    /// The service's name: `signals`.
    public let name: String
    public let databases: BrandDatabases
    public let clock: Clock
    public let identifiers: any IdentifierSource
    /// What waits to be told to other services.
    public let courier: OutboxCourier
    /// What waits for ``JobRunner``.
    let waitingJobs = WaitingJobs()
    let writer: CommitQueue
    let reader: ReadQueue

    /// Threads that write; each brand is pinned to one.
    public static let writerThreads = 2
    /// Threads that read.
    public static let readerThreads = 2

    public init(
        name: String, databases: BrandDatabases, courier: OutboxCourier, clock: Clock = .system,
        identifiers: any IdentifierSource = MonotonicIdentifiers(), openFiles: Int = 128
    ) {
        self.name = name
        self.databases = databases
        self.clock = clock
        self.identifiers = identifiers
        self.courier = courier
        writer = CommitQueue(
            name: "\(name)-write", threads: Self.writerThreads, limits: CommitQueue.Limits(openFiles: openFiles),
            open: { file throws(SQLiteError) in try databases.openForWriting(file) })
        reader = ReadQueue(
            name: "\(name)-read", threads: Self.readerThreads, limits: ReadQueue.Limits(openFiles: openFiles),
            open: { file throws(SQLiteError) in try databases.openForReading(file) })
    }

    /// The database that a call of `method` runs against.
    ///
    /// - Throws: forbidden without a brand, and notFound for one that is not here: another's answers alike.
    public func file(for method: MethodDescription, _ call: CallContext) throws(RPCError) -> DatabaseFile {
        switch method.database {
        case .service: return databases.serviceFile
        case .brand: return try file(ofBrand: call)
        }
    }

    /// The file of the brand that `call` is for.
    public func file(ofBrand call: CallContext) throws(RPCError) -> DatabaseFile {
        guard let brand = call.brand else { throw .forbidden("This call needs a brand; use a key of one.") }
        guard let file = databases.file(of: brand) else { throw .notFound("brand", brand) }
        return file
    }

    func submit(_ work: any ReadWork, to file: DatabaseFile) -> Bool {
        reader.submit(work, to: file)
    }

    // MARK: For flows

    /// Runs `body` in a transaction of its own place in the group commit, and returns when it is on disk.
    public func write<T: Sendable>(
        _ file: DatabaseFile,
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws(RPCError) -> T
    ) async throws(RPCError) -> T {
        let identifiers = identifiers
        do {
            let result = try await writer.write(file) { connection throws(any Error) in
                let transaction = WriteTransaction(connection, identifiers: identifiers)
                let value = try body(transaction)
                let effects = transaction.effects
                return (value: value, hasTold: effects.lastToldSequence != nil, hasBegunJob: effects.hasBegunJob)
            }
            if result.hasTold { courier.look(at: file) }
            if result.hasBegunJob { waitingJobs.add(file) }
            return result.value
        } catch {
            throw RPCError(any: error)
        }
    }

    /// Runs `body` in a read transaction.
    public func read<T: Sendable>(
        _ file: DatabaseFile,
        _ body: @escaping @Sendable (borrowing ReadTransaction) throws(RPCError) -> T
    ) async throws(RPCError) -> T {
        do {
            return try await reader.read(file) { connection throws(any Error) in
                let transaction = ReadTransaction(connection)
                return try body(transaction)
            }
        } catch {
            throw RPCError(any: error)
        }
    }

    /// Leaves nothing that was deleted in any byte of the file or of its write-ahead log.
    public func checkpoint(_ file: DatabaseFile) async throws(RPCError) {
        _ = try await checkpoint(file, searchingFor: [])
    }

    /// The same, and then looks through the file and what lies beside it, before anything else is written.
    ///
    /// - Returns: the bytes that were read, and the places in which an identifier of 12 bytes or more was found.
    public func checkpoint(
        _ file: DatabaseFile, searchingFor identifiers: [Identifier]
    ) async throws(RPCError) -> (bytes: Int, hits: Int) {
        let found = try await checkpoint(file, searchingForEach: [identifiers])
        return (found.bytes, found.hits[0])
    }

    /// The same for any number of requests, with one reading of the file.
    ///
    /// - Parameter requests: what each looks for.
    /// - Returns: the bytes that were read, and for each request the places in which something of its was found.
    public func checkpoint(
        _ file: DatabaseFile, searchingForEach requests: [[Identifier]]
    ) async throws(RPCError) -> (bytes: Int, hits: [Int]) {
        let scan = ByteScan(requests)
        do {
            return try await writer.maintain(file) { connection throws(any Error) in
                _ = try connection.eraseTraces()
                return scan.search([file.path, file.path + "-wal", file.path + "-shm"])
            }
        } catch {
            throw RPCError(any: error)
        }
    }

    /// Ends the threads when what they were given is done.
    public func stop() {
        writer.stop()
        reader.stop()
    }
}

extension RPCError {
    /// An error of unknown type at the border between storage and calls.
    init(any error: any Error) {
        switch error {
        case let error as RPCError: self = error
        case let error as SQLiteError: self = RPCError(error)
        default: self = .internalError("\(error)")
        }
    }
}
