import COpenSSL

/// Where a server's certificate and key lie.
public struct TLSCertificateFiles: Sendable, Equatable {
    /// PEM: the server's own certificate first, then those between it and a root, in order.
    public var certificateChain: String
    /// PEM, without a passphrase, and closed to other users of the machine.
    public var privateKey: String

    public init(certificateChain: String, privateKey: String) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }
}

/// A certificate chain and the key that proves it.
final class ServerIdentity: Sendable {
    let certificate: Certificate
    let key: PrivateKey
    /// The last second in which the certificate is valid, since 1970.
    let expiresAt: Int64
    private let intermediates: [Certificate]

    /// - Parameter now: seconds since 1970 at which the certificate must be valid; nil: its dates do not matter.
    /// - Throws: `unusableFile` for a file that is missing, is not PEM, is open to everyone, does not match the other, or
    ///   holds a certificate that is not valid now.
    init(_ files: TLSCertificateFiles, validAt now: Int64?) throws(TLSError) {
        let chain = try PEMFile(files.certificateChain, isSecret: false).certificates()
        key = try PEMFile(files.privateKey, isSecret: true).privateKey()
        certificate = chain[0]
        intermediates = Array(chain.dropFirst())
        guard X509_check_private_key(certificate.pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw .unusable(
                files.privateKey,
                "is not the key of the first certificate in \(files.certificateChain); "
                    + "put the server's own certificate first, or name the key it was made with")
        }
        guard let validity = certificate.validity else {
            throw .unusable(files.certificateChain, "holds a certificate whose dates cannot be read; have it made anew")
        }
        expiresAt = validity.until
        guard let now else { return }
        if now > validity.until {
            throw .unusable(
                files.certificateChain,
                "holds a certificate that expired on \(Certificate.text(validity.until)); renew it")
        }
        if now < validity.from {
            throw .unusable(
                files.certificateChain,
                "holds a certificate that is valid only from \(Certificate.text(validity.from)); "
                    + "is this machine's clock right?")
        }
    }

    /// Hands the intermediates to `use` as the stack that OpenSSL takes; valid during the call.
    func withIntermediates(_ use: (_ stack: OpaquePointer?) -> Int32) -> Bool {
        guard !intermediates.isEmpty else { return use(nil) == 1 }
        guard let stack = OPENSSL_sk_new_reserve(nil, Int32(intermediates.count)) else { return false }
        defer { OPENSSL_sk_free(stack) }
        for certificate in intermediates { OPENSSL_sk_push(stack, UnsafeRawPointer(certificate.pointer)) }
        return use(stack) == 1
    }
}
