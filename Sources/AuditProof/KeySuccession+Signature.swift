public import CommonAPI
public import OpenSSL

extension KeySuccession {
    /// Says what is signed: no signature made for anything else is one of a succession.
    private static let context = Array("gyre audit key succession 1\n".utf8)

    /// Signs that `next` takes the place of `previous`.
    public static func signing(
        _ next: Ed25519.PublicKey, inPlaceOf previous: Ed25519.PrivateKey
    ) throws(OpenSSLError) -> KeySuccession {
        let (old, new) = (previous.publicKey.rawRepresentation, next.rawRepresentation)
        return KeySuccession(
            previousKey: Hexadecimal.encode(old), publicKey: Hexadecimal.encode(new),
            signature: Hexadecimal.encode(try previous.signature(for: context + old + new)))
    }

    /// Whether it is signed by the key that it says was the one before.
    public var isSigned: Bool {
        guard let old = Hexadecimal.decode(previousKey), let new = Hexadecimal.decode(publicKey),
            let signature = Hexadecimal.decode(signature), let key = try? Ed25519.PublicKey(rawRepresentation: old)
        else { return false }
        return (try? key.isValid(signature: signature, for: Self.context + old + new)) ?? false
    }

    /// Names the key before, as heads do.
    public var previousKeyID: String { Self.keyID(of: previousKey) }

    /// Names the key from then on, as heads do.
    public var keyID: String { Self.keyID(of: publicKey) }

    private static func keyID(of key: String) -> String {
        SHA256.hash(Hexadecimal.decode(key) ?? []).description
    }
}
