/// The trace that a request belongs to (W3C Trace Context, level 1): whoever calls sends `traceparent`, and the services
/// behind the gateway get one that names the gateway's own span as their parent.
struct TraceContext: Sendable, Equatable {
    /// 32 hexadecimal digits.
    let traceID: String
    /// The caller's span: 16 hexadecimal digits.
    let parentID: String
    /// The gateway's.
    let spanID: String
    private let flags: String

    /// Nil for text that is no `traceparent` of a version that is known, or has only zeros where an id stands.
    ///
    /// - Parameter span: the new span's id; 0 is none.
    init?(_ traceparent: String, span: UInt64 = .random(in: 1...UInt64.max)) {
        let text = Array(traceparent.utf8)
        guard Self.isValid(text) else { return nil }
        traceID = String(decoding: text[3..<35], as: UTF8.self)
        parentID = String(decoding: text[36..<52], as: UTF8.self)
        flags = String(decoding: text[53..<55], as: UTF8.self)
        let digits = String(span, radix: 16)
        spanID = String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What is sent on.
    var traceparent: String { "00-\(traceID)-\(spanID)-\(flags)" }

    static func isValid(_ traceparent: String) -> Bool { isValid(Array(traceparent.utf8)) }

    /// A later version may be longer, and begins like this one.
    private static func isValid(_ text: [UInt8]) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard text.count == 55 || text.count > 55 && text[55] == hyphen, text[2] == hyphen, text[35] == hyphen,
            text[52] == hyphen
        else { return false }
        let version = String(decoding: text[0..<2], as: UTF8.self)
        return version != "ff" && (version != "00" || text.count == 55)
            && [0..<2, 3..<35, 36..<52, 53..<55].allSatisfy { text[$0].allSatisfy(isLowercaseHexadecimal) }
            && text[3..<35].contains { $0 != UInt8(ascii: "0") } && text[36..<52].contains { $0 != UInt8(ascii: "0") }
    }

    private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
