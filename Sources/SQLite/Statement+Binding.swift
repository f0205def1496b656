internal import CSQLite

extension Statement {
    public func bind(_ value: Int64, at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    public func bind(_ value: Int, at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, Int64(value)))
    }

    /// 0 or 1.
    public func bind(_ value: Bool, at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value ? 1 : 0))
    }

    /// NaN becomes NULL, as everywhere in SQLite.
    public func bind(_ value: Double, at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, index, value))
    }

    public func bind(_ value: String, at index: Int32) throws(SQLiteError) {
        let handle = handle
        // Native strings are contiguous UTF-8 and this copies nothing; SQLite makes the one copy.
        let code = value.utf8.withContiguousStorageIfAvailable {
            gyre_sqlite3_bind_text(handle, index, $0.baseAddress, UInt64($0.count))
        }
        if let code { return try check(code) }
        var contiguous = value
        try check(contiguous.withUTF8 { gyre_sqlite3_bind_text(handle, index, $0.baseAddress, UInt64($0.count)) })
    }

    /// A text that is a literal of the program.
    public func bind(_ value: StaticString, at index: Int32) throws(SQLiteError) {
        let handle = handle
        try check(value.withUTF8Buffer { gyre_sqlite3_bind_text(handle, index, $0.baseAddress, UInt64($0.count)) })
    }

    /// A blob.
    public func bind(_ bytes: [UInt8], at index: Int32) throws(SQLiteError) {
        let handle = handle
        try check(bytes.withUnsafeBytes { gyre_sqlite3_bind_blob(handle, index, $0.baseAddress, UInt64($0.count)) })
    }

    /// A blob. SQLite copies the bytes before this returns.
    public func bind(bytes: UnsafeRawBufferPointer, at index: Int32) throws(SQLiteError) {
        try check(gyre_sqlite3_bind_blob(handle, index, bytes.baseAddress, UInt64(bytes.count)))
    }

    /// A text of UTF-8 bytes that the caller has checked. SQLite copies them before this returns.
    public func bind(utf8 bytes: UnsafeRawBufferPointer, at index: Int32) throws(SQLiteError) {
        try check(gyre_sqlite3_bind_text(handle, index, bytes.baseAddress, UInt64(bytes.count)))
    }

    public func bindNull(at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, index))
    }

    /// Any bindable value, also an optional one.
    public func bind(_ value: some SQLiteBindable, at index: Int32) throws(SQLiteError) {
        try value.bind(to: self, at: index)
    }

    /// A value by the name of its parameter, with its sign: `":id"`.
    public func bind(_ value: some SQLiteBindable, named name: String) throws(SQLiteError) {
        try value.bind(to: self, at: try index(of: name))
    }

    /// The index of a named parameter; an error when the statement has none of that name.
    public func index(of name: String) throws(SQLiteError) -> Int32 {
        guard let position = parameterNames.firstIndex(of: name) else {
            throw SQLiteError(
                extendedCode: SQLITE_RANGE, message: "the statement has no parameter \(name)", sql: sql)
        }
        return Int32(position) + 1
    }

    @inline(__always)
    private func check(_ code: Int32) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw failure(code) }
    }
}
