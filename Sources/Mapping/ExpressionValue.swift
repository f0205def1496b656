public import JSON

/// What an expression works on. SQL's null is one of the values; a field that is empty in the file is null.
public enum ExpressionValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// Exact: at most 38 digits, before and behind the point together.
    case number(JSONDecimal)
    case text(String)
    case date(CalendarDate)
    case timestamp(Timestamp)

    /// The value as text, the way `text()` gives it: plain digits, `true`, 2026-01-31, RFC 3339. Null has none.
    public var text: String? {
        switch self {
        case .null: nil
        case .boolean(let value): value ? "true" : "false"
        case .number(let number): number.plainText
        case .text(let text): text
        case .date(let date): date.description
        case .timestamp(let timestamp): timestamp.description
        }
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// What the value is, in a sentence: "a text is not a number".
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a truth value"
        case .number: "a number"
        case .text: "a text"
        case .date: "a date"
        case .timestamp: "a point in time"
        }
    }
}

extension ExpressionValue {
    /// The number, or that of a text that writes one: fields arrive as text.
    func number() throws(EvaluationFailure) -> JSONDecimal {
        switch self {
        case .number(let number): return number
        case .text(let text):
            var text = text
            guard let number = text.withUTF8({ JSONDecimal(field: UnsafeRawBufferPointer($0)) }) else {
                throw EvaluationFailure("this text is not a number", self)
            }
            return number
        default: throw EvaluationFailure("needs a number, and this is \(kind)", self)
        }
    }

    /// True, false, or nil for null; a text may be "true" or "false" in any case.
    func truth() throws(EvaluationFailure) -> Bool? {
        switch self {
        case .null: return nil
        case .boolean(let value): return value
        case .text(let text):
            switch text.lowercased() {
            case "true": return true
            case "false": return false
            default: throw EvaluationFailure("needs true or false, and this is another text", self)
            }
        default: throw EvaluationFailure("needs true or false, and this is \(kind)", self)
        }
    }

    /// The day, or that of a text in the form of a date or of RFC 3339.
    func date() throws(EvaluationFailure) -> CalendarDate {
        switch self {
        case .date(let date): return date
        case .timestamp(let timestamp):
            guard let date = timestamp.date else { throw EvaluationFailure("is beyond the year 9999", self) }
            return date
        case .text(let text):
            if let date = CalendarDate(text) ?? Timestamp(text)?.date { return date }
            throw EvaluationFailure("this text is not a date like 2026-01-31; date(text, 'format') reads others", self)
        default: throw EvaluationFailure("needs a date, and this is \(kind)", self)
        }
    }

    /// The moment, midnight UTC of a date, or that of a text in either form.
    func timestamp() throws(EvaluationFailure) -> Timestamp {
        switch self {
        case .timestamp(let timestamp): return timestamp
        case .text(let text):
            if let timestamp = Timestamp(text) { return timestamp }
        default: break
        }
        return Timestamp(midnightOf: try date())
    }

    /// The text, which null has none of; other values are not turned into text silently.
    func string() throws(EvaluationFailure) -> String {
        guard case .text(let text) = self else {
            throw EvaluationFailure("needs a text, and this is \(kind); text() makes one of it", self)
        }
        return text
    }
}

extension Timestamp {
    static let microsecondsInDay: Int64 = 86_400_000_000

    /// The start of a day, in UTC.
    init(midnightOf date: CalendarDate) {
        self.init(microseconds: Int64(date.dayNumber) * Timestamp.microsecondsInDay)
    }
}
