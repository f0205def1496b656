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

    private init(json: String) {
        self.json = json
    }

    /// An id from its JSON text, which was validated.
    init(validated text: UnsafeRawBufferPointer) {
        json = String(decoding: text, as: UTF8.self)
    }
}

extension RequestID {
    /// Passes an id where `reader` stands.
    ///
    /// - Returns: where its text is; nil when the value is no string, number or null, or is too long.
    static func readText(from reader: inout JSONReader) throws(JSONError) -> Range<Int>? {
        let kind = try reader.peek()
        let range = try reader.skipRange()
        switch kind {
        case .string, .number, .null:
            return range.count <= maximumBytes ? range : nil
        case .object, .array, .bool:
            return nil
        }
    }
}
