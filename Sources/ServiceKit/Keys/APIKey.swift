public import CommonAPI

/// An API key as its owner holds it: `gy_live_<kid>_<secret>_<checksum>`.
///
/// The kid is public: it finds the key and may stand in logs. The secret is 256 random bits, and only a keyed hash of
/// it is ever stored. The checksum tells a mistyped or made-up key from a real one before any hash or database work; it
/// protects nothing.
///
/// Interpolating a key shows everything but its secret; ``text`` is the whole of it.
public struct APIKey: Sendable, Equatable {
    /// Characters of ``kid``.
    public static let kidLength = 8
    /// Characters of ``secret``: as many as 256 bits need in base 62.
    public static let secretLength = 43
    /// Characters of the checksum: as many as 32 bits need in base 62.
    public static let checksumLength = 6
    /// Characters of the whole key.
    public static let length = prefix.count + 1 + 4 + 1 + kidLength + 1 + secretLength + 1 + checksumLength
    /// Random bytes that a new key is made of.
    public static let randomByteCount = 40

    /// How every key begins, so that scanners for leaked secrets find it.
    static let prefix = "gy"

    /// What it is for.
    public let mode: KeyMode
    /// Its public part: ``kidLength`` characters of base 62.
    public let kid: String
    /// Its secret part: ``secretLength`` characters of base 62. Never log or store it.
    public let secret: String

    /// A new key.
    ///
    /// - Parameter random: exactly ``randomByteCount`` bytes from a generator fit for secrets; anything else is a
    ///   programming error.
    public init(mode: KeyMode, random: [UInt8]) {
        precondition(random.count == Self.randomByteCount, "A key is made of \(Self.randomByteCount) random bytes.")
        self.mode = mode
        kid = Base62.text(random[..<8], length: Self.kidLength)
        secret = Base62.text(random[8...], length: Self.secretLength)
    }

    /// Reads a key that somebody presented; nil unless it has the form and its checksum is right.
    public init?(parsing text: String) {
        guard text.utf8.count == Self.length else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].elementsEqual(Self.prefix.utf8),
            let mode = KeyMode(rawValue: String(Substring(parts[1]))),
            parts[2].count == Self.kidLength, parts[3].count == Self.secretLength,
            parts[2].allSatisfy(Base62.isDigit), parts[3].allSatisfy(Base62.isDigit),
            parts[4].elementsEqual(Self.checksum(of: text.utf8.prefix(upTo: parts[3].endIndex)).utf8)
        else { return nil }
        self.mode = mode
        kid = String(Substring(parts[2]))
        secret = String(Substring(parts[3]))
    }

    /// The whole key, secret included: show it to its owner once and keep it nowhere.
    public var text: String {
        let body = "\(Self.prefix)_\(mode.rawValue)_\(kid)_\(secret)"
        return body + "_" + Self.checksum(of: body.utf8)
    }

    /// The CRC-32 of all that stands before its underscore, in base 62.
    static func checksum(of body: some Sequence<UInt8>) -> String {
        let code = CRC32.checksum(of: body)
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> UInt32($0)) }
        return Base62.text(bytes[...], length: checksumLength)
    }
}

extension APIKey: CustomStringConvertible, CustomReflectable {
    /// Without the secret.
    public var description: String { "\(Self.prefix)_\(mode.rawValue)_\(kid)_…" }

    /// Without the secret, so that `dump` does not show it either.
    public var customMirror: Mirror { Mirror(self, children: ["mode": mode, "kid": kid]) }
}

/// Numbers in the digits 0-9, A-Z, a-z, at a fixed width.
enum Base62 {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// The last `length` digits of a number given as bytes, the highest first.
    static func text(_ number: ArraySlice<UInt8>, length: Int) -> String {
        var rest = Array(number)
        var text: [UInt8] = []
        for _ in 0..<length {
            var remainder = 0
            for index in rest.indices {
                let value = remainder << 8 | Int(rest[index])
                rest[index] = UInt8(value / 62)
                remainder = value % 62
            }
            text.append(digits[remainder])
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }
}

/// The checksum of ISO 3309, as in zip and PNG: polynomial 0xEDB88320 reflected, inverted before and after.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { code, _ in code & 1 == 0 ? code >> 1 : code >> 1 ^ 0xEDB8_8320 }
    }

    static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { code, byte in code >> 8 ^ table[Int(UInt8(truncatingIfNeeded: code) ^ byte)] }
    }
}
