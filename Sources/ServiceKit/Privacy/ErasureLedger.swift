public import JSON
public import JSONRPC
import OpenSSL
public import PlatformAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What was erased, and what keys and users may no longer do: a file of lines that only grows, written before the change
/// is committed.
///
/// It lies outside the databases, and no backup of them holds it: who restores an old backup has the ledger of today,
/// erases again what it names, and gives nobody access back. It knows nobody: a line has the request, the brand, ids,
/// keyed hashes of identifiers, and scopes. The services of a suite share `<data>/ledger/erasures.ndjson`, and lock it while they write.
///
/// A second directory may hold a copy of it, of the tombstones' key and of the installation's id: what must survive
/// when the data directory does not. It is brought up to date with each entry and each look at the service's health;
/// while it cannot be, erasures go on and ``problem()`` says so.
public final class ErasureLedger: Sendable {
    public static let fileName = "erasures.ndjson"
    static let installationName = "installation"
    static let keyName = "tombstones"

    private let directory: String
    private let replica: String?
    private let key: [UInt8]
    private let last = Mutex<ErasureRecord?>(nil)

    private var path: String { directory + "/" + Self.fileName }

    /// Opens the ledger, making it if need be, and takes over what only its copy knows.
    ///
    /// - Parameters:
    ///   - replica: where the copy lies; nil: there is none.
    ///   - key: the tombstones', which the copy's directory holds too.
    /// - Throws: ``StorageError`` when the ledger cannot be used.
    public init(directory: String, replica: String? = nil, key: [UInt8] = []) throws {
        self.directory = directory
        self.replica = replica
        self.key = key
        guard FileBytes.createDirectory(directory) else {
            throw StorageError(description: "The directory \(directory) cannot be made.")
        }
        let file = try LedgerFile(path)
        guard let replica else { return }
        if let copy = FileBytes.read(replica + "/" + Self.fileName) { try file.merge(copy) }
        if let id = FileBytes.read(replica + "/" + Self.installationName) {
            _ = FileBytes.createDurably(id, at: directory + "/" + Self.installationName)
        }
    }

    /// Writes one entry; it is on disk when this returns.
    ///
    /// - Throws: storageFull when it cannot be written: then nothing may be deleted.
    public func append(_ record: ErasureRecord) throws(RPCError) {
        let isKnown = last.withLock { last in
            guard let known = last else { return false }
            return known.saysAsMuch(as: record)
        }
        if isKnown { return }
        do {
            try LedgerFile(path).append(record.json())
        } catch {
            throw RPCError(
                code: RPCError.Code.storageFull, message: RPCError.storageFull.message, cause: "\(error)")
        }
        last.withLock { $0 = record }
        _ = problem()
    }

    /// All entries, or those of one kind, oldest first.
    ///
    /// - Throws: ``StorageError`` when one is damaged.
    public func records(of kind: ErasureRecord.Kind? = nil) throws -> [ErasureRecord] {
        var records: [ErasureRecord] = []
        for (index, line) in try LedgerFile(path).lines().enumerated() {
            do throws(JSONError) {
                records.append(try ErasureRecord(json: line, unknownMembers: .ignore))
            } catch {
                throw StorageError(
                    description: """
                        \(path), line \(index + 1), is damaged (\(error.pointer): \(error.message)). Take that line from \
                        a copy of the ledger, such as the one in GYRE_LEDGER_REPLICA.
                        """)
            }
        }
        return kind.map { kind in records.filter { $0.kind == kind } } ?? records
    }

    /// Brings the copy up to date. Nil, or why it is not.
    public func problem() -> String? {
        guard let replica else { return nil }
        let isUpToDate =
            FileBytes.createDirectory(replica)
            && (key.isEmpty || FileBytes.createDurably(key, at: replica + "/" + Self.keyName))
            && copyInstallation(to: replica) && copyLines(to: replica)
        return isUpToDate ? nil : "The copy of the erasure ledger in \(replica) cannot be written."
    }

    private func copyInstallation(to replica: String) -> Bool {
        guard let id = FileBytes.read(directory + "/" + Self.installationName) else { return true }
        return FileBytes.createDurably(id, at: replica + "/" + Self.installationName)
    }

    private func copyLines(to replica: String) -> Bool {
        let copy = replica + "/" + Self.fileName
        guard let file = try? LedgerFile(path) else { return false }
        // Mostly there is nothing new, and lengths tell.
        if FileBytes.length(copy) == FileBytes.length(path) { return access(replica, W_OK) == 0 }
        guard let lines = try? file.lines() else { return false }
        return FileBytes.writeDurably(lines.flatMap { $0 + [UInt8(ascii: "\n")] }, to: copy)
    }

