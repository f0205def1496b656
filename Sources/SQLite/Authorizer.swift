internal import CSQLite

/// What the SQL of a service may do on an open connection: everything to its own tables, nothing to the connection.
///
/// SQLite asks while it prepares a statement, so a step costs nothing. Denied are ATTACH and DETACH (a connection
/// reaches one brand's file and no other, and VACUUM, which attaches), BEGIN, COMMIT, ROLLBACK and savepoints as text
/// (they belong to the queues, whose promise a stray COMMIT would break; see ``Connection/transaction(_:_:)``),
/// `load_extension`, and every PRAGMA but those that only tell something.
/// ``Connection/withoutAuthorizer(_:)`` lifts it for maintenance.
final class Authorizer {
    /// PRAGMAs that tell, whatever their argument.
    private static let readingPragmas: Set<String> = [
        "data_version", "foreign_key_check", "foreign_key_list", "freelist_count", "index_info", "index_list",
        "index_xinfo", "integrity_check", "page_count", "quick_check", "table_info", "table_list", "table_xinfo",
    ]

    /// PRAGMAs that tell without an argument, and change the connection or the file with one.
    private static let settings: Set<String> = [
        "cache_size", "compile_options", "foreign_keys", "journal_mode", "journal_size_limit", "page_size",
        "query_only", "schema_version", "secure_delete", "synchronous", "temp_store", "user_version",
        "wal_autocheckpoint",
    ]

    /// PRAGMAs whose change ends with the transaction.
    private static let transactionPragmas: Set<String> = ["defer_foreign_keys"]

    private static let deniedFunctions: Set<String> = ["fts3_tokenizer", "load_extension"]

    /// How often it was lifted and not yet put back.
    private var liftCount = 0

    /// Set while the connection itself begins, commits and rolls back.
    var allowsTransactionControl = false

    /// What was refused last, in words; SQLite's own message is only "not authorized".
    var refusal: String?

    /// Starts watching what is prepared on `database`, which must be closed or unwatched before this object goes.
    func watch(_ database: OpaquePointer) {
        sqlite3_set_authorizer(
            database,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                return Unmanaged<Authorizer>.fromOpaque(context).takeUnretainedValue().verdict(action, first, second)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Stops watching for good.
    func ignore(_ database: OpaquePointer) {
        sqlite3_set_authorizer(database, nil, nil)
    }

    /// Runs `body` unwatched. Statements that are prepared meanwhile are asked about when they run afterwards.
    func lifted<T, E: Error>(on database: OpaquePointer, _ body: () throws(E) -> T) throws(E) -> T {
        liftCount += 1
        ignore(database)
        defer {
            liftCount -= 1
            if liftCount == 0 { watch(database) }
        }
        return try body()
    }

    private func verdict(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Int32 {
        switch action {
        case SQLITE_ATTACH:
            return refuse("ATTACH and VACUUM")
        case SQLITE_DETACH:
            return refuse("DETACH")
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT:
            return allowsTransactionControl ? SQLITE_OK : refuse("beginning or ending a transaction in SQL")
        case SQLITE_FUNCTION:
            let name = second.map { String(cString: $0) } ?? ""
            return Self.deniedFunctions.contains(name) ? refuse("the function \(name)") : SQLITE_OK
        case SQLITE_PRAGMA:
            let name = (first.map { String(cString: $0) } ?? "").lowercased()
            if Self.readingPragmas.contains(name) || Self.transactionPragmas.contains(name) { return SQLITE_OK }
            if second == nil, Self.settings.contains(name) { return SQLITE_OK }
            return refuse("PRAGMA \(name)" + (second == nil ? "" : " with a value"))
        default:
            return SQLITE_OK
        }
    }

    private func refuse(_ what: String) -> Int32 {
        refusal = "\(what) is not permitted on this connection"
        return SQLITE_DENY
    }
}
