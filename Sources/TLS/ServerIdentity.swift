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
    private let intermediates: [Certificate]

    /// - Throws: `unusableFile` for a file that is missing, is not PEM, is open to everyone, or does not match the other.
    init(_ files: TLSCertificateFiles) throws(TLSError) {
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
