/// Where a message to the outside goes: `https://host[:port]/path?query`, or the same with `http`.
///
/// Strict on purpose: what one parser takes for the host another may take for something else, so no user names, no
/// fragments, no white space, no backslashes and nothing but ASCII. A name in another script is written in its Punycode
/// form.
public struct OutboundURL: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case http, https

        var defaultPort: Int { self == .https ? 443 : 80 }
    }

    public static let maximumLength = 2_048
    private static let maximumHostLength = 253

    public let scheme: Scheme
    /// In lower case; an IPv6 address without its brackets.
    public let host: String
    public let port: Int
    /// Path and query, at least `/`.
    public let target: String
    public let description: String

    /// What the Host header says: with the port unless it is the scheme's own.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// Scheme, host and port: what may be kept and shown where the rest could hold a secret.
    public var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// - Throws: `invalidURL`, which says what is wrong.
    public init(_ text: String) throws(OutboundHTTPError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw .invalidURL("has more than \(Self.maximumLength) characters")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.isForbidden($0) }) else {
            throw .invalidURL("holds a character that a URL cannot hold")
        }
        guard let colon = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased())
        else { throw .invalidURL("does not begin with https://") }
        guard !text.contains("#") else { throw .invalidURL("has a fragment, which no server would see") }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw .invalidURL("names a user; leave that out") }
        let path = rest[authority.endIndex...]
        (host, port) = try Self.hostAndPort(authority, scheme)
        self.scheme = scheme
        target = path.hasPrefix("/") ? String(path) : "/" + path
        description = text
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            true
        default: false
        }
    }

    private static func hostAndPort(
        _ authority: Substring, _ scheme: Scheme
    ) throws(OutboundHTTPError) -> (String, Int) {
        var name = authority
        var portText: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw .invalidURL("has a bracket that is not closed") }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else { throw .invalidURL("has something behind its address") }
            portText = behind.isEmpty ? nil : behind.dropFirst()
            guard name.contains(":"), name.utf8.allSatisfy(isAddressByte) else {
                throw .invalidURL("has brackets around what is no IPv6 address")
            }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                name = authority[..<colon]
                portText = authority[authority.index(after: colon)...]
            }
            guard name.utf8.allSatisfy(isNameByte) else { throw .invalidURL("has a host name that is none") }
        }
        guard (1...maximumHostLength).contains(name.utf8.count), name.first != "." else {
            throw .invalidURL("names no host")
        }
        guard let portText else { return (name.lowercased(), scheme.defaultPort) }
        guard portText.utf8.count <= 5, portText.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let port = Int(portText), 1...65_535 ~= port
        else { throw .invalidURL("has a port that is none") }
        return (name.lowercased(), port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
