/// Which kind of identifier the units of a type have: how a person's units are found.
enum UnitTypes {
    /// Nil for units that are nobody's, such as sessions.
    static func identifierType(of unitType: String) -> String? {
        switch unitType {
        case "session": nil
        case "user": "customerId"
        default: unitType
        }
    }
}

extension UnitTypes {
    /// The types of unit that an identifier may name.
    static func unitTypes(of identifierType: String) -> [String] {
        switch identifierType {
        case "customerId": ["user", "userId"]
        case "session", "user": []
        default: [identifierType]
        }
    }
}
