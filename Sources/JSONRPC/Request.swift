public import JSON

/// One request as it stands in its line: ranges into the caller's bytes, nothing copied.
///
/// Valid only during the call that hands it over; a handler copies what it keeps.
public struct Request {
    /// The whole line, or for a batch the whole array.
    public let line: UnsafeRawBufferPointer
    /// A string, a number or null; nil for a notification, which gets no reply.
    let idText: Range<Int>?
    /// The method's name where it stands, to be matched without making a string of it.
    public let methodName: JSONKey
    /// An object or array, validated in full; nil when the request has none.
    public let params: Range<Int>?
    /// The public edge's extra member: `{key, idempotencyKey, deadlineMilliseconds, traceparent}`.
    public let meta: Range<Int>?
    /// The extra member between services: a ``CallContext``.
    public let context: Range<Int>?
    /// Why this valid JSON is no request: then no handler gets it.
    let problem: String?

    private init(
        line: UnsafeRawBufferPointer, idText: Range<Int>? = nil, methodName: JSONKey = "", params: Range<Int>? = nil,
        meta: Range<Int>? = nil, context: Range<Int>? = nil, problem: String?
    ) {
        self.line = line
        self.idText = idText
        self.methodName = methodName
        self.params = params
        self.meta = meta
        self.context = context
        self.problem = problem
    }

    /// The id, as a copy; nil for a notification.
    public var id: RequestID? { bytes(idText).map { RequestID(validated: $0) } }
    /// The method's name, as a copy.
    public var method: String { methodName.string }
    public var paramsBytes: UnsafeRawBufferPointer { bytes(params) ?? Self.noParams }
    public var metaBytes: UnsafeRawBufferPointer? { bytes(meta) }
    public var contextBytes: UnsafeRawBufferPointer? { bytes(context) }

    private func bytes(_ range: Range<Int>?) -> UnsafeRawBufferPointer? {
        range.map { UnsafeRawBufferPointer(rebasing: line[$0]) }
    }

    /// A notification expects none, what is no request gets one.
    var expectsReply: Bool { idText != nil || problem != nil }

    /// `{}`, what absent parameters mean. A static string lives as long as the program.
    private static let noParamsText: StaticString = "{}"
    private static var noParams: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: noParamsText.utf8Start, count: noParamsText.utf8CodeUnitCount)
    }
}

extension Request {
    /// Reads one request object where `reader` stands, to its end, so that a batch can go on behind it.
    ///
    /// Throws only what makes the whole line unreadable.
    static func parse(
        from reader: inout JSONReader, in line: UnsafeRawBufferPointer
    ) throws(JSONError) -> Request {
        guard try reader.peek() == .object else {
            try reader.skip()
            return Request(line: line, problem: "A request is a JSON object, or a batch of them.")
        }
        var seen: UInt64 = 0
        var version = false
        var id: Range<Int>?
        var methodName: JSONKey?
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
                    version = try reader.readStringKey() == "2.0"
                } else {
                    try reader.skip()
                }
            case "id":
                try reader.once(&seen, 1)
                id = try RequestID.readText(from: &reader)
                if id == nil {
                    problem = "'id' must be a string, a number or null of at most \(RequestID.maximumBytes) bytes."
                }
            case "method":
                try reader.once(&seen, 2)
                if try reader.peek() == .string {
                    methodName = try reader.readStringKey()
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
        if methodName == nil { problem = problem ?? "'method' must be a string." }
        return Request(
            line: line, idText: id, methodName: methodName ?? "", params: params, meta: meta, context: context,
            problem: problem)
    }
}
