import JSON

/// How a value stands to another.
public enum Comparison: String, Sendable, CaseIterable {
    case `is`
    case greaterThan
    case atLeast
    case lessThan
    case atMost

    func holds<Value: Comparable>(_ value: Value, _ other: Value) -> Bool {
        switch self {
        case .is: value == other
        case .greaterThan: value > other
        case .atLeast: value >= other
        case .lessThan: value < other
        case .atMost: value <= other
        }
    }
}

/// A number of at most ``JSONDecimal/maximumDigits`` digits, in its order.
struct OrderedDecimal: Comparable {
    let value: JSONDecimal

    /// Exact: numbers whose first digits stand at the same place are brought to the same exponent, which then adds no more
    /// digits than a coefficient holds.
    static func < (left: OrderedDecimal, right: OrderedDecimal) -> Bool {
        let (one, other) = (left.value, right.value)
        if one.coefficient.signum() != other.coefficient.signum() || one.coefficient == 0 {
            return one.coefficient.signum() < other.coefficient.signum()
        }
        let (first, second) = (one.place, other.place)
        guard first == second else { return (first < second) == (one.coefficient > 0) }
        let exponent = min(one.exponent, other.exponent)
        return one.coefficient(at: exponent) < other.coefficient(at: exponent)
    }
}

extension JSONDecimal {
    /// The power of ten behind the first digit.
    fileprivate var place: Int {
        var (digits, rest) = (0, coefficient.magnitude)
        while rest > 0 {
            rest /= 10
            digits += 1
        }
        return exponent + digits
    }

    fileprivate func coefficient(at lower: Int) -> Int128 {
        var value = coefficient
        for _ in lower..<exponent { value *= 10 }
        return value
    }
}
