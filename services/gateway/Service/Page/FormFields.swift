/// The fields of a form, as a browser sends them (application/x-www-form-urlencoded).
struct FormFields: Equatable {
    /// Bytes of all fields; a browser sends less.
    static let maximumByteCount = 8 << 10
    static let maximumCount = 20

    private var values: [String: String] = [:]

    /// Nil for what is no form: too many fields, one given twice, bytes that are no UTF-8.
    init?(_ bytes: some Sequence<UInt8>) {
        let fields = Array(bytes).split(separator: UInt8(ascii: "&"))
        guard fields.count <= Self.maximumCount else { return nil }
        for field in fields {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]), let value = Self.decoded(parts.count > 1 ? parts[1] : []),
                values.updateValue(value, forKey: name) == nil
            else { return nil }
        }
    }

    /// Nil for a field that is missing or empty.
    subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "+"): text.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.endIndex, let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2])
                else { return nil }
                text.append(high << 4 | low)
                index += 2
            case let byte: text.append(byte)
            }
            index += 1
        }
        return String(validating: text, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
