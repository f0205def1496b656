import JSON

/// A JSON Schema of the subset in use, as `proto-json/README.md` describes it.
struct Schema {
    /// Where it stands.
    let node: Node
    var kind: Kind
    /// Whether `null` is allowed besides.
    var isNullable = false
    /// The name its Swift type shall have, where that name cannot be derived.
    var title: String?
    var description: String?
    /// What one of a number is, such as `milliseconds`.
    var unit: String?
    var privacy: PrivacyClass?
    /// What holds when the member is absent.
    var defaultValue: Node?
    /// Whether absent and null mean different things, as in a sparse update.
    var isPatch = false

    indirect enum Kind {
        case boolean
        case integer(IntegerLimits)
        case number(NumberLimits)
        case string(StringLimits)
        case format(Format)
        case decimal
        case constant(String)
        case enumeration([EnumerationValue])
        case array(items: Schema, CountLimits)
        case object([Property])
        case dictionary(values: Schema, names: StringLimits, CountLimits)
        case union(Union)
        case raw(RawLimits)
        case reference(Reference)
    }

    /// String formats that hand-written byte code reads.
    enum Format: String, CaseIterable {
        case amount, currency, date, dateTime = "date-time", email, uuid
    }

    struct IntegerLimits: Equatable {
        var minimum: Int64?
        var maximum: Int64?
        /// Whether the whole range of UInt64 is meant (`format: uint64`).
        var isUnsigned = false
    }

    struct NumberLimits: Equatable {
        var minimum: Double?
        var maximum: Double?
    }

    /// Lengths in Unicode scalars.
    struct StringLimits: Equatable {
        var minimum: Int?
        var maximum: Int?
        var pattern: CharacterPattern?
    }

    struct CountLimits: Equatable {
        var minimum: Int?
        var maximum: Int?
    }

    struct RawLimits: Equatable {
        var maximumBytes: Int?
        /// The one type of value that is allowed; nil for any.
        var type: JSONType?
    }

    enum JSONType: String, CaseIterable {
        case array, boolean, integer, null, number, object, string
    }

    struct EnumerationValue: Equatable {
        let value: String
        let description: String?
        /// What whoever has this value may do; nil where the enumeration says nothing of that.
        let scopes: [String]?
    }

    struct Property {
        let name: String
        var schema: Schema
        var isRequired: Bool
    }

    /// Objects told apart by one constant member.
    struct Union {
        /// The member that tells them apart.
        let discriminator: String
        let variants: [Variant]
    }

    struct Variant {
        /// The value of the discriminator.
        let tag: String
        let schema: Schema
    }
}

/// Whose a field is; what the data map and the log do with it follows from that.
enum PrivacyClass: String, CaseIterable {
    /// Says nothing about a person.
    case none
    /// Points to a person: an id, an e-mail address.
    case identifier
    /// About a person.
    case personal
    /// About a person, and specially protected by law.
    case sensitive
    /// A credential: never stored in clear, never logged.
    case secret
}

/// A pointer to a component, in this document or in `common.json`.
struct Reference: Equatable {
    /// The file, or nil for the document in which the reference stands.
    let file: String?
    let name: String
}
