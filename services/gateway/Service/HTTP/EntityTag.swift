import OpenSSL

/// What says whether somebody has a body already (RFC 9110, section 8.8.3).
enum EntityTag {
    /// The tag of a body, with its quotes.
    static func of(_ body: [UInt8]) -> String {
        quoted(Hexadecimal.encode(Array(SHA256.hash(body).bytes.prefix(16))))
    }

    static func quoted(_ tag: String) -> String { "\"\(tag)\"" }

    /// What an `If-None-Match` names, without quotes. That it calls a tag weak makes no difference there.
    static func named(in header: String?) -> [String] {
        (header ?? "").split(separator: ",").map { part in
            var tag = part.drop { $0 == " " || $0 == "\t" }
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            while tag.last == " " || tag.last == "\t" { tag = tag.dropLast() }
            return tag.count > 1 && tag.first == "\"" && tag.last == "\""
                ? String(tag.dropFirst().dropLast()) : String(tag)
        }
    }

    /// Whether an `If-None-Match` names a tag, which comes with its quotes or without.
    static func matches(_ header: String?, _ tag: String) -> Bool {
        let tag = tag.count > 1 && tag.first == "\"" ? String(tag.dropFirst().dropLast()) : tag
        return named(in: header).contains { $0 == tag || $0 == "*" }
    }
}
