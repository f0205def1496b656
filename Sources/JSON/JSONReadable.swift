/// A type that reads itself from JSON, checking everything while it reads.
public protocol JSONReadable {
    /// Reads one value. Throws an error that names its place.
    init(from reader: inout JSONReader) throws(JSONError)
}

extension JSONReadable {
    /// Reads the only value in `bytes`.
    public init(
        json bytes: [UInt8], unknownMembers: JSONReader.UnknownMembers = .refuse
    ) throws(JSONError) {
        self = try bytes.withJSONReader(unknownMembers: unknownMembers) { (reader) throws(JSONError) in
            try Self(from: &reader)
        }
    }

    /// Reads the only value in `text`.
    public init(json text: String, unknownMembers: JSONReader.UnknownMembers = .refuse) throws(JSONError) {
        try self.init(json: Array(text.utf8), unknownMembers: unknownMembers)
    }
}

extension String: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readString() }
}

extension Bool: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readBool() }
}

extension Int64: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readInt64() }
}

extension Int: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = Int(try reader.readInt64()) }
}

extension UInt64: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readUInt64() }
}

extension Double: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readDouble() }
}

extension JSONNumber: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readNumber() }
}

extension JSONDecimal: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readDecimal() }
}

extension Array: JSONReadable where Element: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = []
        try reader.beginArray()
        while try reader.nextElement() { append(try Element(from: &reader)) }
    }
}

/// `null` is nil.
extension Optional: JSONReadable where Wrapped: JSONReadable {
    @inlinable
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = try reader.readNull() ? nil : try Wrapped(from: &reader)
    }
}

/// An object whose member names are not known beforehand.
extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = [:]
        try reader.beginObject()
        while let key = try reader.nextMember() {
            let name = key.string
            // Canonically equivalent names ("é" in two spellings) are one key of a Swift dictionary: refused as well.
            guard index(forKey: name) == nil else { throw reader.fail(.duplicateMember, "appears twice") }
            self[name] = try Value(from: &reader)
        }
    }
}
