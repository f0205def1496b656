import JSON

/// One request as it stands in its line: ranges into the caller's bytes, nothing copied but the method's name.
///
/// Valid only during the call that hands it over; a handler copies what it keeps.
public struct Request {
    /// The whole line, or for a batch the whole array.
    public let line: UnsafeRawBufferPointer
    /// Nil for a notification, which gets no reply.
    public let id: RequestID?
    public let method: String
    /// An object or array, validated in full; nil when the request has none.
    public let params: Range<Int>?
    /// The public edge's extra member: `{key, idempotencyKey, deadlineMilliseconds, traceparent}`.
    public let meta: Range<Int>?
    /// The extra member between services: a ``CallContext``.
    public let context: Range<Int>?

    public var paramsBytes: UnsafeRawBufferPointer { bytes(params) ?? Self.noParams }
    public var metaBytes: UnsafeRawBufferPointer? { bytes(meta) }
    public var contextBytes: UnsafeRawBufferPointer? { bytes(context) }

    private func bytes(_ range: Range<Int>?) -> UnsafeRawBufferPointer? {
        range.map { UnsafeRawBufferPointer(rebasing: line[$0]) }
    }

    /// `{}`, what absent parameters mean. A static string lives as long as the program.
    private static let noParamsText: StaticString = "{}"
    private static var noParams: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: noParamsText.utf8Start, count: noParamsText.utf8CodeUnitCount)
    }
}

extension Request {
    /// What an element of a line turned out to be.
    enum Parsed {
        case request(Request)
        /// Valid JSON but no request; the id to answer to, when one could be told.
        case invalid(RequestID, RPCError)
    }

    /// Reads one request object where `reader` stands, to its end, so that a batch can go on behind it.
    ///
    /// Throws only what makes the whole line unreadable.
    static func parse(
        from reader: inout JSONReader, in line: UnsafeRawBufferPointer
    ) throws(JSONError) -> Parsed {
        guard try reader.peek() == .object else {
            try reader.skip()
            return .invalid(.null, .invalidRequest("A request is a JSON object, or a batch of them."))
        }
        var seen: UInt64 = 0
        var version = false
        var id: RequestID?
        var method: String?
        var params: Range<Int>?
        var meta: Range<Int>?
        var context: Range<Int>?
        var problem: String?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "jsonrpc":
                try reader.once(&seen, 0)
                if try reader.peek() == .string {
                    version = try reader.readString() == "2.0"
                } else {
                    try reader.skip()
                }
            case "id":
                try reader.once(&seen, 1)
                id = try RequestID.read(from: &reader, in: line)
                if id == nil {
                    problem = "'id' must be a string, a number or null of at most \(RequestID.maximumBytes) bytes."
                }
            case "method":
                try reader.once(&seen, 2)
                if try reader.peek() == .string {
                    method = try reader.readString()
                } else {
                    try reader.skip()
                }
            case "params":
                try reader.once(&seen, 3)
                let kind = try reader.peek()
                params = try reader.skipRange()
                if kind != .object && kind != .array { problem = "'params' must be an object or an array." }
            case "meta":
                try reader.once(&seen, 4)
                meta = try reader.skipRange()
            case "context":
                try reader.once(&seen, 5)
                context = try reader.skipRange()
            default:
                problem = "A request has no member '\(key.string.prefix(100))'."
                try reader.skip()
            }
        }
        if !version { problem = "'jsonrpc' must be \"2.0\"." }
        guard let method, problem == nil else {
            return .invalid(id ?? .null, .invalidRequest(problem ?? "'method' must be a string."))
        }
        return .request(
            Request(line: line, id: id, method: method, params: params, meta: meta, context: context))
    }
}
