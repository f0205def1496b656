/// A JSON number of any size, kept as the text it was written in.
///
/// Equal when the texts are: 1 and 1.0 are different numbers here.
public struct JSONNumber: Sendable, Hashable {
    /// Follows the number grammar of RFC 8259.
    public let text: String

    init(validated text: String) { self.text = text }

    /// Nil if `text` is not a number by the grammar of RFC 8259, or has anything around it.
    public init?(_ text: String) {
        var copy = text
        let isNumber = copy.withUTF8 { bytes in
            var reader = JSONReader(UnsafeRawBufferPointer(bytes))
            guard let first = bytes.first, first > Ascii.space, (try? reader.readNumber()) != nil else { return false }
            return reader.offset == bytes.count
        }
        guard isNumber else { return nil }
        self.text = text
    }

    /// The number, written without a fraction.
    public init(_ value: some FixedWidthInteger) { text = String(value) }

    /// The shortest text that reads back as `value`, which must be finite.
    public init(_ value: Double) {
        var writer = JSONWriter(capacity: 32)
        writer.double(value)
        text = writer.string()
    }

    /// The number, written exactly.
    public init(_ value: JSONDecimal) { text = value.description }

    /// The number, if it is written as an integer and fits.
    public var int64: Int64? { Int64(text) }

    /// The number, if it is written as a non-negative integer and fits.
    public var uint64: UInt64? { UInt64(text) }

    /// The nearest double, or nil if the number is too large for one.
    public var double: Double? {
        var copy = text
        let value = copy.withUTF8 { DecimalScan.double($0) }
        return value.isFinite ? value : nil
    }

    /// The exact number, if it has no more than `JSONDecimal.maximumDigits` significant digits.
    public var decimal: JSONDecimal? {
        var copy = text
        return copy.withUTF8 { JSONDecimal($0) }
    }
}

extension JSONNumber: CustomStringConvertible {
    public var description: String { text }
}
