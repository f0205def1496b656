/// A type of generated code, and what reading a value of it checks.
struct SwiftType {
    /// As it is spelled where it is used: `UUIDv7`, `[Item]`, `[String: JSONRaw]`.
    let name: String
    let form: Form

    indirect enum Form {
        case boolean
        case integer(Schema.IntegerLimits)
        case number(Schema.NumberLimits)
        case string(Schema.StringLimits)
        case format(Schema.Format)
        case decimal
        case raw(Schema.RawLimits)
        case array(SwiftType, Schema.CountLimits)
        case dictionary(SwiftType, names: Schema.StringLimits, Schema.CountLimits)
        /// A generated type, which checks itself.
        case named
    }

    static func boolean() -> SwiftType { SwiftType(name: "Bool", form: .boolean) }

    static func integer(_ limits: Schema.IntegerLimits) -> SwiftType {
        SwiftType(name: limits.isUnsigned ? "UInt64" : "Int", form: .integer(limits))
    }

    static func number(_ limits: Schema.NumberLimits) -> SwiftType {
        SwiftType(name: "Double", form: .number(limits))
    }

    static func string(_ limits: Schema.StringLimits) -> SwiftType {
        SwiftType(name: "String", form: .string(limits))
    }

    static func format(_ format: Schema.Format) -> SwiftType {
        let name =
            switch format {
            case .amount: "Amount"
            case .currency: "Currency"
            case .date: "CalendarDate"
            case .dateTime: "Timestamp"
            case .email: "String"
            case .uuid: "UUIDv7"
            }
        return SwiftType(name: name, form: .format(format))
    }

    static func decimal() -> SwiftType { SwiftType(name: "JSONDecimal", form: .decimal) }

    static func raw(_ limits: Schema.RawLimits) -> SwiftType { SwiftType(name: "JSONRaw", form: .raw(limits)) }

    static func array(_ element: SwiftType, _ limits: Schema.CountLimits) -> SwiftType {
        SwiftType(name: "[\(element.name)]", form: .array(element, limits))
    }

    static func dictionary(
        _ value: SwiftType, names: Schema.StringLimits, _ limits: Schema.CountLimits
    ) -> SwiftType {
        SwiftType(name: "[String: \(value.name)]", form: .dictionary(value, names: names, limits))
    }

    static func named(_ name: String) -> SwiftType { SwiftType(name: name, form: .named) }
}
