import COpenSSL

/// A key that signs by RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), and the certificate that vouches for it.
///
/// For protocols that ask for it; what is Gyre's own is signed by ``Ed25519``. Threads may share it.
public final class RSASigningKey: @unchecked Sendable {
    // Unchecked: complete when it is made and never changed; libcrypto counts references atomically and locks what it
    // caches inside.
    private let key: OpaquePointer
    private let certificate: OpaquePointer

    public static let minimumBits: Int32 = 2_048

    private init(key: OpaquePointer, certificate: OpaquePointer) {
        self.key = key
        self.certificate = certificate
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// - Parameters:
    ///   - privateKey: PEM, without a passphrase.
    ///   - certificate: PEM; the first one is the key's.
    /// - Throws: `invalidArgument` for what is no RSA key of 2,048 bits, no certificate, or not that key's.
    public convenience init(privateKey: [UInt8], certificate: [UInt8]) throws(OpenSSLError) {
        ERR_clear_error()
        guard let key = Self.read(privateKey, { PEM_read_bio_PrivateKey($0, nil, nil, nil) }) else {
            throw .invalidArgument("RSA key", "is no private key in PEM without a passphrase")
        }
        guard let x509 = Self.read(certificate, { PEM_read_bio_X509($0, nil, nil, nil) }) else {
            EVP_PKEY_free(key)
            throw .invalidArgument("RSA certificate", "is no certificate in PEM")
        }
        self.init(key: key, certificate: x509)
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, EVP_PKEY_get_bits(key) >= Self.minimumBits else {
            throw .invalidArgument("RSA key", "is none of RSA with at least \(Self.minimumBits) bits")
        }
        guard X509_check_private_key(x509, key) == 1 else {
            ERR_clear_error()
            throw .invalidArgument("RSA certificate", "is not the key's")
        }
    }

    /// A new key of 2,048 bits, with a certificate that it signed itself: good for trying things out, where nobody
    /// asks who vouches for it.
    ///
    /// - Parameters:
    ///   - host: whose it is, as its subject and its alternative name; at most 64 bytes.
    ///   - validDays: from an hour ago on.
    public static func selfSigned(host: String, validDays: Int = 3_650) throws(OpenSSLError) -> RSASigningKey {
        guard (1...64).contains(host.utf8.count) else {
            throw .invalidArgument("RSA certificate", "names a host of 1 to 64 bytes")
        }
        ERR_clear_error()
        let key = try generate()
        guard let certificate = X509_new() else {
            EVP_PKEY_free(key)
            throw .library("RSA certificate")
        }
        let made = RSASigningKey(key: key, certificate: certificate)
        let name = X509_get_subject_name(certificate)
        var serial = try SecureRandom.bytes(8)
        serial[0] &= 0x7F
        let number = serial.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), max(number, 1)) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -3_600) != nil,
            X509_time_adj_ex(X509_getm_notAfter(certificate), Int32(validDays), 0, nil) != nil,
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, host, -1, -1, 0) == 1,
            X509_set_issuer_name(certificate, name) == 1, X509_set_pubkey(certificate, key) == 1,
            add(NID_subject_alt_name, "DNS:\(host)", to: certificate),
            add(NID_key_usage, "critical,digitalSignature", to: certificate),
            X509_sign(certificate, key, EVP_sha256()) > 0
        else { throw .library("RSA certificate") }
        return made
    }

    private static let MBSTRING_UTF8: Int32 = 0x1000

    private static func generate() throws(OpenSSLError) -> OpaquePointer {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { throw .library("RSA key") }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, minimumBits) == 1,
            EVP_PKEY_keygen(context, &key) == 1, let key
        else { throw .library("RSA key") }
        return key
    }

    private static func add(_ name: Int32, _ value: String, to certificate: OpaquePointer) -> Bool {
        guard let part = X509V3_EXT_conf_nid(nil, nil, name, value) else { return false }
        defer { X509_EXTENSION_free(part) }
        return X509_add_ext(certificate, part, -1) == 1
    }

    /// The signature of a message of any length; the same message always gives the same one.
    public func signature(for message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new() else { throw .library("RSA sign") }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { throw .library("RSA sign") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            throw .library("RSA sign")
        }
        return Array(signature[..<count])
    }

    /// The signature of a message of which only the SHA-256 digest is at hand: the same as of the whole message.
    ///
    /// - Parameter digest: 32 bytes.
    public func signature(ofSHA256 digest: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard digest.count == 32 else { throw .invalidArgument("SHA-256 digest", "has 32 bytes") }
        ERR_clear_error()
        guard let context = EVP_PKEY_CTX_new(key, nil) else { throw .library("RSA sign") }
        defer { EVP_PKEY_CTX_free(context) }
        var count = 0
        guard EVP_PKEY_sign_init(context) == 1, EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1,
            EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1,
            EVP_PKEY_sign(context, nil, &count, digest, digest.count) == 1
        else { throw .library("RSA sign") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_PKEY_sign(context, &signature, &count, digest, digest.count) == 1 else {
            throw .library("RSA sign")
        }
        return Array(signature[..<count])
    }

    /// Whether the certificate is for this host name.
    public func isFor(host: String) -> Bool {
        X509_check_host(certificate, host, host.utf8.count, 0, nil) == 1
    }

    /// The certificate, in PEM.
    public var certificatePEM: [UInt8] {
        get throws(OpenSSLError) {
            try Self.write("RSA certificate") { PEM_write_bio_X509($0, certificate) }
        }
    }

    /// The private key, in PEM and in clear: whoever has it can sign.
    public var privateKeyPEM: [UInt8] {
        get throws(OpenSSLError) {
            try Self.write("RSA key") { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
        }
    }

    private static func read<T>(_ pem: [UInt8], _ read: (OpaquePointer) -> T?) -> T? {
        pem.withUnsafeBytes { bytes in
            guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { BIO_free(bio) }
            let value = read(bio)
            ERR_clear_error()
            return value
        }
    }

    private static func write(
        _ operation: String, _ write: (OpaquePointer) -> Int32
    ) throws(OpenSSLError) -> [UInt8] {
        ERR_clear_error()
        guard let bio = BIO_new(BIO_s_mem()) else { throw .library(operation) }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw .library(operation) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = BIO_read(bio, &chunk, Int32(chunk.count))
            guard count > 0 else { return bytes }
            bytes += chunk[..<Int(count)]
        }
    }
}
