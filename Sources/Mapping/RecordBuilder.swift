import JSON

/// Turns values into the parts of a record, each by the rules of its target.
struct RecordBuilder: Sendable {
    let template: MappingTemplate

    /// Sets a target to a value that was computed or is constant; null sets nothing.
    func set(
        _ target: MappingTarget, _ field: String, _ value: ExpressionValue, _ record: inout MappedRecord,
        _ members: inout JSONWriter
    ) throws(MappingError) {
        switch (target.place, value) {
        case (_, .null): return
        case (.timestamp, .timestamp(let timestamp)): record.timestamp = timestamp
        case (.timestamp, .date(let date)): record.timestamp = midnight(date)
        case (.timestamp, .number) where !template.timestampFormat.isEpoch, (.timestamp, .boolean):
            throw MappingError(field: field, reason: "is \(value.kind) and no timestamp", value: value.text)
        case (.revenue, .boolean), (.revenue, .date), (.revenue, .timestamp):
            throw MappingError(field: field, reason: "is \(value.kind) and no amount", value: value.text)
        case (.member(let name), .date(let date)) where target.format == .timestamp:
            write(.timestamp(midnight(date)), name, &members)
        case (.member(let name), .timestamp) where target.format == .timestamp: write(value, name, &members)
        case (.member(let name), _) where target.format == .text: write(value, name, &members)
        default:
            let text = value.text ?? ""
            try text.utf8Span.span.withUnsafeBytes { bytes throws(MappingError) in
                try set(target, field, bytes, &record, &members)
            }
        }
    }

    /// The start of a day where the file's clock hung.
    private func midnight(_ date: CalendarDate) -> Timestamp {
        let offset = Int64(template.timeZoneOffsetMinutes) * 60_000_000
        return Timestamp(microseconds: Timestamp(midnightOf: date).microseconds - offset)
    }

    /// Sets a target to the text of a field; an empty one sets nothing.
    func set(
        _ target: MappingTarget, _ field: String, _ text: UnsafeRawBufferPointer, _ record: inout MappedRecord,
        _ members: inout JSONWriter
    ) throws(MappingError) {
        if text.isEmpty { return }
        switch target.place {
        case .event: record.event = try string(text, field, MappedRecord.maximumEventLength)
        case .messageID: record.messageID = try string(text, field, MappedRecord.maximumMessageIDLength)
        case .identifier(let type):
            let value = try string(text, field, MappedRecord.maximumIdentifierLength)
            record.identifiers.append(MappedRecord.Identifier(type: type, value: value))
        case .timestamp: record.timestamp = try timestamp(text, field)
        case .revenue:
            guard let revenue = Amount(field: text) else {
                throw failure(
                    field, "is not an amount of money with at most \(Amount.maximumDecimals) decimals, such as 12.34",
                    text)
            }
            record.revenue = revenue
        case .currency:
            guard let currency = Currency(String(decoding: text, as: UTF8.self)) else {
                throw failure(field, "is not a currency code of three capital letters, such as USD", text)
            }
            record.currency = currency
        case .member(let name): try member(name, target.format, text, field, &members)
        }
    }

    private func member(
        _ name: String, _ format: MappingTarget.Format, _ text: UnsafeRawBufferPointer, _ field: String,
        _ members: inout JSONWriter
    ) throws(MappingError) {
        switch format {
        case .text:
            members.key(name)
            members.string(String(decoding: text, as: UTF8.self))
        case .number:
            if Self.isPlainInteger(text) {
                members.key(name)
                members.rawBytes(text)
                return
            }
            guard let number = JSONDecimal(field: text) else {
                throw failure(field, "is not a number of at most \(JSONDecimal.digitLimit) digits", text)
            }
            write(.number(number), name, &members)
        case .boolean:
            guard let value = Self.truth(String(decoding: text, as: UTF8.self).lowercased()) else {
                throw failure(field, "is not true or false (nor yes, no, t, f, y, n, 1 or 0)", text)
            }
            write(.boolean(value), name, &members)
        case .date:
            guard let date = template.timestampFormat.date(text) ?? DateFormat.rfc3339.date(text) else {
                throw failure(field, "is not a date; dates are written as \(quoted(template.timestampPattern))", text)
            }
            write(.date(date), name, &members)
        case .timestamp: write(.timestamp(try timestamp(text, field)), name, &members)
        }
    }

    /// Whether a field is an integer the way JSON writes it, so that there is nothing to compute.
    private static func isPlainInteger(_ text: UnsafeRawBufferPointer) -> Bool {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
        guard 1...JSONDecimal.digitLimit ~= digits.count, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else {
            return false
        }
        return digits.first != UInt8(ascii: "0") || text.count == 1
    }

    private static func truth(_ text: String) -> Bool? {
        switch text {
        case "true", "yes", "t", "y", "1": true
        case "false", "no", "f", "n", "0": false
        default: nil
        }
    }

    private func write(_ value: ExpressionValue, _ name: String, _ members: inout JSONWriter) {
        members.key(name)
        switch value {
        case .null: members.null()
        case .boolean(let value): members.bool(value)
        case .text(let text): members.string(text)
        case .number(let number):
            var text = number.plainText
            text.withUTF8 { members.rawBytes(UnsafeRawBufferPointer($0)) }
        case .date(let date): date.write(to: &members)
        case .timestamp(let timestamp): timestamp.write(to: &members)
        }
    }

    private func timestamp(_ text: UnsafeRawBufferPointer, _ field: String) throws(MappingError) -> Timestamp {
        if let timestamp = template.timestampFormat.timestamp(text, offsetMinutes: template.timeZoneOffsetMinutes) {
            return timestamp
        }
        throw failure(field, "is not a timestamp; they are written as \(quoted(template.timestampPattern))", text)
    }

    private func string(
        _ text: UnsafeRawBufferPointer, _ field: String, _ maximumLength: Int
    ) throws(MappingError) -> String {
        let string = String(decoding: text, as: UTF8.self)
        guard text.count <= maximumLength || string.unicodeScalars.count <= maximumLength else {
            throw failure(field, "has more than \(maximumLength) characters", text)
        }
        return string
    }

    private func failure(_ field: String, _ reason: String, _ text: UnsafeRawBufferPointer) -> MappingError {
        MappingError(field: field, reason: reason, value: String(decoding: text, as: UTF8.self))
    }
}

extension Amount {
    /// The amount that a field writes, in any of the ways in which fields write numbers; nil if it has more than four
    /// decimals that are not zero, or does not fit.
    init?(field: UnsafeRawBufferPointer) {
        // Nearly all amounts are up to fifteen digits and a point: no need for 128 bits.
        let isNegative = field.first == UInt8(ascii: "-")
        var (value, decimals, digits) = (Int64(0), -1, 0)
        for byte in field.dropFirst(isNegative ? 1 : 0) {
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                value = value &* 10 &+ Int64(digit)
                digits += 1
                if decimals >= 0 { decimals += 1 }
            } else if byte == UInt8(ascii: "."), decimals < 0 {
                decimals = 0
            } else {
                digits = 0
                break
            }
        }
        let scale = Self.maximumDecimals - max(decimals, 0)
        if 1...14 ~= digits, 0...Self.maximumDecimals ~= scale {
            for _ in 0..<scale { value *= 10 }
            self.init(tenThousandths: isNegative ? -value : value)
            return
        }
        guard let value = JSONDecimal(field: field)?.scaled(by: Self.maximumDecimals) else { return nil }
        self.init(tenThousandths: value)
    }
}
