/// The values of an `$in` or of a saved group, to be looked up in constant time.
struct ValueList: Sendable {
    private var texts: Set<ExactText> = []
    private var numbers: Set<Double> = []
    private var booleans: Set<Bool> = []
    private var hasNull = false
    private let ignoresCase: Bool

    /// Arrays and objects among `values` are no value's equal, and left out.
    init(_ values: [AttributeValue], ignoringCase: Bool = false) {
        ignoresCase = ignoringCase
        for value in values {
            switch value {
            case .null: hasNull = true
            case .boolean(let value): booleans.insert(value)
            case .number(let number): numbers.insert(number)
            case .string(let text): texts.insert(ExactText(ignoringCase ? text.lowercasedAsInJavaScript : text))
            case .array, .object: break
            }
        }
    }

    /// Whether `value` is one of them; of an array, whether any element is.
    func contains(_ value: AttributeValue) -> Bool {
        if case .array(let elements) = value { return elements.contains { containsOne($0) } }
        return containsOne(value)
    }

    private func containsOne(_ value: AttributeValue) -> Bool {
        switch value {
        case .null: hasNull
        case .boolean(let value): booleans.contains(value)
        case .number(let number): numbers.contains(number)
        case .string(let text): texts.contains(ExactText(ignoresCase ? text.lowercasedAsInJavaScript : text))
        case .array, .object: false
        }
    }
}
