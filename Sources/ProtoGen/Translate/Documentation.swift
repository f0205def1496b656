import JSON

/// Doc comments of generated members: what the contract says, then limits and unit, then the default.
enum Documentation {
    static func paragraphs(_ schema: Schema) -> [String] {
        var sentences: [String] = []
        if let description = schema.description { sentences.append(sentence(description)) }
        if let limits = limits(schema) { sentences.append(limits) }
        if let value = schema.defaultValue {
            sentences.append("Default: \(value.value.int64.map { grouped($0) } ?? "\(value.value)").")
        }
        if schema.isPatch { sentences.append("Absent: it stays. Null: it goes.") }
        return sentences.isEmpty ? [] : [sentences.joined(separator: " ")]
    }

    /// Ends with a full stop.
    static func sentence(_ text: String) -> String {
        let text = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard let last = text.last, !".!?:`".contains(last) else { return text }
        return text + "."
    }

    /// "0 to 150 years.", "At most 500 characters.", or nil where there is nothing to say.
    static func limits(_ schema: Schema) -> String? {
        switch schema.kind {
        case .integer(let limits):
            range(limits.minimum.map(grouped), limits.maximum.map(grouped), unit: schema.unit) ?? unit(schema)
        case .number(let limits):
            range(limits.minimum.map(decimal), limits.maximum.map(decimal), unit: schema.unit) ?? unit(schema)
        case .string(let limits):
            if let pattern = limits.pattern {
                "Matches `\(pattern.text)`."
            } else {
                range(limits.minimum.map(grouped), limits.maximum.map(grouped), unit: "characters")
            }
        case .array(_, let limits):
            range(limits.minimum.map(grouped), limits.maximum.map(grouped), unit: "elements")
        case .dictionary(_, _, let limits):
            range(limits.minimum.map(grouped), limits.maximum.map(grouped), unit: "members")
        case .raw(let limits):
            range(nil, limits.maximumBytes.map(grouped), unit: "bytes")
        case .decimal, .format, .boolean, .constant, .enumeration, .object, .union, .reference:
            unit(schema)
        }
    }

    private static func unit(_ schema: Schema) -> String? { schema.unit.map { "In \($0)." } }

    private static func range(_ minimum: String?, _ maximum: String?, unit: String?) -> String? {
        let words = unit.map { " \($0)" } ?? ""
        return switch (minimum, maximum) {
        case (nil, nil): nil
        case (nil, let maximum?): "At most \(maximum)\(words)."
        case (let minimum?, nil): "At least \(minimum)\(words)."
        case (let minimum?, let maximum?) where minimum == maximum: "Exactly \(minimum)\(words)."
        case (let minimum?, let maximum?): "\(minimum) to \(maximum)\(words)."
        }
    }

    private static func decimal(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// `524288` → `524,288`.
    static func grouped(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        guard digits.count > 4 else { return "\(value)" }
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }
}
