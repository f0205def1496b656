/// A type that writes itself as JSON.
public protocol JSONWritable {
    /// Writes exactly one value.
    func write(to writer: inout JSONWriter)
}

extension JSONWritable {
    /// The value as UTF-8, without white space.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes()
    }
}

extension String: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.string(self) }
}

extension Bool: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.bool(self) }
}

extension Int64: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.int(self) }
}

extension Int: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.int(self) }
}

extension UInt64: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.int(self) }
}

/// Must be finite: JSON has no other numbers.
extension Double: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.double(self) }
}

extension JSONNumber: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.number(text) }
}

extension JSONDecimal: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.number(description) }
}

extension Array: JSONWritable where Element: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }
}

/// Nil is `null`.
extension Optional: JSONWritable where Wrapped: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .none: writer.null()
        case .some(let value): value.write(to: &writer)
        }
    }
}

/// Members in the order of their names, so that equal dictionaries write equal bytes.
extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            value.write(to: &writer)
        }
        writer.endObject()
    }
}
