import COpenSSL

/// An SSL_CTX with what client and server have in common: TLS 1.2 and 1.3, ephemeral keys, authenticated ciphers.
///
/// `@unchecked Sendable`: its owner configures it in an initialiser; afterwards connections of any thread are made from
/// it, which OpenSSL allows.
final class SSLContext: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ method: OpaquePointer?, versions: ClosedRange<TLSVersion>) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(method) else { throw .library(.context) }
        self.pointer = pointer
        COpenSSL_set_options(pointer)
        COpenSSL_set_modes(pointer)
        COpenSSL_keep_no_sessions(pointer)
        // 112 bits of security at least: RSA of 2,048 bits, elliptic curves of 224.
        SSL_CTX_set_security_level(pointer, 2)
        // TLS 1.3 has only ciphers that will do.
        guard
            COpenSSL_set_versions(pointer, versions.lowerBound.number, versions.upperBound.number) == 1,
            SSL_CTX_set_cipher_list(pointer, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
        else { throw .library(.context) }
    }

    deinit { SSL_CTX_free(pointer) }
}
