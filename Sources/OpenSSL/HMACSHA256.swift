import COpenSSL

/// HMAC with SHA-256 (RFC 2104, FIPS 198-1) for many messages under one key.
///
/// Holds one libcrypto context and starts it afresh for every message, which costs about a sixth of the one-shot
/// function. One thread at a time; share a key between threads with ``HMACKey``.
///
/// The context is started with the key each time, not with the shorter "same key again" form: OpenSSL 3.0.0 to 3.0.2
/// answers that form with success and a wrong tag (issue 17811).
public final class HMACSHA256 {
    /// Bytes of a tag.
    public static let tagByteCount = 32

    private let key: SecretBytes
    private let context: OpaquePointer

    /// - Parameter key: 1 byte or more; RFC 2104 advises 32. Bytes beyond the 64th add nothing: such a key is hashed.
    /// - Throws: `invalidArgument` for an empty key, `library` when libcrypto has no HMAC.
    public convenience init(key: [UInt8]) throws(OpenSSLError) {
        try self.init(SecretBytes(key))
    }

    init(_ key: SecretBytes) throws(OpenSSLError) {
        guard key.count > 0 else { throw .invalidArgument("HMAC-SHA-256 key", "must not be empty") }
        ERR_clear_error()
        guard let algorithm = Algorithms.hmac, let context = EVP_MAC_CTX_new(algorithm) else {
            throw .library("HMAC-SHA-256 key")
        }
        guard COpenSSL_HMAC_SHA256_start(context, key.pointer, key.count) == 1 else {
            EVP_MAC_CTX_free(context)
            throw .library("HMAC-SHA-256 key")
        }
        self.key = key
        self.context = context
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// The tag of the parts as one message, as if they had been joined.
    ///
    /// Parts are not separated: authenticate a length or a separator that cannot occur where ("a", "bc") and
    /// ("ab", "c") must differ.
    public func authenticate(_ parts: UnsafeRawBufferPointer...) -> [UInt8] {
        start()
        for part in parts { update(part) }
        return finish()
    }

    /// The tag of the parts as one message, as if they had been joined.
    public func authenticate(_ parts: [UInt8]...) -> [UInt8] {
        authenticate(parts)
    }

    func authenticate(_ parts: [[UInt8]]) -> [UInt8] {
        start()
        for part in parts { part.withUnsafeBytes { update($0) } }
        return finish()
    }

    /// The tag of the UTF-8 bytes of a text.
    public func authenticate(_ text: String) -> [UInt8] {
        start()
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
        return finish()
    }

    /// Writes the tag of one message without allocating.
    /// - Parameter tag: exactly ``tagByteCount`` bytes; anything else is a precondition failure.
    public func authenticate(_ message: UnsafeRawBufferPointer, into tag: UnsafeMutableRawBufferPointer) {
        start()
        update(message)
        finish(into: tag)
    }

    /// Whether a tag belongs to a message, compared in constant time.
    public func isValid(tag: [UInt8], for message: [UInt8]) -> Bool {
        constantTimeEqual(authenticate(message), tag)
    }

    private func start() {
        if EVP_MAC_init(context, key.pointer, key.count, nil) != 1 { OpenSSLError.stop("HMAC-SHA-256 start") }
    }

    private func update(_ part: UnsafeRawBufferPointer) {
        guard let octets = part.octets, part.count > 0 else { return }
        if EVP_MAC_update(context, octets, part.count) != 1 { OpenSSLError.stop("HMAC-SHA-256 update") }
    }

    private func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.tagByteCount) { buffer, count in
            finish(into: UnsafeMutableRawBufferPointer(buffer))
            count = Self.tagByteCount
        }
    }

    private func finish(into tag: UnsafeMutableRawBufferPointer) {
        precondition(tag.count == Self.tagByteCount, "a tag has \(Self.tagByteCount) bytes")
        var written = 0
        guard EVP_MAC_final(context, tag.octets, &written, Self.tagByteCount) == 1, written == Self.tagByteCount else {
            OpenSSLError.stop("HMAC-SHA-256 end")
        }
    }
}
