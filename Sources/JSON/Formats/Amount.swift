/// An amount of money in ten-thousandths of a currency's unit; the currency is kept beside it.
///
/// In JSON a decimal string, "12.34", so that no reader turns it into a binary fraction.
public struct Amount: Sendable, Hashable {
    /// The most decimals an amount has.
    public static let maximumDecimals = 4

    /// Ten-thousandths: 12.34 is 123400.
    public let tenThousandths: Int64

    /// Any count of ten-thousandths is an amount.
    @inlinable
    public init(tenThousandths: Int64) { self.tenThousandths = tenThousandths }

    /// Nothing.
    public static let zero = Amount(tenThousandths: 0)

    /// 922337203685477.5807
    public static let maximum = Amount(tenThousandths: .max)

    /// Nil unless `text` is a decimal with at most four decimals that fits: `-? (0 | [1-9][0-9]*) (\.[0-9]{1,4})?`.
    public init?(_ text: String) {
        guard let amount = text.withText({ Amount(text: $0) }) else { return nil }
        self = amount
    }

    init?(text: UnsafeRawBufferPointer) {
        var index = 0
        let isNegative = text.first == Ascii.minus
        if isNegative { index = 1 }
        let firstDigit = index
        var magnitude: UInt64 = 0
        /// Digits after the point; nil before it.
        var decimals: Int?
        while index < text.count {
            if text[index] == Ascii.point {
                guard decimals == nil, index > firstDigit else { return nil }
                decimals = 0
            } else {
                let digit = text[index] &- Ascii.zero
                guard digit < 10, decimals ?? 0 < Amount.maximumDecimals else { return nil }
                guard Amount.append(digit, to: &magnitude) else { return nil }
                decimals = decimals.map { $0 + 1 }
            }
            index += 1
        }
        guard index > firstDigit, decimals != 0 else { return nil }
        if text[firstDigit] == Ascii.zero, firstDigit + 1 < text.count, text[firstDigit + 1] != Ascii.point {
            return nil
        }
        for _ in (decimals ?? 0)..<Amount.maximumDecimals {
            guard Amount.append(0, to: &magnitude) else { return nil }
        }
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { return nil }
            tenThousandths = 0 &- Int64(truncatingIfNeeded: magnitude)
        } else {
            guard let value = Int64(exactly: magnitude) else { return nil }
            tenThousandths = value
        }
    }

    /// Appends a decimal digit; false on overflow.
    private static func append(_ digit: UInt8, to value: inout UInt64) -> Bool {
        let (product, overflows) = value.multipliedReportingOverflow(by: 10)
        let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
        value = sum
        return !overflows && !carries
    }

    /// The sum, or nil if it does not fit.
    public func adding(_ other: Amount) -> Amount? {
        let (sum, overflows) = tenThousandths.addingReportingOverflow(other.tenThousandths)
        return overflows ? nil : Amount(tenThousandths: sum)
    }

    /// The difference, or nil if it does not fit.
    public func subtracting(_ other: Amount) -> Amount? {
        let (difference, overflows) = tenThousandths.subtractingReportingOverflow(other.tenThousandths)
        return overflows ? nil : Amount(tenThousandths: difference)
    }
}

extension Amount: Comparable {
    @inlinable
    public static func < (left: Amount, right: Amount) -> Bool { left.tenThousandths < right.tenThousandths }
}

extension Amount: CustomStringConvertible {
    /// Two decimals, or as many as are needed: "12.00", "12.345".
    public var description: String {
        var writer = JSONWriter(capacity: 32)
        writer.amount(self)
        return writer.string()
    }
}

extension Amount: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readAmount() }

    public func write(to writer: inout JSONWriter) {
        writer.beginValue(24)
        writer.put(Ascii.quote)
        writer.amount(self)
        writer.put(Ascii.quote)
    }
}

extension JSONWriter {
    /// Appends at most 21 characters; there must be room.
    fileprivate mutating func amount(_ amount: Amount) {
        let (units, fraction) = amount.tenThousandths.magnitude.quotientAndRemainder(dividingBy: 10_000)
        if amount.tenThousandths < 0 { put(Ascii.minus) }
        digits(units)
        put(Ascii.point)
        var (value, size) = (Int(fraction), 4)
        while size > 2, value % 10 == 0 { (value, size) = (value / 10, size - 1) }
        digits(value, size: size)
    }
}
