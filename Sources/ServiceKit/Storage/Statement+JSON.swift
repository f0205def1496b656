public import JSON
public import JSONRPC
public import SQLite

extension Statement {
    /// A column of any JSON; nil: NULL.
    public func rawJSON(_ column: Int32) throws(RPCError) -> JSONRaw? {
        guard let bytes = bytesOrNil(column) else { return nil }
        do {
            return try JSONRaw(validating: bytes)
        } catch {
            throw .internalError("A column holds no JSON: \(error).")
        }
    }

    /// A column that holds a value as JSON.
    public func json<Value: JSONReadable>(_ column: Int32) throws(RPCError) -> Value {
        do {
            return try Value(json: bytes(column))
        } catch {
            throw .internalError("A column holds no \(Value.self): \(error).")
        }
    }
}

extension JSONRaw {
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension JSONWritable {
    /// As it is kept in a column.
    public var jsonText: String {
        var writer = JSONWriter(capacity: 256)
        write(to: &writer)
        return String(decoding: writer.bytes(), as: UTF8.self)
    }
}

extension Statement {
    /// A whole number, or NULL.
    public func intOrNil(_ column: Int32) -> Int? { int64OrNil(column).map { Int($0) } }
}
