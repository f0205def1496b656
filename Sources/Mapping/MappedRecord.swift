public import JSON

/// What a row of a file says, ready to be taken in.
public struct MappedRecord: Sendable, Equatable {
    /// The most characters of an event's name.
    public static let maximumEventLength = 200
    /// The most characters of a message id.
    public static let maximumMessageIDLength = 100
    /// The most identifiers of a record.
    public static let maximumIdentifiers = 16
    /// The most characters of an identifier's type and of its value.
    public static let maximumIdentifierTypeLength = 40
    public static let maximumIdentifierLength = 256
    /// The most characters of the name of a property or trait.
    public static let maximumMemberNameLength = 100
    /// The most bytes of the properties or traits together, as JSON.
    public static let maximumMemberBytes = 32_768

    /// A typed value that points to an actor, such as ("customerId", "00001").
    public struct Identifier: Sendable, Hashable {
        public var type: String
        public var value: String

        public init(type: String, value: String) {
            self.type = type
            self.value = value
        }
    }

    public let kind: MappingTemplate.Kind
    /// What happened; empty for actors.
    public internal(set) var event = ""
    /// When it happened, or when the traits were so. Signals always have one.
    public internal(set) var timestamp: Timestamp?
    /// The sender's own id for the row, if the file has one.
    public internal(set) var messageID: String?
    /// At least one, in the order of the template; columns that are empty in the row are left out.
    public internal(set) var identifiers: [Identifier] = []
    public internal(set) var revenue: Amount?
    public internal(set) var currency: Currency?
    /// A JSON object: `{}` for actors. Empty fields are left out.
    public internal(set) var properties = Self.noMembers
    /// A JSON object: `{}` for signals. Empty fields are left out.
    public internal(set) var traits = Self.noMembers

    static let noMembers = Array("{}".utf8)

    init(kind: MappingTemplate.Kind) { self.kind = kind }
}
