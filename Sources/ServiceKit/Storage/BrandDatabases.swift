public import JSON
public import SQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The database files of one service: one for each brand, and one for what belongs to no brand.
///
/// A brand's file is made by ``create(_:)`` and by nothing else, so that no call revives a brand that was erased.
public final class BrandDatabases: Sendable {
    /// The file for what belongs to no brand.
    public let serviceFile: DatabaseFile
    private let directory: String
    private let brandMigrator: Migrator
    private let serviceMigrator: Migrator
    private let cacheKiB: Int
    /// Found for every call, so a path is put together once.
    private let brands: Mutex<[UUIDv7: DatabaseFile]>

    /// Brings `service.db` up to date, making it if need be, and finds the brands there are.
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
        let present = FileBytes.names(in: directory).compactMap { name in
            name.hasSuffix(".db") ? UUIDv7(String(name.dropLast(3))) : nil
        }
        brands = Mutex(
            Dictionary(uniqueKeysWithValues: present.map { ($0, Self.file(of: $0, in: directory)) }))
        let connection = try Connection(path: serviceFile.path, .create)
        try serviceMigrator.migrate(connection)
    }

    /// The brand's file; nil for a brand that this service does not have.
    public func file(of brand: UUIDv7) -> DatabaseFile? {
        brands.withLock { $0[brand] }
    }

    /// How many brands there are.
    public var count: Int { brands.withLock(\.count) }

    public var all: [UUIDv7] { brands.withLock { $0.keys.sorted() } }

    /// What the file system has left for this process; nothing when it does not say.
    var freeBytes: UInt64 {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return 0 }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }

    /// Makes the brand's file with all migrations applied.
    ///
    /// - Returns: false when it was there already.
    public func create(_ brand: UUIDv7) throws(SQLiteError) -> Bool {
        let file = Self.file(of: brand, in: directory)
        try brandMigrator.migrate(Connection(path: file.path, .create))
        return brands.withLock { $0.updateValue(file, forKey: brand) } == nil
    }

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

    private func migrator(of file: DatabaseFile) -> Migrator {
        file == serviceFile ? serviceMigrator : brandMigrator
    }
}

/// Why a service's files could not be used.
public struct StorageError: Error, CustomStringConvertible {
    public let description: String
}
