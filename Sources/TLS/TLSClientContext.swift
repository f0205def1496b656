import COpenSSL

/// What a client needs for its handshakes: the roots it trusts and the application protocols it offers.
///
/// Immutable; connections of all threads share it. Every connection verifies the server's chain and host name: there is
/// no switch to turn that off.
public final class TLSClientContext: Sendable {
    /// Whose certificates are believed.
    public enum Roots: Sendable, Equatable {
        /// The machine's own store, where OpenSSL looks for it (`openssl version -d`).
        case system
        /// The certificates in this PEM file, and no others.
        case file(String)
    }

    let context: SSLContext

    /// - Parameters:
    ///   - applicationProtocols: ALPN names, the preferred first; empty offers none.
    ///   - versions: narrower than TLS 1.2 and 1.3 only for tests.
    /// - Throws: `unusableFile` for roots that cannot be read, `limitExceeded` for protocol names of a wrong length.
    public init(
        roots: Roots = .system, applicationProtocols: [String] = [],
        versions: ClosedRange<TLSVersion> = .version12 ... .version13
    ) throws(TLSError) {
        let protocols = try ApplicationProtocols(applicationProtocols)
        context = try SSLContext(TLS_client_method(), versions: versions)
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        switch roots {
        case .system:
            guard SSL_CTX_set_default_verify_paths(context.pointer) == 1 else { throw .library(.context) }
        case .file(let path):
            let store = SSL_CTX_get_cert_store(context.pointer)
            for certificate in try PEMFile(path, isSecret: false).certificates() {
                guard X509_STORE_add_cert(store, certificate.pointer) == 1 else { throw .library(.certificates) }
            }
        }
        // Answers 0 on success, unlike its neighbours; OpenSSL copies the list.
        let octets = protocols.octets
        guard octets.isEmpty || SSL_CTX_set_alpn_protos(context.pointer, octets.baseAddress, UInt32(octets.count)) == 0
        else { throw .library(.context) }
        withExtendedLifetime(protocols) {}
    }
}
