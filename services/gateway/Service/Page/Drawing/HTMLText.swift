import Mustache

/// Text that was not written as HTML, made safe to stand in it, also between quotes.
///
/// Byte by byte: Mustache's own way goes by characters, and a quote with an accent upon it is another character than a
/// quote, yet ends an attribute.
struct HTMLText: MustacheContentType {
    static func escaped(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    func escapeText(_ text: String) -> String { Self.escaped(text) }
}

extension MustacheTemplate {
    /// A part of a page. What stands in two braces is escaped; three are for HTML and SVG that was made here.
    init(html source: String) throws {
        MustacheContentTypes.register(HTMLText(), named: "GYRE")
        try self.init(string: "{{% CONTENT_TYPE:GYRE}}\n" + source)
    }
}
