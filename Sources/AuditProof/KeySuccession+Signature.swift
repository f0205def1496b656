public import CommonAPI
public import OpenSSL

extension KeySuccession {
    /// Says what is signed: no signature made for anything else is one of a succession.
    private static let context = Array("gyre audit key succession 1\n".utf8)
    private static let adoptionContext = Array("gyre audit key adoption 1\n".utf8)

    /// Signs that `next` takes the place of `previous`.
    public static func signing(
        _ next: Ed25519.PublicKey, inPlaceOf previous: Ed25519.PrivateKey
    ) throws(OpenSSLError) -> KeySuccession {
        let (old, new) = (previous.publicKey.rawRepresentation, next.rawRepresentation)
        return KeySuccession(
            previousKey: Hexadecimal.encode(old), publicKey: Hexadecimal.encode(new),
            signature: Hexadecimal.encode(try previous.signature(for: context + old + new)))
    }

    /// Signs that `next` takes the place of a key that is lost: a break, which the platform has to order.
    ///
    /// - Parameter previousKey: in hexadecimal.
    public static func adopting(
        _ next: Ed25519.PrivateKey, inPlaceOf previousKey: String
    ) throws(OpenSSLError) -> KeySuccession {
        let new = next.publicKey.rawRepresentation
        let message = adoptionContext + (Hexadecimal.decode(previousKey) ?? []) + new
        return KeySuccession(
            previousKey: previousKey, publicKey: Hexadecimal.encode(new),
            signature: Hexadecimal.encode(try next.signature(for: message)))
    }

    /// Whether it is signed by the key that it says was the one before.
    public var isSigned: Bool { isSigned(by: previousKey, Self.context) }

    /// Whether the key before was lost, and the next one says so itself: no proof of anything, but who made it has it.
    public var isAdoption: Bool { isSigned(by: publicKey, Self.adoptionContext) }

    private func isSigned(by signer: String, _ context: [UInt8]) -> Bool {
        guard let old = Hexadecimal.decode(previousKey), let new = Hexadecimal.decode(publicKey),
            let signature = Hexadecimal.decode(signature), let signer = Hexadecimal.decode(signer),
            let key = try? Ed25519.PublicKey(rawRepresentation: signer)
        else { return false }
        return (try? key.isValid(signature: signature, for: context + old + new)) ?? false
    }

    /// Names the key before, as heads do.
    public var previousKeyID: String { Self.keyID(of: previousKey) }

    /// Names the key from then on, as heads do.
    public var keyID: String { Self.keyID(of: publicKey) }

    private static func keyID(of key: String) -> String {
        SHA256.hash(Hexadecimal.decode(key) ?? []).description
    }
}
