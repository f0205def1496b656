internal import CSQLite

/// The columns of the row the statement stands on, from 0. NULL reads as 0, 0.0, "" and [] unless asked with `OrNil`;
/// other types convert as SQLite converts them (https://www.sqlite.org/c3ref/column_blob.html).
extension Statement {
    public var columnCount: Int32 { sqlite3_column_count(handle) }

    public func columnName(_ column: Int32) -> String {
        sqlite3_column_name(handle, column).map { String(cString: $0) } ?? ""
    }

    public func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    public func int64(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    public func int64OrNil(_ column: Int32) -> Int64? {
        isNull(column) ? nil : int64(column)
    }

    public func int(_ column: Int32) -> Int {
        Int(sqlite3_column_int64(handle, column))
    }

    public func bool(_ column: Int32) -> Bool {
        sqlite3_column_int64(handle, column) != 0
    }

    public func double(_ column: Int32) -> Double {
        sqlite3_column_double(handle, column)
    }

    public func doubleOrNil(_ column: Int32) -> Double? {
        isNull(column) ? nil : double(column)
    }

    public func text(_ column: Int32) -> String {
        withUTF8(column) { String(decoding: $0, as: UTF8.self) }
    }

    public func textOrNil(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    public func bytes(_ column: Int32) -> [UInt8] {
        withBytes(column) { [UInt8]($0) }
    }

    public func bytesOrNil(_ column: Int32) -> [UInt8]? {
        isNull(column) ? nil : bytes(column)
    }

    /// The bytes of a blob or text where they lie. They are gone after the closure, and with the next step.
    @inlinable
    public func withBytes<R, E: Error>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R
    {
        try body(blob(column))
    }

    /// The UTF-8 of a text where it lies. It is gone after the closure, and with the next step.
    @inlinable
    public func withUTF8<R, E: Error>(
        _ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        try body(utf8(column))
    }

    @usableFromInline
    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        // The pointer first: asking for it may convert, and the count is of what it was converted to.
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    @usableFromInline
    func utf8(_ column: Int32) -> UnsafeBufferPointer<UInt8> {
        let start = sqlite3_column_text(handle, column)
        return UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }
}
