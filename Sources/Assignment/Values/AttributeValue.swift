public import JSON

/// A value that a unit has or a condition asks for: JSON as JavaScript sees it.
///
/// Numbers are doubles. An object's members are in JavaScript's order: names that are array indices first, ascending,
/// then the others as they were written; two objects are the same only in the same order, as their texts would be.
public enum AttributeValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([AttributeValue])
    case object([Member])

    /// One name and its value.
    public struct Member: Sendable, Equatable {
        /// Unique in its object.
        public let name: String
        /// What the name stands for.
        public let value: AttributeValue

        public init(_ name: String, _ value: AttributeValue) {
            self.name = name
            self.value = value
        }

        /// The same name, scalar by scalar, and an equal value.
        public static func == (left: Member, right: Member) -> Bool {
            left.name.isExactly(right.name) && left.value == right.value
        }
    }

    /// The value as JavaScript would read it. To be made once for a unit, and asked about many experiments.
    public init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .boolean(value)
        case .number(let number):
            // What is too large for a double is infinite in JavaScript.
            self = .number(number.double ?? (number.text.utf8.first == 0x2D ? -.infinity : .infinity))
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(AttributeValue.init))
        case .object(let object): self = .object(AttributeValue.ordered(object))
        }
    }

    private static func ordered(_ object: JSONObject) -> [Member] {
        var indices: [(index: UInt32, member: Member)] = []
        var others: [Member] = []
        for member in object {
            let new = Member(member.name, AttributeValue(member.value))
            if let index = arrayIndex(member.name) {
                indices.append((index, new))
            } else {
                others.append(new)
            }
        }
        return indices.sorted { $0.index < $1.index }.map(\.member) + others
    }

    /// The number of a name such as "0" or "10", but not "01" and not 2^32 - 1 (ECMA-262, array index).
    static func arrayIndex(_ name: String) -> UInt32? {
        guard name.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), name.utf8.first != 0x30 || name.utf8.count == 1,
            let index = UInt32(name), index != .max
        else { return nil }
        return index
    }

    /// Literal equality: the same kind, and the same text as JSON. Texts are compared scalar by scalar.
    public static func == (left: AttributeValue, right: AttributeValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.isExactly(right)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isNestedEqual(to: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy {
                    $0.name.isExactly($1.name) && $0.value.isNestedEqual(to: $1.value)
                }
        default: false
        }
    }

    /// Within an array or an object an infinite number is written, and so compared, as null.
    private func isNestedEqual(to other: AttributeValue) -> Bool { nested == other.nested }

    private var nested: AttributeValue {
        if case .number(let number) = self, !number.isFinite { .null } else { self }
    }

    /// `===` of JavaScript between values of two documents: arrays and objects never equal anything.
    func isStrictlyEqual(to other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.isExactly(right)
        default: false
        }
    }

    /// The text that is hashed for a unit that this names: a text that is not empty, or a number that is finite and not
    /// zero, as JavaScript writes it. Nothing else names a unit.
    public var unitText: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let number): number.isFinite && number != 0 ? number.textInJavaScript : nil
        default: nil
        }
    }

    /// The text that is hashed for a unit that an attribute of this object names; nil if it names none.
    ///
    /// - Parameter attribute: a name, or a path such as "device.id".
    public func unitText(of attribute: String) -> String? {
        AttributePath(attribute).namedValue(in: self).unitText
    }

    /// What `$type` calls it; what is missing is null.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }
}

extension AttributeValue: JSONReadable {
    /// Reads any value, as strictly as `JSONReader` does.
    public init(from reader: inout JSONReader) throws(JSONError) {
        self.init(try JSONValue(from: &reader))
    }
}
