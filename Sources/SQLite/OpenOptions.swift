/// How a database file is opened.
public struct OpenOptions: Sendable {
    /// Whether a file that does not exist is created. Off, so that nothing revives a database that was erased.
    public var create: Bool

    /// Opens for reading only; such a connection never checkpoints.
    public var readOnly: Bool

    /// A registered VFS by name; nil is the system's.
    public var vfs: String?

    /// The page cache of this connection, in KiB. It grows on use and is bounded by ``SQLiteMemory`` as well.
    public var cacheKiB: Int

    /// The length of the write-ahead log, in pages of 4 KiB, from which a commit also checkpoints; 0 is never.
    public var walAutocheckpointPages: Int

    /// Whether the authorizer watches what is prepared after opening; see ``Authorizer``.
    public var authorizer: Bool

    /// How long a lock of another connection is waited for.
    public var busyTimeoutMilliseconds: Int

    /// 16 MiB: 64 MiB bought 4 % and went straight into resident memory.
    public static let defaultCacheKiB = 16 * 1024

    /// 8 MiB of log. With four times as much the rate of one brand's writes is the same within its noise, and there is
    /// more to move at once (`ops/bench end-to-end`).
    public static let defaultWALAutocheckpointPages = 2_000

    /// A little longer than the longest read, so that a TRUNCATE checkpoint outwaits every reader.
    public static let defaultBusyTimeoutMilliseconds = 6_000

    public init(
        create: Bool = false, readOnly: Bool = false, vfs: String? = nil, cacheKiB: Int = OpenOptions.defaultCacheKiB,
        walAutocheckpointPages: Int = OpenOptions.defaultWALAutocheckpointPages, authorizer: Bool = true,
        busyTimeoutMilliseconds: Int = OpenOptions.defaultBusyTimeoutMilliseconds
    ) {
        self.create = create
        self.readOnly = readOnly
        self.vfs = vfs
        self.cacheKiB = cacheKiB
        self.walAutocheckpointPages = walAutocheckpointPages
        self.authorizer = authorizer
        self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
    }

    /// An existing file, for reading and writing.
    public static let existing = OpenOptions()

    /// A file that is created if it does not exist. For `brands.provision`, and for tests.
    public static let create = OpenOptions(create: true)

    /// An existing file, for reading only.
    public static let readOnly = OpenOptions(readOnly: true)
}
