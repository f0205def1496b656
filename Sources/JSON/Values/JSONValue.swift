/// Any JSON value as a tree, for tools and tests; services read straight into their types.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number as it was written, of any size.
    case number(JSONNumber)
    /// Text, unescaped.
    case string(String)
    /// Elements in order.
    case array([JSONValue])
    /// Members in order.
    case object(JSONObject)

    /// Reads the only value in `bytes`, as strictly as `JSONReader` does.
    public init(parsing bytes: [UInt8]) throws(JSONError) { try self.init(json: bytes) }

    /// Reads the only value in `text`.
    public static func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(json: text) }

    /// The member `name` of an object; nil if there is none, or this is no object.
    public subscript(name: String) -> JSONValue? {
        if case .object(let object) = self { object[name] } else { nil }
    }

    /// The element at `index` of an array; nil if there is none, or this is no array.
    public subscript(index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }

    /// The value that a JSON Pointer (RFC 6901) leads to; nil if it leads nowhere.
    public subscript(pointer pointer: String) -> JSONValue? {
        guard let tokens = JSONPointer.tokens(pointer) else { return nil }
        var value = self
        for token in tokens {
            let next: JSONValue?
            if case .array = value {
                // "01" and "+1" are no indices.
                next = Int(token).flatMap { String($0) == token ? value[$0] : nil }
            } else {
                next = value[token]
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The text, if this is a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The number, if this is one.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }

    /// The number, if it is written as an integer and fits.
    public var int64: Int64? { number?.int64 }

    /// The nearest double, if this is a number that has one.
    public var double: Double? { number?.double }

    /// The elements, if this is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

    /// The members, if this is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
}

extension JSONValue: JSONReadable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        self = try reader.readTree()
    }
}

extension JSONValue: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let value): value.write(to: &writer)
        case .string(let value): writer.string(value)
        case .array(let elements): elements.write(to: &writer)
        case .object(let object): object.write(to: &writer)
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `null`.
    public init(nilLiteral: ()) { self = .null }

    public init(booleanLiteral value: Bool) { self = .bool(value) }

    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }

    public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }

    public init(stringLiteral value: String) { self = .string(value) }

    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// A later member replaces an earlier one of the same name.
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        self = .object(object)
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value without white space.
    public var description: String { String(decoding: json(), as: UTF8.self) }
}
