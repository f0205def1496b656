/// What a condition asks of a unit's attributes.
indirect enum AttributeTest: Sendable {
    /// All of them hold; of none, always.
    case all([AttributeTest])
    /// One of them holds; of none, always.
    case any([AttributeTest])
    case not(AttributeTest)
    /// The value at a path, and where in the condition that is asked.
    case value(AttributePath, ValueTest, pointer: String)

    func holds(for attributes: AttributeValue) -> Bool {
        switch self {
        case .all(let tests): tests.allSatisfy { $0.holds(for: attributes) }
        case .any(let tests): tests.isEmpty || tests.contains { $0.holds(for: attributes) }
        case .not(let test): !test.holds(for: attributes)
        case .value(let path, let test, _): test.holds(for: path.value(in: attributes))
        }
    }

    /// Every question about a value, in the order of the condition, with its answer.
    func answers(for attributes: AttributeValue) -> [Condition.Answer] {
        switch self {
        case .all(let tests), .any(let tests): tests.flatMap { $0.answers(for: attributes) }
        case .not(let test): test.answers(for: attributes)
        case .value(let path, let test, let pointer):
            [Condition.Answer(pointer: pointer, holds: test.holds(for: path.value(in: attributes)))]
        }
    }
}
