/// What a condition asks of one value.
indirect enum ValueTest: Sendable {
    /// All of them hold; of none, always.
    case all([ValueTest])
    case not(ValueTest)
    /// The same literal, arrays and objects included.
    case literal(AttributeValue)
    /// The same text in lower case; the text here is.
    case foldedText(String)
    /// `===`, to which arrays and objects never are equal.
    case strictlyEqual(AttributeValue)
    case number(Comparison, Double)
    case text(Comparison, String)
    /// Versions compare only with the kind they are written in: texts with texts, numbers with numbers.
    case version(Comparison, VersionText, isNumber: Bool)
    /// One of a list; of an array, any of its elements.
    case member(ValueList)
    case exists
    case kind(String)
    case size(ValueTest)
    /// Some element that is not null holds.
    case someElement(ValueTest)
    /// Some element that is not null has attributes for which it holds.
    case someObject(AttributeTest)
    /// For each test some element holds.
    case everyOne([ValueTest])
    case matches(Pattern)

    enum Comparison: Sendable {
        case less, lessOrEqual, greater, greaterOrEqual, equal
    }

    func holds(for value: AttributeValue) -> Bool {
        switch self {
        case .all(let tests): return tests.allSatisfy { $0.holds(for: value) }
        case .not(let test): return !test.holds(for: value)
        case .literal(let literal): return literal == value
        case .foldedText(let folded):
            guard case .string(let text) = value else { return false }
            return text.lowercasedAsInJavaScript.isExactly(folded)
        case .strictlyEqual(let literal): return value.isStrictlyEqual(to: literal)
        case .number(let comparison, let bound):
            guard case .number(let number) = value else { return false }
            return comparison.holds(isLess: number < bound, isEqual: number == bound)
        case .text(let comparison, let bound):
            guard case .string(let text) = value else { return false }
            return comparison.holds(isLess: text.precedesInJavaScript(bound), isEqual: text.isExactly(bound))
        case .version(let comparison, let bound, let isNumber):
            if case .number = value, !isNumber { return false }
            if case .string = value, isNumber { return false }
            guard let version = VersionText(value) else { return false }
            return comparison.holds(isLess: version.precedes(bound), isEqual: version == bound)
        case .member(let list): return list.contains(value)
        case .exists: return !value.isNull
        case .kind(let kind): return value.kind == kind
        case .size(let test):
            guard case .array(let elements) = value else { return false }
            return test.holds(for: .number(Double(elements.count)))
        case .someElement(let test):
            guard case .array(let elements) = value else { return false }
            return elements.contains { !$0.isNull && test.holds(for: $0) }
        case .someObject(let test):
            guard case .array(let elements) = value else { return false }
            return elements.contains { !$0.isNull && test.holds(for: $0) }
        case .everyOne(let tests):
            guard case .array(let elements) = value else { return false }
            return tests.allSatisfy { test in elements.contains { test.holds(for: $0) } }
        case .matches(let pattern):
            guard case .string(let text) = value else { return false }
            return pattern.matches(text)
        }
    }
}

extension ValueTest.Comparison {
    fileprivate func holds(isLess: Bool, isEqual: Bool) -> Bool {
        switch self {
        case .less: isLess
        case .lessOrEqual: isLess || isEqual
        case .greater: !isLess && !isEqual
        case .greaterOrEqual: !isLess
        case .equal: isEqual
        }
    }
}
