extension JSONValue {
    /// The value for people: a member or element a line, two spaces a level; what is empty or short stays on a line.
    ///
    /// - Parameter width: Arrays and objects that fit into this many columns, indentation included, stay on one line.
    public func pretty(width: Int = 80) -> String {
        var text = ""
        append(to: &text, indent: 0, column: 0, width: width)
        return text
    }

    private func append(to text: inout String, indent: Int, column: Int, width: Int) {
        let flat = flatText
        guard column + flat.count > width, hasChildren else {
            text += flat
            return
        }
        let margin = String(repeating: " ", count: indent + 2)
        switch self {
        case .array(let elements):
            text += "[\n"
            for (index, element) in elements.enumerated() {
                text += index == 0 ? margin : ",\n" + margin
                element.append(to: &text, indent: indent + 2, column: indent + 2, width: width)
            }
            text += "\n" + String(repeating: " ", count: indent) + "]"
        case .object(let object):
            text += "{\n"
            for (index, member) in object.members.enumerated() {
                let name = JSONValue.string(member.name).description + ": "
                text += (index == 0 ? margin : ",\n" + margin) + name
                member.value.append(to: &text, indent: indent + 2, column: indent + 2 + name.count, width: width)
            }
            text += "\n" + String(repeating: " ", count: indent) + "}"
        default:
            text += flat
        }
    }

    private var hasChildren: Bool {
        switch self {
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        default: false
        }
    }

    /// On one line, with a space after each comma and colon.
    private var flatText: String {
        switch self {
        case .array(let elements): "[" + elements.map(\.flatText).joined(separator: ", ") + "]"
        case .object(let object):
            "{"
                + object.members.map { "\(JSONValue.string($0.name)): \($0.value.flatText)" }.joined(separator: ", ")
                + "}"
        default: description
        }
    }
}
