import COpenSSL

/// An X.509 certificate.
///
/// `@unchecked Sendable`: OpenSSL counts its owners atomically, and nobody changes it.
final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter pointer: an X509 that is owned from here on.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { X509_free(pointer) }

    /// Whether it is for this host (RFC 6125: its alternative names count, its subject does not).
    func isFor(host: UnsafePointer<CChar>) -> Bool {
        let flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
        return X509_check_host(pointer, host, 0, UInt32(flags), nil) == 1
    }
}

/// A private key.
///
/// `@unchecked Sendable`: OpenSSL counts its owners atomically, and nobody changes it.
final class PrivateKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter pointer: an EVP_PKEY that is owned from here on.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }
}
