import COpenSSL

/// A key that seals and opens byte strings with AES-256 in Galois/Counter Mode (NIST SP 800-38D).
///
/// Sealed bytes are `nonce (12) ‖ ciphertext (as long as the plaintext) ‖ tag (16)`. The nonce is random, so one key
/// should seal at most 2³² texts (SP 800-38D, section 8.3). Threads may share a key.
public struct AES256GCM: Sendable {
    public static let keyByteCount = 32
    public static let nonceByteCount = 12
    public static let tagByteCount = 16
    /// Bytes that sealing adds.
    public static let overheadByteCount = nonceByteCount + tagByteCount
    /// The longest plaintext, and the longest associated data: 64 MiB each.
    public static let maximumByteCount = 64 << 20

    private let key: SecretBytes

    /// - Parameter key: exactly 32 bytes.
    /// - Throws: `invalidArgument` for another length.
    public init(key: [UInt8]) throws(OpenSSLError) {
        guard key.count == Self.keyByteCount else {
            throw .invalidArgument("AES-256-GCM key", "must have \(Self.keyByteCount) bytes, not \(key.count)")
        }
        self.key = SecretBytes(key)
    }

    /// Encrypts and authenticates under a new random nonce.
    /// - Parameters:
    ///   - plaintext: 0 to ``maximumByteCount`` bytes.
    ///   - associatedData: authenticated and not stored: `open` must be given the same. Name here what the sealed
    ///     bytes belong to, so that they cannot be moved to another owner.
    /// - Throws: `invalidArgument` for a text that is too long, `library` when there is no entropy or no memory.
    public func seal(_ plaintext: [UInt8], associatedData: [UInt8] = []) throws(OpenSSLError) -> [UInt8] {
        try seal(plaintext, nonce: try SecureRandom.bytes(Self.nonceByteCount), associatedData: associatedData)
    }

    /// For known answers: a nonce must never be used twice with one key, so callers get a random one.
    func seal(_ plaintext: [UInt8], nonce: [UInt8], associatedData: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        try Self.check(plaintext.count, "plaintext")
        try Self.check(associatedData.count, "associated data")
        guard nonce.count == Self.nonceByteCount else {
            throw .invalidArgument("AES-256-GCM", "the nonce must have \(Self.nonceByteCount) bytes")
        }
        ERR_clear_error()
        let cipher = try CipherContext(Algorithms.aes256GCM)
        var sealed = nonce
        sealed.append(contentsOf: plaintext)
        sealed.append(contentsOf: repeatElement(0, count: Self.tagByteCount))
        let done = sealed.withUnsafeMutableBytes { sealed in
            let text = sealed[Self.nonceByteCount...].dropLast(Self.tagByteCount)
            return cipher.encrypt(
                UnsafeMutableRawBufferPointer(rebasing: text), key: key,
                nonce: UnsafeRawBufferPointer(rebasing: sealed[..<Self.nonceByteCount]),
                associatedData: associatedData,
                tag: UnsafeMutableRawBufferPointer(rebasing: sealed.suffix(Self.tagByteCount)))
        }
        if !done { throw .library("AES-256-GCM seal") }
        return sealed
    }

    /// Checks and decrypts what `seal` gave.
    /// - Throws: `authenticationFailed` when key, sealed bytes or associated data are not the ones of the seal (which
    ///   of them is not said), `invalidArgument` for bytes too few or too many to be sealed ones.
    public func open(_ sealed: [UInt8], associatedData: [UInt8] = []) throws(OpenSSLError) -> [UInt8] {
        guard sealed.count >= Self.overheadByteCount else {
            throw .invalidArgument("AES-256-GCM open", "sealed bytes are at least \(Self.overheadByteCount)")
        }
        try Self.check(sealed.count - Self.overheadByteCount, "ciphertext")
        try Self.check(associatedData.count, "associated data")
        ERR_clear_error()
        let cipher = try CipherContext(Algorithms.aes256GCM)
        var text = [UInt8](sealed[Self.nonceByteCount...].dropLast(Self.tagByteCount))
        let isAuthentic = text.withUnsafeMutableBytes { text in
            sealed.withUnsafeBytes { sealed in
                cipher.decrypt(
                    text, key: key, nonce: UnsafeRawBufferPointer(rebasing: sealed[..<Self.nonceByteCount]),
                    associatedData: associatedData,
                    tag: UnsafeRawBufferPointer(rebasing: sealed.suffix(Self.tagByteCount)))
            }
        }
        guard isAuthentic else {
            // The text was decrypted before its tag could be compared: nothing of it may be left.
            text.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
            ERR_clear_error()
            throw OpenSSLError(kind: .authenticationFailed, operation: "AES-256-GCM open", reasons: [])
        }
        return text
    }

    private static func check(_ count: Int, _ what: String) throws(OpenSSLError) {
        guard count <= maximumByteCount else {
            throw .invalidArgument("AES-256-GCM", "the \(what) must have at most \(maximumByteCount) bytes")
        }
    }
}

/// One use of an authenticated cipher, in place.
private struct CipherContext: ~Copyable {
    private let cipher: OpaquePointer
    private let context: OpaquePointer

    init(_ cipher: OpaquePointer?) throws(OpenSSLError) {
        guard let cipher, let context = EVP_CIPHER_CTX_new() else { throw .library("AES-256-GCM") }
        self.cipher = cipher
        self.context = context
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    func encrypt(
        _ text: UnsafeMutableRawBufferPointer, key: SecretBytes, nonce: UnsafeRawBufferPointer,
        associatedData: [UInt8], tag: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var written: Int32 = 0
        guard EVP_EncryptInit_ex2(context, cipher, key.pointer, nonce.octets, nil) == 1,
            associatedData.isEmpty
                || EVP_EncryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1,
            text.isEmpty || EVP_EncryptUpdate(context, text.octets, &written, text.octets, Int32(text.count)) == 1
        else { return false }
        return EVP_EncryptFinal_ex(context, tag.octets, &written) == 1
            && COpenSSL_get_tag(context, tag.octets, Int32(tag.count)) == 1
    }

    func decrypt(
        _ text: UnsafeMutableRawBufferPointer, key: SecretBytes, nonce: UnsafeRawBufferPointer,
        associatedData: [UInt8], tag: UnsafeRawBufferPointer
    ) -> Bool {
        var written: Int32 = 0
        guard EVP_DecryptInit_ex2(context, cipher, key.pointer, nonce.octets, nil) == 1,
            associatedData.isEmpty
                || EVP_DecryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1,
            text.isEmpty || EVP_DecryptUpdate(context, text.octets, &written, text.octets, Int32(text.count)) == 1,
            COpenSSL_set_tag(context, tag.octets, Int32(tag.count)) == 1
        else { return false }
        // GCM writes nothing here; the pointer only has to be valid.
        var end: UInt8 = 0
        return EVP_DecryptFinal_ex(context, &end, &written) == 1
    }
}
