import JSON

/// The `id` of a request, kept as the exact JSON text the caller wrote, so that the reply repeats it byte for byte.
///
/// A string, a number or `null`; at most ``maximumBytes`` bytes.
public struct RequestID: Hashable, Sendable {
    /// The longest id accepted, in bytes of JSON text.
    public static let maximumBytes = 128

    /// The JSON text: `7`, `"a"` or `null`.
    public let json: String

    /// The id of a reply to something that could not be understood.
    public static let null = RequestID(json: "null")

    /// An id that this side of a connection chose.
    public init(_ number: Int) {
        json = String(number)
    }

    /// An id from validated JSON text.
    init(json: String) {
        self.json = json
    }
}

extension RequestID {
    /// Reads an id where `reader` stands.
    ///
    /// - Returns: nil when the value is no string, number or null, or is too long.
    static func read(from reader: inout JSONReader, in line: UnsafeRawBufferPointer) throws(JSONError) -> RequestID? {
        let kind = try reader.peek()
        let range = try reader.skipRange()
        switch kind {
        case .string, .number, .null:
            guard range.count <= maximumBytes else { return nil }
            return RequestID(json: String(decoding: line[range], as: UTF8.self))
        case .object, .array, .bool:
            return nil
        }
    }
}
