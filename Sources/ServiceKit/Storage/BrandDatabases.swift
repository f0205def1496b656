public import JSON
public import JSONRPC
public import SQLite
import ServiceContract
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The database files of one service: one for each brand, and one for what belongs to no brand.
///
/// A brand's file is made by ``create(_:)`` and by nothing else. Of a brand that was erased a marker stays in the
/// directory, `<brand>.erased`, so that nothing ever makes its file again.
public final class BrandDatabases: Sendable {
    private struct Brands {
        /// Found for every call, so a path is put together once.
        var files: [UUIDv7: DatabaseFile] = [:]
        /// Brands on their way out: no call reaches them any more, and what they have to tell others still leaves.
        var leaving: Set<UUIDv7> = []
        var erased: Set<UUIDv7> = []
        var erasedFiles: Set<DatabaseFile> = []
    }

    /// The file for what belongs to no brand.
    public let serviceFile: DatabaseFile
    private let directory: String
    private let brandMigrator: Migrator
    private let serviceMigrator: Migrator
    private let cacheKiB: Int
    private let brands: Mutex<Brands>

    /// Brings `service.db` up to date, making it if need be, and finds the brands there are. Finishes erasures that an
    /// earlier process had begun to carry out.
    public init(
        directory: String, brandMigrations: [Migration], serviceMigrations: [Migration], cacheKiB: Int = 16 << 10
    ) throws {
        guard FileBytes.createDirectory(directory) else {
            throw StorageError(description: "The directory \(directory) cannot be made.")
        }
        self.directory = directory
        self.cacheKiB = cacheKiB
        brandMigrator = Migrator([.ground] + brandMigrations)
        serviceMigrator = Migrator([.ground] + serviceMigrations)
        serviceFile = DatabaseFile(directory + "/service.db")
        let brands = Self.find(in: directory)
        self.brands = Mutex(brands)
        for brand in brands.erased { try Self.removeFiles(of: brand, in: directory) }
        let connection = try Connection(path: serviceFile.path, .create)
        try serviceMigrator.migrate(connection)
    }

    /// The brand's file; nil for a brand that this service does not have.
    public func file(of brand: UUIDv7) -> DatabaseFile? {
        brands.withLock { $0.leaving.contains(brand) ? nil : $0.files[brand] }
    }

    /// How many brands there are.
    public var count: Int { brands.withLock(\.files.count) }

    public var all: [UUIDv7] { brands.withLock { $0.files.keys.sorted() } }

    /// All files by name, the service's own first, then the brands' in the order of their creation.
    var files: [(name: String, file: DatabaseFile)] {
        [("service.db", serviceFile)]
            + brands.withLock { brands in
                brands.files.sorted { $0.key < $1.key }.map { ("\($0.key).db", $0.value) }
            }
    }

    /// What the file system has left for this process; nothing when it does not say.
    var freeBytes: UInt64 {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return 0 }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// Makes the brand's file with all migrations applied.
    ///
    /// - Returns: false when it was there already.
    /// - Throws: conflict for a brand that was erased.
    public func create(_ brand: UUIDv7) throws(RPCError) -> Bool {
        guard !isErased(brand) else { throw Self.erased(brand) }
        let file = Self.file(of: brand, in: directory)
        do {
            try brandMigrator.migrate(Connection(path: file.path, .create))
        } catch {
            throw RPCError(error)
        }
        let wasThere = brands.withLock { brands -> Bool? in
            brands.erased.contains(brand) ? nil : brands.files.updateValue(file, forKey: brand) != nil
        }
        if let wasThere { return !wasThere }
        // It was erased meanwhile, which may have looked for the file before it was there.
        do {
            try Self.removeFiles(of: brand, in: directory)
        } catch {
            throw .internalError(error.description)
        }
        throw Self.erased(brand)
    }

    private static func erased(_ brand: UUIDv7) -> RPCError {
        .conflict("The brand \(brand) was erased; make a new one, which gets an id of its own.")
    }

