/// How generated code reads a value of one type: an expression, or a function of its own where that takes statements.
struct ReadExpression {
    /// Goes behind `try`: `reader.readUUID()`.
    let call: String
    /// Private functions that `call` needs, the first one being the one it calls.
    let functions: [ReadFunction]

    /// - Parameter name: what a function is called: `readTraits`.
    init(_ type: SwiftType, name: String) {
        if let expression = Self.expression(type) {
            call = expression
            functions = []
        } else {
            call = "Self.\(name)(from: &reader)"
            functions = Self.functions(type, name)
        }
    }

    /// Nil where reading takes more than one call.
    private static func expression(_ type: SwiftType) -> String? {
        switch type.form {
        case .boolean: "reader.readBool()"
        case .integer(let limits): integer(limits)
        case .number(let limits): number(limits)
        case .decimal: "reader.readDecimal()"
        case .format(let format): self.format(format)
        case .named: "\(type.name)(from: &reader)"
        case .string(let limits): limits.pattern == nil ? "reader.readString(\(lengths(limits)))" : nil
        case .raw(let limits): limits == Schema.RawLimits() ? "reader.readRaw()" : nil
        case .array, .dictionary: type.isPlain ? "\(type.name)(from: &reader)" : nil
        }
    }

    private static func functions(_ type: SwiftType, _ name: String) -> [ReadFunction] {
        var functions = [ReadFunction(name: name, type: type)]
        switch type.form {
        case .array(let element, _): functions += ReadExpression(element, name: name + "Element").functions
        case .dictionary(let value, _, _): functions += ReadExpression(value, name: name + "Value").functions
        default: break
        }
        return functions
    }

    // MARK: Scalars

    private static func integer(_ limits: Schema.IntegerLimits) -> String {
        if limits.isUnsigned { return "reader.readUInt64()" }
        let range: String? =
            switch (limits.minimum, limits.maximum) {
            case (nil, nil): nil
            case (let minimum?, nil): "\(literal(minimum))...Int64.max"
            case (nil, let maximum?): "Int64.min...\(literal(maximum))"
            case (let minimum?, let maximum?): "\(literal(minimum))...\(literal(maximum))"
            }
        return "Int(reader.readInt64(\(range.map { "in: \($0)" } ?? "")))"
    }

    private static func number(_ limits: Schema.NumberLimits) -> String {
        let range: String? =
            switch (limits.minimum, limits.maximum) {
            case (nil, nil): nil
            case (let minimum?, nil): "\(minimum)...Double.infinity"
            case (nil, let maximum?): "-Double.infinity...\(maximum)"
            case (let minimum?, let maximum?): "\(minimum)...\(maximum)"
            }
        return "reader.readDouble(\(range.map { "in: \($0)" } ?? ""))"
    }

    /// `lengths: 0...500`, or nothing.
    static func lengths(_ limits: Schema.StringLimits) -> String {
        let minimum = max(limits.minimum ?? 0, limits.pattern?.minimumLength ?? 0)
        let maximum = [limits.maximum, limits.pattern?.maximumLength].compactMap { $0 }.min()
        if minimum == 0, maximum == nil { return "" }
        return "lengths: \(literal(minimum))...\(maximum.map { literal($0) } ?? "Int.max")"
    }

    private static func format(_ format: Schema.Format) -> String {
        switch format {
        case .amount: "reader.readAmount()"
        case .currency: "reader.readCurrency()"
        case .date: "reader.readDate()"
        case .dateTime: "reader.readTimestamp()"
        case .email: "reader.readEmail()"
        case .uuid: "reader.readUUID()"
        }
    }

    /// `1_000_000`: digits in groups of three from five on.
    static func literal(_ value: some BinaryInteger) -> String {
        Documentation.grouped(value).replacing(",", with: "_")
    }
}

/// A private function of generated code that reads one value.
struct ReadFunction {
    let name: String
    let type: SwiftType
}

extension SwiftType {
    /// Whether its `init(from:)` checks all there is to check.
    fileprivate var isPlain: Bool {
        switch form {
        case .boolean, .decimal, .named: true
        case .integer(let limits): limits.minimum == nil && limits.maximum == nil
        case .number(let limits): limits == Schema.NumberLimits()
        case .string(let limits): limits == Schema.StringLimits()
        case .format(let format): format != .email
        case .raw(let limits): limits == Schema.RawLimits()
        case .array(let element, let limits): limits == Schema.CountLimits() && element.isPlain
        case .dictionary(let value, let names, let limits):
            limits == Schema.CountLimits() && names == Schema.StringLimits() && value.isPlain
        }
    }
}
