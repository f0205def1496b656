public import JSON
public import JSONRPC
public import ServiceContract

/// Tells tenancy, which keeps the audit trail, who did what: ids and field names, never values.
public enum AuditTrail {
    /// The topic of entries on their way.
    static let topic = "audit.recorded"
    private static let maximumIDs = 16
    private static let maximumFields = 64

    static func record(
        _ method: MethodDescription, params: [UInt8], reply: [UInt8], call: CallContext, by service: String,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let id = transaction.newID(at: call.now)
        let entry = AuditEntryMessage(method, params: params, reply: reply, call: call, by: service, id: id)
        try transaction.tell("tenancy", topic, entry, at: call.now)
    }

    /// Records something that is no call of a method, but is done as one would be.
    public static func record(
        _ entry: AuditEntryMessage, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.tell("tenancy", topic, entry, at: entry.at)
    }

    /// The names of the parameters.
    static func fields(of params: [UInt8]) -> [String] {
        guard case .object(let members)? = try? JSONValue(parsing: params) else { return [] }
        return members.prefix(maximumFields).map { String($0.name.prefix(80)) }
    }

    /// The ids that the parameters name, and the one of what the reply tells of.
    static func ids(of params: [UInt8], _ reply: [UInt8]) -> [UUIDv7] {
        var ids: [UUIDv7] = []
        func add(_ value: JSONValue?) {
            guard case .string(let text)? = value, let id = UUIDv7(text), !ids.contains(id) else { return }
            if ids.count < maximumIDs { ids.append(id) }
        }
        if case .object(let members)? = try? JSONValue(parsing: params) { for member in members { add(member.value) } }
        let told = try? JSONValue(parsing: reply)
        add(told?["id"])
        add(told?["record"]?["id"])
        return ids
    }
}

/// One audit entry on its way to tenancy.
public struct AuditEntryMessage: JSONReadable, JSONWritable, Sendable {
    public var id: UUIDv7
    public var at: Timestamp
    public var service: String
    public var principal: String
    public var brand: UUIDv7?
    public var method: String
    public var ids: [UUIDv7]
    public var fields: [String]

    public init(
        id: UUIDv7, at: Timestamp, service: String, principal: String, brand: UUIDv7?, method: String, ids: [UUIDv7],
        fields: [String] = []
    ) {
        self.id = id
        self.at = at
        self.service = service
        self.principal = principal
        self.brand = brand
        self.method = method
        self.ids = ids
        self.fields = fields
    }

    init(
        _ method: MethodDescription, params: [UInt8], reply: [UInt8], call: CallContext, by service: String, id: UUIDv7
    ) {
        self.id = id
        at = call.now
        self.service = service
        principal = call.principal
        brand = call.brand
        self.method = method.name
        ids = AuditTrail.ids(of: params, reply)
        fields = AuditTrail.fields(of: params)
    }

    public init(from reader: inout JSONReader) throws(JSONError) {
        var id: UUIDv7?
        at = Timestamp(microseconds: 0)
        service = ""
        principal = ""
        method = ""
        ids = []
        fields = []
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "id": id = try reader.readUUID()
            case "at": at = try reader.readTimestamp()
            case "service": service = try reader.readString()
            case "principal": principal = try reader.readString()
            case "brand": brand = try reader.readUUID()
            case "method": method = try reader.readString()
            case "ids": ids = try [UUIDv7](from: &reader)
            case "fields": fields = try [String](from: &reader)
            default: try reader.skip()
            }
        }
        guard let id else { throw reader.missing("id") }
        self.id = id
    }

    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        id.write(to: &writer)
        writer.key("at")
        at.write(to: &writer)
        writer.key("service")
        writer.string(service)
        writer.key("principal")
        writer.string(principal)
        if let brand {
            writer.key("brand")
            brand.write(to: &writer)
        }
        writer.key("method")
        writer.string(method)
        writer.key("ids")
        ids.write(to: &writer)
        writer.key("fields")
        fields.write(to: &writer)
        writer.endObject()
    }
}