    // MARK: Erasure

    /// Whether this brand was erased from this service.
    public func isErased(_ brand: UUIDv7) -> Bool { brands.withLock { $0.erased.contains(brand) } }

    /// Whether a file was deleted with its brand.
    func isErased(_ file: DatabaseFile) -> Bool { brands.withLock { $0.erasedFiles.contains(file) } }

    /// Whether no new work may begin in a file.
    func isLeaving(_ file: DatabaseFile) -> Bool {
        brands.withLock { brands in
            brands.erasedFiles.contains(file) || brands.leaving.contains { brands.files[$0] == file }
        }
    }

    /// Lets no call reach a brand any more.
    ///
    /// - Returns: its file, or nil when there is none.
    func beginErasure(of brand: UUIDv7) -> DatabaseFile? {
        brands.withLock { brands in
            guard let file = brands.files[brand] else { return nil }
            brands.leaving.insert(brand)
            return file
        }
    }

    /// Deletes a brand's file for ever. The marker comes first: whatever crashes, the file does not come back.
    ///
    /// - Returns: whether there was one.
    func finishErasure(of brand: UUIDv7) throws(RPCError) -> Bool {
        guard FileBytes.createDurably([], at: Self.marker(of: brand, in: directory)) else { throw .storageFull }
        let wasThere = brands.withLock { brands in
            brands.erased.insert(brand)
            brands.leaving.remove(brand)
            guard let file = brands.files.removeValue(forKey: brand) else { return false }
            brands.erasedFiles.insert(file)
            return true
        }
        do {
            try Self.removeFiles(of: brand, in: directory)
        } catch {
            throw .internalError(error.description)
        }
        return wasThere
    }

    /// Removes all but the marker: the database, its journals, copies that a migration left, and a marker that a
    /// process which was killed had not finished.
    private static func removeFiles(of brand: UUIDv7, in directory: String) throws(StorageError) {
        for name in FileBytes.names(in: directory)
        where name.hasPrefix("\(brand).") && name != "\(brand).erased" {
            guard FileBytes.removeDurably("\(directory)/\(name)") else {
                throw StorageError(description: "The file \(directory)/\(name) cannot be removed.")
            }
        }
    }

    private static func find(in directory: String) -> Brands {
        var brands = Brands()
        for name in FileBytes.names(in: directory) where name.hasSuffix(".erased") {
            if let brand = UUIDv7(String(name.dropLast(7))) { brands.erased.insert(brand) }
        }
        for name in FileBytes.names(in: directory) where name.hasSuffix(".db") {
            guard let brand = UUIDv7(String(name.dropLast(3))), !brands.erased.contains(brand) else { continue }
            brands.files[brand] = file(of: brand, in: directory)
        }
        return brands
    }

    // MARK: Opening

    /// Opens a file for the thread that writes it.
    func openForWriting(_ file: DatabaseFile) throws(SQLiteError) -> Connection {
        let connection = try Connection(path: file.path, OpenOptions(cacheKiB: cacheKiB))
        try migrator(of: file).migrate(connection)
        return connection
    }

    /// Opens a file for a thread that reads it; the first to come brings it up to date.
    func openForReading(_ file: DatabaseFile) throws(SQLiteError) -> Connection {
        try migrator(of: file).migrate(Connection(path: file.path, .existing))
        return try Connection(path: file.path, OpenOptions(readOnly: true, cacheKiB: cacheKiB / 4))
    }

    private static func file(of brand: UUIDv7, in directory: String) -> DatabaseFile {
        DatabaseFile("\(directory)/\(brand).db")
    }

    private static func marker(of brand: UUIDv7, in directory: String) -> String {
        "\(directory)/\(brand).erased"
    }

    private func migrator(of file: DatabaseFile) -> Migrator {
        file == serviceFile ? serviceMigrator : brandMigrator
    }
}

/// Why a service's files could not be used.
public struct StorageError: Error, CustomStringConvertible {
    public let description: String
}
