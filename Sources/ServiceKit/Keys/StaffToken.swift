/// What a member of staff holds: `gy_sess_<kid>_<secret>_<checksum>` for a session, `gy_invt_…` for an invitation.
///
/// Made like an ``APIKey``: the kid is public, the secret is 256 random bits of which only a keyed hash is stored, and
/// the checksum tells a mistyped token from a real one.
public struct StaffToken: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case session = "sess"
        case invitation = "invt"
    }

    /// Random bytes that a new token is made of.
    public static let randomByteCount = APIKey.randomByteCount

    public let kind: Kind
    /// Its public part.
    public let kid: String
    /// Its secret part. Never log or store it.
    public let secret: String

    /// A new token.
    ///
    /// - Parameter random: exactly ``randomByteCount`` bytes from a generator fit for secrets; anything else is a
    ///   programming error.
    public init(_ kind: Kind, random: [UInt8]) {
        precondition(random.count == Self.randomByteCount, "A token is made of \(Self.randomByteCount) random bytes.")
        self.kind = kind
        kid = Base62.text(random[..<8], length: APIKey.kidLength)
        secret = Base62.text(random[8...], length: APIKey.secretLength)
    }

    /// Reads a token that somebody presented; nil unless it has the form, is of this kind, and its checksum is right.
    public init?(_ kind: Kind, parsing text: String) {
        guard text.utf8.count == APIKey.length else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].elementsEqual(APIKey.prefix.utf8), parts[1].elementsEqual(kind.rawValue.utf8),
            parts[2].count == APIKey.kidLength, parts[3].count == APIKey.secretLength,
            parts[2].allSatisfy(Base62.isDigit), parts[3].allSatisfy(Base62.isDigit),
            parts[4].elementsEqual(APIKey.checksum(of: text.utf8.prefix(upTo: parts[3].endIndex)).utf8)
        else { return nil }
        self.kind = kind
        kid = String(Substring(parts[2]))
        secret = String(Substring(parts[3]))
    }

    /// The whole token, secret included: show it once and keep it nowhere.
    public var text: String {
        let body = "\(APIKey.prefix)_\(kind.rawValue)_\(kid)_\(secret)"
        return body + "_" + APIKey.checksum(of: body.utf8)
    }
}

extension StaffToken: CustomStringConvertible, CustomReflectable {
    /// Without the secret.
    public var description: String { "\(APIKey.prefix)_\(kind.rawValue)_\(kid)_…" }

    /// Without the secret, so that `dump` does not show it either.
    public var customMirror: Mirror { Mirror(self, children: ["kind": kind, "kid": kid]) }
}
