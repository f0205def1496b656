/// A dotted path such as "address.city" or "tags.0" or "tags.length".
struct AttributePath: Sendable, Equatable {
    let text: String
    private let segments: [String]

    init(_ text: String) {
        self.text = text
        segments = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// The value there; null if the path leads nowhere. An array has its indices and `length`.
    func value(in root: AttributeValue) -> AttributeValue {
        var value = root
        for segment in segments {
            switch value {
            case .object(let members):
                guard let member = members.first(where: { $0.name.isExactly(segment) }) else { return .null }
                value = member.value
            case .array(let elements):
                if segment.isExactly("length") {
                    value = .number(Double(elements.count))
                } else if let index = AttributeValue.arrayIndex(segment), Int(index) < elements.count {
                    value = elements[Int(index)]
                } else {
                    return .null
                }
            default: return .null
            }
        }
        return value
    }

    /// The same, but a member of the whole name, dots included, comes first: so the attribute that names a unit is found.
    func namedValue(in root: AttributeValue) -> AttributeValue {
        guard segments.count > 1, case .object(let members) = root else { return value(in: root) }
        return members.first { $0.name.isExactly(text) }?.value ?? value(in: root)
    }
}
