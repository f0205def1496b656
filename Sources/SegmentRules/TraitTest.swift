public import JSON

/// What is asked of a trait.
///
/// Texts are compared byte by byte. A number is compared exactly, with a trait that is a number of at most 38 digits; a
/// time with a trait that is a text such as "2026-01-31" or "2026-01-31T09:30:00Z", a day being its first moment in UTC.
/// What is asked of a trait that somebody does not have does not hold, but for ``isNoneOf(_:)`` and `exists(false)`.
public enum TraitTest: Sendable {
    /// `is`, `in`.
    case isOneOf([TraitScalar])
    /// `isNot`, `notIn`.
    case isNoneOf([TraitScalar])
    case exists(Bool)
    case number(Comparison, JSONDecimal)
    case time(Comparison, Timestamp)
    /// A text with this in it, or a list with this value.
    case contains(TraitScalar)
    case startsWith(String)

    /// - Parameter value: nil: the person does not have the trait.
    public func holds(for value: TraitValue?) -> Bool {
        switch (self, value) {
        case (.isOneOf(let values), .scalar(let scalar)): values.contains(scalar)
        case (.isNoneOf(let values), .scalar(let scalar)): !values.contains(scalar)
        case (.isNoneOf, _): true
        case (.exists(let mustExist), _): (value != nil) == mustExist
        case (.number(let comparison, let other), .scalar(.number(let number))):
            comparison.holds(OrderedDecimal(value: number), OrderedDecimal(value: other))
        case (.time(let comparison, let other), .scalar(.text(let text))):
            Timestamp(dayOrTime: text).map { comparison.holds($0, other) } ?? false
        case (.contains(.text(let part)), .scalar(.text(let text))): text.hasBytes(of: part)
        case (.contains(let scalar), .list(let elements)): elements.contains(scalar)
        case (.startsWith(let beginning), .scalar(.text(let text))): text.utf8.starts(with: beginning.utf8)
        default: false
        }
    }
}

/// A value that is neither a list nor an object.
public enum TraitScalar: Sendable, Equatable {
    case text(String)
    case number(JSONDecimal)
    case bool(Bool)

    public static func == (left: TraitScalar, right: TraitScalar) -> Bool {
        switch (left, right) {
        case (.text(let one), .text(let other)): one.utf8.elementsEqual(other.utf8)
        case (.number(let one), .number(let other)): one == other
        case (.bool(let one), .bool(let other)): one == other
        default: false
        }
    }
}

/// A trait as rules see it.
public enum TraitValue: Sendable {
    case scalar(TraitScalar)
    /// The scalars of a list.
    case list([TraitScalar])
    /// An object, or a number that is too long to be compared: it is there, and that is all.
    case other

    /// - Parameter json: one value, as it is kept.
    public init(json: [UInt8]) throws(JSONError) {
        self = try json.withJSONReader { (reader) throws(JSONError) in
            guard try reader.peek() == .array else {
                return try TraitScalar(from: &reader).map(TraitValue.scalar) ?? .other
            }
            var elements: [TraitScalar] = []
            try reader.beginArray()
            while try reader.nextElement() {
                if let element = try TraitScalar(from: &reader) { elements.append(element) }
            }
            return .list(elements)
        }
    }
}

extension TraitScalar {
    /// Nil for what is no scalar, or too long a number; it is passed over.
    fileprivate init?(from reader: inout JSONReader) throws(JSONError) {
        switch try reader.peek() {
        case .string: self = .text(try reader.readString())
        case .bool: self = .bool(try reader.readBool())
        case .number:
            guard let decimal = try reader.readNumber().decimal else { return nil }
            self = .number(decimal)
        default:
            try reader.skip()
            return nil
        }
    }
}

extension Timestamp {
    /// A time as RFC 3339 writes it, or a day, which is its first moment in UTC.
    init?(dayOrTime text: String) {
        if let time = Timestamp(text) {
            self = time
        } else if let day = CalendarDate(text) {
            self.init(microseconds: Int64(day.dayNumber) * 86_400_000_000)
        } else {
            return nil
        }
    }
}

extension String {
    /// Whether the bytes of `part` stand somewhere in this.
    fileprivate func hasBytes(of part: String) -> Bool {
        let (text, part) = (Array(utf8), Array(part.utf8))
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
