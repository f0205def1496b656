import JSON

/// The functions of the language. All but `coalesce` and `concat` give null when an argument is null.
enum ExpressionFunction: String, CaseIterable {
    case abs, coalesce, concat, date, day, days_between, length, lower, month, nullif, number, round, substr, text,
        trim, upper, year

    /// How many arguments it takes.
    var arity: ClosedRange<Int> {
        switch self {
        case .abs, .day, .length, .lower, .month, .number, .text, .trim, .upper, .year: 1...1
        case .days_between, .nullif: 2...2
        case .date, .round: 1...2
        case .substr: 2...3
        case .coalesce, .concat: 1...32
        }
    }

    /// The value for arguments of which none is null, except for `concat`.
    func value(_ arguments: ArraySlice<ExpressionValue>) throws(EvaluationFailure) -> ExpressionValue {
        let first = arguments[arguments.startIndex]
        let second = arguments.count > 1 ? arguments[arguments.startIndex + 1] : nil
        switch self {
        case .abs:
            let number = try first.number()
            return try .exact(number.coefficient < 0 ? number.negated : number)
        case .coalesce: return first
        case .concat: return try Self.concatenation(arguments)
        case .date: return .date(try first.date())
        case .day: return .number(integer: try first.date().day)
        case .days_between:
            guard let second else { return .null }
            return .number(integer: try second.date().dayNumber - (try first.date().dayNumber))
        case .length: return .number(integer: try first.string().unicodeScalars.count)
        case .lower: return .text(try first.string().lowercased())
        case .month: return .number(integer: try first.date().month)
        case .nullif:
            guard let second else { return .null }
            return try Comparison.equal.holds(first, second) ? .null : first
        case .number: return .number(try first.number())
        case .round:
            let decimals = try second.map { value throws(EvaluationFailure) in try value.integer(in: -38...38) } ?? 0
            return try .exact(try first.number().rounded(to: decimals))
        case .substr: return try Self.part(of: arguments)
        case .text: return .text(first.text ?? "")
        case .trim: return .text(Self.trimmed(try first.string()))
        case .upper: return .text(try first.string().uppercased())
        case .year: return .number(integer: try first.date().year)
        }
    }

    /// The texts of the arguments that are not null, one behind the other.
    static func concatenation(_ values: ArraySlice<ExpressionValue>) throws(EvaluationFailure) -> ExpressionValue {
        var joined = ""
        for value in values {
            joined += value.text ?? ""
            guard joined.utf8.count <= Expression.maximumTextBytes else {
                throw EvaluationFailure("the text would be longer than \(Expression.maximumTextBytes) bytes")
            }
        }
        return .text(joined)
    }

    /// SQL's `substr`: the characters from a position, counted from 1, on; positions before the text hold nothing.
    private static func part(of arguments: ArraySlice<ExpressionValue>) throws(EvaluationFailure) -> ExpressionValue {
        let values = Array(arguments)
        let scalars = try values[0].string().unicodeScalars
        let limits = -Expression.maximumTextBytes...Expression.maximumTextBytes
        let start = try values[1].integer(in: limits)
        var end = scalars.count + 1
        if values.count > 2 {
            let count = try values[2].integer(in: limits)
            guard count >= 0 else { throw EvaluationFailure("the number of characters must not be negative") }
            end = min(end, start + count)
        }
        let first = max(start, 1)
        guard first < end else { return .text("") }
        return .text(String(String.UnicodeScalarView(scalars.dropFirst(first - 1).prefix(end - first))))
    }

    /// Without spaces, tabs and line breaks at either end.
    private static func trimmed(_ text: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
        let start = text.drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(start[...last])
    }
}
