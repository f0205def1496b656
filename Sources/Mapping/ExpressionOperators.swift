import JSON

/// `=`, `<>`, `<`, `<=`, `>`, `>=` between values that are not null.
enum Comparison {
    case equal, unequal, less, lessOrEqual, greater, greaterOrEqual

    /// Whether the order of two values matters, not only whether they are the same.
    var isOrder: Bool { self != .equal && self != .unequal }

    func holds(_ left: ExpressionValue, _ right: ExpressionValue) throws(EvaluationFailure) -> Bool {
        switch self {
        case .equal: try order(left, right) == 0
        case .unequal: try order(left, right) != 0
        case .less: try order(left, right) < 0
        case .lessOrEqual: try order(left, right) <= 0
        case .greater: try order(left, right) > 0
        case .greaterOrEqual: try order(left, right) >= 0
        }
    }

    /// Negative, zero or positive. A text that meets a number, a truth value, a date or a point in time is read as
    /// one; two texts are compared as texts.
    private func order(_ left: ExpressionValue, _ right: ExpressionValue) throws(EvaluationFailure) -> Int {
        switch (left, right) {
        case (.text(let left), .text(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.number, .number), (.number, .text), (.text, .number):
            let (left, right) = (try left.number(), try right.number())
            return left == right ? 0 : left.isLess(than: right) ? -1 : 1
        case (.boolean, .boolean), (.boolean, .text), (.text, .boolean):
            let (left, right) = (try left.truth() == true, try right.truth() == true)
            return left == right ? 0 : right ? -1 : 1
        case (.date, .date), (.date, .text), (.text, .date):
            return try left.date().dayNumber - (try right.date().dayNumber)
        case (.timestamp, _) where right.isComparableWithTime, (_, .timestamp) where left.isComparableWithTime:
            let (left, right) = (try left.timestamp(), try right.timestamp())
            return left == right ? 0 : left < right ? -1 : 1
        default: throw EvaluationFailure("\(left.kind) cannot be compared with \(right.kind)")
        }
    }
}

/// `+`, `-`, `*`, `/` between numbers, or texts that write numbers.
enum Arithmetic {
    case add, subtract, multiply, divide

    func value(_ left: ExpressionValue, _ right: ExpressionValue) throws(EvaluationFailure) -> ExpressionValue {
        let (left, right) = (try left.number(), try right.number())
        switch self {
        case .add: return try .exact(left.adding(right))
        case .subtract: return try .exact(right.negated.flatMap(left.adding))
        case .multiply: return try .exact(left.multiplied(by: right))
        case .divide:
            if right.coefficient == 0 { throw EvaluationFailure("the divisor is zero") }
            return try .exact(left.divided(by: right))
        }
    }
}

extension ExpressionValue {
    static func number(integer: Int) -> ExpressionValue {
        // Whatever fits an Int has fewer digits than a decimal holds.
        JSONDecimal(coefficient: Int128(integer), exponent: 0).map(ExpressionValue.number) ?? .null
    }

    static func exact(_ number: JSONDecimal?) throws(EvaluationFailure) -> ExpressionValue {
        guard let number else {
            throw EvaluationFailure("the result has more than \(JSONDecimal.digitLimit) digits; round() helps")
        }
        return .number(number)
    }

    func integer(in range: ClosedRange<Int>) throws(EvaluationFailure) -> Int {
        guard let integer = try number().integer, range ~= integer else {
            throw EvaluationFailure("needs an integer from \(range.lowerBound) to \(range.upperBound)", self)
        }
        return integer
    }

    fileprivate var isComparableWithTime: Bool {
        switch self {
        case .timestamp, .date, .text: true
        case .null, .boolean, .number: false
        }
    }
}
