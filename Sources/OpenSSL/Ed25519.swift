import COpenSSL

/// Signatures over Curve25519 (RFC 8032, the pure variant): deterministic, 64 bytes, no nonce to get wrong.
public enum Ed25519 {
    /// Bytes of a private key's seed and of a public key, as RFC 8032 writes them.
    public static let keyByteCount = 32
    public static let signatureByteCount = 64

    /// A key that signs. Threads may share it.
    public struct PrivateKey: Sendable {
        private let key: KeyHandle
        public let publicKey: PublicKey

        /// A new key from the system's randomness.
        /// - Throws: `library` when the system has no entropy to give.
        public init() throws(OpenSSLError) {
            let seed = try SecretBytes(count: keyByteCount) { buffer throws(OpenSSLError) in
                if !SecureRandom.fill(buffer) { throw .library("Ed25519 key") }
            }
            try self.init(seed)
        }

        /// A key that was kept.
        /// - Parameter rawRepresentation: the 32 bytes of the seed.
        /// - Throws: `invalidArgument` for another length.
        public init(rawRepresentation: [UInt8]) throws(OpenSSLError) {
            try self.init(SecretBytes(rawRepresentation))
        }

        private init(_ seed: SecretBytes) throws(OpenSSLError) {
            guard seed.count == keyByteCount else {
                throw .invalidArgument("Ed25519 key", "must have \(keyByteCount) bytes, not \(seed.count)")
            }
            key = try KeyHandle(seed: seed)
            publicKey = try PublicKey(of: key)
        }

        /// The 32 bytes of the seed: whoever has them can sign.
        public var rawRepresentation: [UInt8] {
            get throws(OpenSSLError) { try key.raw("Ed25519 private key", EVP_PKEY_get_raw_private_key) }
        }

        /// The 64-byte signature of a message of any length; the same message always gives the same one.
        public func signature(for message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
            try DigestContext().sign(message, with: key)
        }
    }

    /// A key that checks signatures. Threads may share it.
    public struct PublicKey: Sendable, Hashable {
        private let key: KeyHandle
        /// The 32 bytes of the encoded point.
        public let rawRepresentation: [UInt8]

        /// A key that was published.
        /// - Throws: `invalidArgument` for another length than 32 bytes. Whether the bytes name a point of the curve
        ///   shows only when a signature is checked: for others none is valid.
        public init(rawRepresentation: [UInt8]) throws(OpenSSLError) {
            guard rawRepresentation.count == keyByteCount else {
                throw .invalidArgument(
                    "Ed25519 public key", "must have \(keyByteCount) bytes, not \(rawRepresentation.count)")
            }
            key = try KeyHandle(point: rawRepresentation)
            self.rawRepresentation = rawRepresentation
        }

        fileprivate init(of key: KeyHandle) throws(OpenSSLError) {
            self.key = key
            rawRepresentation = try key.raw("Ed25519 public key", EVP_PKEY_get_raw_public_key)
        }

        /// Whether the signature is this key's for exactly this message.
        /// - Returns: false for a signature of any other length, too.
        /// - Throws: `library` only when there is no memory.
        public func isValid(signature: [UInt8], for message: [UInt8]) throws(OpenSSLError) -> Bool {
            guard signature.count == signatureByteCount else { return false }
            return try DigestContext().verify(signature, for: message, with: key)
        }

        public static func == (left: PublicKey, right: PublicKey) -> Bool {
            left.rawRepresentation == right.rawRepresentation
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(rawRepresentation)
        }
    }
}

/// Owns an `EVP_PKEY`.
///
/// `@unchecked Sendable`: the key is complete when it is made and never changed; libcrypto counts references to it
/// atomically and locks what it caches inside.
private final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }

    convenience init(seed: borrowing SecretBytes) throws(OpenSSLError) {
        ERR_clear_error()
        guard let pointer = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed.pointer, seed.count) else {
            throw .library("Ed25519 key")
        }
        self.init(pointer)
    }

    convenience init(point: [UInt8]) throws(OpenSSLError) {
        ERR_clear_error()
        guard let pointer = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, point, point.count) else {
            throw .library("Ed25519 public key")
        }
        self.init(pointer)
    }

    func raw(
        _ operation: String, _ read: (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?) -> Int32
    ) throws(OpenSSLError) -> [UInt8] {
        ERR_clear_error()
        var bytes = [UInt8](repeating: 0, count: Ed25519.keyByteCount)
        var count = bytes.count
        guard read(pointer, &bytes, &count) == 1, count == Ed25519.keyByteCount else { throw .library(operation) }
        return bytes
    }
}

/// One signing or checking.
private struct DigestContext: ~Copyable {
    private let context: OpaquePointer

    init() throws(OpenSSLError) {
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new() else { throw .library("Ed25519") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    func sign(_ message: [UInt8], with key: KeyHandle) throws(OpenSSLError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Ed25519.signatureByteCount)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else { throw .library("Ed25519 sign") }
        return signature
    }

    func verify(_ signature: [UInt8], for message: [UInt8], with key: KeyHandle) throws(OpenSSLError) -> Bool {
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key.pointer) == 1 else { throw .library("Ed25519 verify") }
        let verdict = EVP_DigestVerify(context, signature, signature.count, message, message.count)
        // A signature that is none leaves its reason in the queue; the verdict says enough.
        ERR_clear_error()
        return verdict == 1
    }
}