    /// Which installation this is; made when it is first asked for.
    public func installation(_ newID: () -> UUIDv7) throws -> UUIDv7 {
        let path = directory + "/" + Self.installationName
        if FileBytes.read(path) == nil { _ = FileBytes.createDurably(Array("\(newID())\n".utf8), at: path) }
        let text = FileBytes.read(path).map { String(decoding: $0, as: UTF8.self) }
        guard let id = text.flatMap({ UUIDv7(String($0.prefix { !$0.isWhitespace })) }) else {
            throw StorageError(description: "\(path) cannot be written, or holds no id.")
        }
        return id
    }
}

extension ErasureRecord {
    static func subject(
        _ actors: [UUIDv7], _ digests: [[UInt8]], of brand: UUIDv7, for request: UUIDv7, at time: Timestamp
    ) -> ErasureRecord {
        ErasureRecord(
            at: time, kind: .subject, request: request, brand: brand, actors: actors.sorted(),
            digests: digests.map { Hexadecimal.encode($0) }.sorted())
    }

    /// A brand that is erased as a whole.
    public static func brand(_ brand: UUIDv7, for request: UUIDv7, at time: Timestamp) -> ErasureRecord {
        ErasureRecord(at: time, kind: .brand, request: request, brand: brand)
    }

    /// What a key may from now on; nil: it is revoked.
    public static func key(
        _ key: UUIDv7, of brand: UUIDv7, may access: LedgerAccess? = nil, at time: Timestamp
    ) -> ErasureRecord {
        ErasureRecord(at: time, kind: .key, request: key, brand: brand, access: access)
    }

    /// What a user may from now on; nil: they are removed.
    public static func user(
        _ user: UUIDv7, of brand: UUIDv7, may access: LedgerAccess? = nil, at time: Timestamp
    ) -> ErasureRecord {
        ErasureRecord(at: time, kind: .user, request: user, brand: brand, access: access)
    }

    /// Whether the other says nothing that this one does not; when it was written is beside the point.
    fileprivate func saysAsMuch(as other: ErasureRecord) -> Bool {
        kind == other.kind && brand == other.brand && request == other.request && actors == other.actors
            && digests == other.digests && access.map { $0.json() } == other.access.map { $0.json() }
    }
}

/// The ledger's file, locked against other processes as long as this lives.
private struct LedgerFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    init(_ path: String) throws {
        self.path = path
        let isNew = access(path, F_OK) != 0
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o660)
        guard descriptor >= 0 else {
            throw StorageError(description: "The erasure ledger \(path) cannot be opened: \(Self.lastError).")
        }
        while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
        if isNew && !FileBytes.syncDirectory(of: path) {
            throw StorageError(description: "The directory of \(path) cannot be synced: \(Self.lastError).")
        }
    }

    deinit { close(descriptor) }

    private static var lastError: String { String(cString: strerror(errno)) }

    /// Whole lines, without their ends. What follows the last line end was never answered for.
    func lines() throws -> [[UInt8]] {
        guard let bytes = FileBytes.read(path) else {
            throw StorageError(description: "The erasure ledger \(path) cannot be read.")
        }
        return Self.lines(bytes)
    }

    private static func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return bytes[...end].split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    func append(_ line: [UInt8]) throws {
        try cutTornLine()
        try write(line + [UInt8(ascii: "\n")])
    }

    /// Appends the lines of a copy that are not here.
    func merge(_ copy: [UInt8]) throws {
        let own = Set(try lines())
        let missing = Self.lines(copy).filter { !own.contains($0) }
        guard !missing.isEmpty else { return }
        try cutTornLine()
        try write(missing.flatMap { $0 + [UInt8(ascii: "\n")] })
    }

    /// A crash may have left a part of a line: nothing was deleted on its account, and the next one must not continue it.
    private func cutTornLine() throws {
        guard let bytes = FileBytes.read(path), let last = bytes.last, last != UInt8(ascii: "\n") else { return }
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard ftruncate(descriptor, off_t(end)) == 0 else { throw failure }
    }

    private func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw failure }
    }

    private var failure: StorageError {
        StorageError(description: "The erasure ledger \(path) cannot be written: \(Self.lastError).")
    }
}
