public import JSON
public import SQLite

// How the contract's types are kept in columns: ids as 16-byte blobs, times as Int64 microseconds, amounts as Int64
// ten-thousandths, raw JSON as text.

extension UUIDv7: SQLiteBindable {
    public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(bytes, at: index)
    }
}

extension Timestamp: SQLiteBindable {
    public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(microseconds, at: index)
    }
}

extension Amount: SQLiteBindable {
    public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        try statement.bind(tenThousandths, at: index)
    }
}

extension JSONRaw: SQLiteBindable {
    public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        let bytes = bytes
        let bound = bytes.withUnsafeBytes { bytes in
            Result { () throws(SQLiteError) in try statement.bind(utf8: bytes, at: index) }
        }
        try bound.get()
    }
}

extension Statement {
    /// The id in column `index`; all zeros for what is none, which stores never write.
    public func uuid(_ index: Int32) -> UUIDv7 {
        uuidOrNil(index) ?? UUIDv7(milliseconds: 0, sequence: 0, random: 0)
    }

    public func uuidOrNil(_ index: Int32) -> UUIDv7? {
        bytesOrNil(index).flatMap { UUIDv7(bytes: $0) }
    }

    public func timestamp(_ index: Int32) -> Timestamp {
        Timestamp(microseconds: int64(index))
    }

    public func timestampOrNil(_ index: Int32) -> Timestamp? {
        int64OrNil(index).map { Timestamp(microseconds: $0) }
    }

    public func amountOrNil(_ index: Int32) -> Amount? {
        int64OrNil(index).map { Amount(tenThousandths: $0) }
    }
}
