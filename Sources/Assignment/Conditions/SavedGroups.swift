public import JSON

/// The groups that conditions may name: lists of values, or conditions.
public struct SavedGroups: Sendable {
    /// A group as it was written.
    public enum Group: Sendable {
        /// A list of values, and the attribute that `$savedGroup` looks for in it unless it names another one.
        case values([JSONValue], attribute: String? = nil)
        /// A condition that a unit's attributes meet.
        case condition(JSONValue)
    }

    enum Content: Sendable {
        case values(ValueList, attribute: String?)
        case condition(JSONValue)
    }

    private let contents: [ExactText: Content]

    /// No groups.
    public static let none = SavedGroups([:])

    /// Groups by id. Conditions in them are checked when a condition that names them is compiled.
    public init(_ groups: [String: Group]) {
        var contents: [ExactText: Content] = [:]
        for (id, group) in groups {
            contents[ExactText(id)] =
                switch group {
                case .values(let values, let attribute):
                    .values(ValueList(values.map(AttributeValue.init)), attribute: attribute)
                case .condition(let condition): .condition(condition)
                }
        }
        self.contents = contents
    }

    subscript(id: String) -> Content? { contents[ExactText(id)] }
}
