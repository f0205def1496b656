/// A currency code in the shape of ISO 4217: three capital letters. Whether the code is assigned is not checked.
public struct Currency: Sendable, Hashable {
    /// Three characters from A to Z.
    public let code: String

    /// Nil unless `code` is three capital letters.
    public init?(_ code: String) {
        guard let currency = code.withText({ Currency(text: $0) }) else { return nil }
        self = currency
    }

    init?(text: UnsafeRawBufferPointer) {
        guard text.count == 3, text.allSatisfy({ 0x41...0x5A ~= $0 }) else { return nil }
        code = String(decoding: text, as: UTF8.self)
    }
}

extension Currency: Comparable {
    public static func < (left: Currency, right: Currency) -> Bool { left.code < right.code }
}

extension Currency: CustomStringConvertible {
    public var description: String { code }
}

extension Currency: JSONReadable, JSONWritable {
    public init(from reader: inout JSONReader) throws(JSONError) { self = try reader.readCurrency() }

    public func write(to writer: inout JSONWriter) { writer.string(code) }
}
