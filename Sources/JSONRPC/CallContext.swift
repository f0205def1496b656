public import JSON

/// On whose behalf a call is made, as the gateway proved it, and how long it may take.
///
/// Travels between services as the `context` member of a request. The public edge refuses that member.
public struct CallContext: Sendable, Equatable {
    /// The brand whose data the call may touch; nil for calls that concern no brand.
    public var brand: UUIDv7?
    /// Whoever calls: `key:<id>`, `user:<id>`, `service:<name>` or `admin`.
    public var principal: String
    /// What the principal may do, as `noun:verb` with `*` as a wildcard.
    public var scopes: [String]
    /// Industries that the principal may ask about; nil: all. Where the brand's is none of them, ``segments`` is empty.
    public var industries: [String]?
    /// Segments, by id, whose actors the principal reaches; empty: nobody; nil: everybody.
    public var segments: [String]?
    /// Milliseconds left when the request was sent; shrinks at every hop. Nil: ``defaultDeadlineMilliseconds``.
    public var deadlineMilliseconds: Int64?
    /// W3C trace context.
    public var traceparent: String?
    /// Which address, or user of this machine, a call of a method that needs no key came from: a name that says nothing
    /// else. Nil for all other calls.
    public var origin: String?
    /// The caller's name for one effect: a repetition within 24 hours gets the first reply again.
    public var idempotencyKey: String?
    /// Whether the person behind the call lets a browser say that their data is not to be sold or shared: `Sec-GPC: 1`.
    public var globalPrivacyControl: Bool
    /// The moment the call was received. Not on the wire: each process has its own clock.
    public var now: Timestamp

    /// How long a call may take when it does not say.
    public static let defaultDeadlineMilliseconds: Int64 = 30_000
    /// The longest idempotency key, in characters.
    public static let maximumIdempotencyKeyLength = 255

    public init(
        brand: UUIDv7? = nil, principal: String, scopes: [String] = [], industries: [String]? = nil,
        segments: [String]? = nil, deadlineMilliseconds: Int64? = nil, traceparent: String? = nil,
        origin: String? = nil, idempotencyKey: String? = nil, globalPrivacyControl: Bool = false,
        now: Timestamp = Timestamp(microseconds: 0)
    ) {
        self.brand = brand
        self.principal = principal
        self.scopes = scopes
        self.industries = industries
        self.segments = segments
        self.deadlineMilliseconds = deadlineMilliseconds
        self.traceparent = traceparent
        self.origin = origin
        self.idempotencyKey = idempotencyKey
        self.globalPrivacyControl = globalPrivacyControl
        self.now = now
    }
}

extension CallContext: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) {
        self.init(principal: "")
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "brand": brand = try reader.readUUID()
            case "principal": principal = try reader.readString()
            case "scopes": scopes = try [String](from: &reader)
            case "industries": industries = try [String](from: &reader)
            case "segments": segments = try [String](from: &reader)
            case "deadlineMilliseconds": deadlineMilliseconds = try reader.readInt64()
            case "traceparent": traceparent = try reader.readString()
            case "origin": origin = try reader.readString()
            case "idempotencyKey": idempotencyKey = try reader.readString(lengths: 1...Self.maximumIdempotencyKeyLength)
            case "globalPrivacyControl": globalPrivacyControl = try reader.readBool()
            default: try reader.skip()
            }
        }
        if principal.isEmpty { throw reader.missing("principal") }
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let brand {
            writer.key("brand")
            brand.write(to: &writer)
        }
        writer.key("principal")
        writer.string(principal)
        if !scopes.isEmpty {
            writer.key("scopes")
            scopes.write(to: &writer)
        }
        // An empty list is written: it means none, where an absent one means all.
        if let industries {
            writer.key("industries")
            industries.write(to: &writer)
        }
        if let segments {
            writer.key("segments")
            segments.write(to: &writer)
        }
        if let deadlineMilliseconds {
            writer.key("deadlineMilliseconds")
            writer.int(deadlineMilliseconds)
        }
        if let traceparent {
            writer.key("traceparent")
            writer.string(traceparent)
        }
        if let origin {
            writer.key("origin")
            writer.string(origin)
        }
        if let idempotencyKey {
            writer.key("idempotencyKey")
            writer.string(idempotencyKey)
        }
        if globalPrivacyControl {
            writer.key("globalPrivacyControl")
            writer.bool(true)
        }
        writer.endObject()
    }
}
