import JSON
import JSONRPC

/// What a client may say beside the request itself: the `meta` member of a line, or the headers of an HTTP request.
struct RequestMeta: Equatable {
    var key: String?
    var idempotencyKey: String?
    var deadlineMilliseconds: Int64?
    var traceparent: String?
    /// At the admin door only: the brand that the call is for.
    var brand: UUIDv7?
    /// What a browser says for its user by `Sec-GPC: 1`.
    var globalPrivacyControl = false

    static let maximumDeadlineMilliseconds: Int64 = 300_000

    /// Whether it changes nothing but who calls.
    var isPlain: Bool {
        idempotencyKey == nil && deadlineMilliseconds == nil && traceparent == nil && !globalPrivacyControl
    }

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) throws(RPCError) {
        var reader = JSONReader(bytes)
        do throws(JSONError) {
            try read(&reader)
        } catch {
            throw .invalidRequest("meta\(error.pointer): \(error.message)")
        }
    }

    private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
        var seen: UInt64 = 0
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "key":
                try reader.once(&seen, 0)
                key = try reader.readString(lengths: 1...120)
            case "idempotencyKey":
                try reader.once(&seen, 1)
                idempotencyKey = try reader.readString(lengths: 1...CallContext.maximumIdempotencyKeyLength)
            case "deadlineMilliseconds":
                try reader.once(&seen, 2)
                deadlineMilliseconds = try reader.readInt64(in: 1...Self.maximumDeadlineMilliseconds)
            case "traceparent":
                try reader.once(&seen, 3)
                traceparent = try reader.readString(lengths: 55...512)
                guard traceparent.map(TraceContext.isValid) == true else {
                    throw reader.fail(
                        .constraint, "must be as W3C Trace Context says, such as 00-<32 digits>-<16 digits>-01")
                }
            case "brand":
                try reader.once(&seen, 4)
                brand = try reader.readUUID()
            case "globalPrivacyControl":
                try reader.once(&seen, 5)
                globalPrivacyControl = try reader.readBool()
            default:
                try reader.unknownMember()
            }
        }
    }
}
