internal import CSQLite

/// SQLite's memory in this process, over all connections.
public enum SQLiteMemory {
    /// Above this many bytes page caches reuse their pages instead of growing; 0 is no limit. The default of SQLite is
    /// no limit, so every program sets it once at its start.
    public static func setSoftLimit(bytes: Int64) {
        sqlite3_soft_heap_limit64(bytes)
    }

    /// The soft limit; 0 when there is none.
    public static var softLimitBytes: Int64 { sqlite3_soft_heap_limit64(-1) }

    /// Bytes in use now.
    public static var usedBytes: Int64 { sqlite3_memory_used() }
}
