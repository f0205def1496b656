import COpenSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An X.509 certificate.
///
/// `@unchecked Sendable`: OpenSSL counts its owners atomically, and nobody changes it.
final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter pointer: an X509 that is owned from here on.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { X509_free(pointer) }

    /// Since when and until when it is valid, in seconds since 1970; nil for dates that nobody can read.
    var validity: (from: Int64, until: Int64)? {
        var (from, until) = (tm(), tm())
        guard ASN1_TIME_to_tm(X509_get0_notBefore(pointer), &from) == 1,
            ASN1_TIME_to_tm(X509_get0_notAfter(pointer), &until) == 1
        else { return nil }
        return (Int64(timegm(&from)), Int64(timegm(&until)))
    }

    /// 2026-01-31 12:05 UTC.
    static func text(_ seconds: Int64) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(parts.tm_year + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
    }

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
