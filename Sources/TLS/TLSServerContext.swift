import COpenSSL

/// What a server needs for its handshakes: certificates by host name, and the application protocols it speaks.
///
/// Immutable; connections of all threads share it. Session tickets are sealed under random keys of its own: those of an
/// earlier context lead to a full handshake.
public final class TLSServerContext: Sendable {
    /// Certificates that one context can choose from.
    public static let maximumCertificateCount = 64

    /// When the first of the certificates ceases to be valid, in seconds since 1970.
    public let expiresAt: Int64

    let context: SSLContext
    private let choices: Choices

    /// - Parameters:
    ///   - certificates: 1 to ``maximumCertificateCount``. A client that names a host (SNI) gets the first that is for
    ///     that host; every other client gets the first of all.
    ///   - applicationProtocols: ALPN names, the preferred first, such as `["http/1.1"]`. A client that names protocols
    ///     and none of these is refused; with an empty list, and for a client that names none, nothing is agreed.
    ///   - versions: TLS 1.2 and 1.3, or one of them.
    ///   - now: seconds since 1970; a certificate that is not valid then is refused. Nil: dates do not matter.
    /// - Throws: `unusableFile`, whose text names the file and what to do; `limitExceeded` for too many or no
    ///   certificates, or protocol names of a wrong length.
    public init(
        certificates: [TLSCertificateFiles], applicationProtocols: [String] = [],
        versions: ClosedRange<TLSVersion> = .version12 ... .version13, validAt now: Int64? = nil
    ) throws(TLSError) {
        guard (1...Self.maximumCertificateCount).contains(certificates.count) else {
            throw TLSError(
                .context, .limitExceeded,
                "a server needs 1 to \(Self.maximumCertificateCount) certificates, not \(certificates.count)")
        }
        var identities: [ServerIdentity] = []
        for files in certificates { identities.append(try ServerIdentity(files, validAt: now)) }
        let choices = Choices(identities, try ApplicationProtocols(applicationProtocols))
        let context = try SSLContext(TLS_server_method(), versions: versions)
        self.choices = choices
        self.context = context
        expiresAt = identities.reduce(.max) { min($0, $1.expiresAt) }

        let first = identities[0]
        let isInstalled = first.withIntermediates { intermediates in
            SSL_CTX_use_cert_and_key(context.pointer, first.certificate.pointer, first.key.pointer, intermediates, 1)
        }
        guard isInstalled else { throw .library(.certificates) }
        // Unretained: a connection holds this object for as long as OpenSSL may call.
        let argument = Unmanaged.passUnretained(choices).toOpaque()
        if identities.count > 1 {
            SSL_CTX_set_cert_cb(
                context.pointer, { connection, choices in Choices.of(choices).chooseCertificate(for: connection) },
                argument)
        }
        if !choices.protocols.octets.isEmpty {
            SSL_CTX_set_alpn_select_cb(
                context.pointer,
                { _, chosen, chosenCount, offered, offeredCount, choices in
                    Choices.of(choices).chooseProtocol(chosen, chosenCount, offered, offeredCount)
                }, argument)
        }
    }
}

/// What the server decides during a handshake.
private final class Choices: Sendable {
    let identities: [ServerIdentity]
    let protocols: ApplicationProtocols

    init(_ identities: [ServerIdentity], _ protocols: ApplicationProtocols) {
        self.identities = identities
        self.protocols = protocols
    }

    static func of(_ argument: UnsafeMutableRawPointer?) -> Choices {
        guard let argument else { preconditionFailure("a TLS context was made without its choices") }
        return Unmanaged<Choices>.fromOpaque(argument).takeUnretainedValue()
    }

    /// Answers 1, or 0 to end the handshake.
    func chooseCertificate(for connection: OpaquePointer?) -> Int32 {
        guard let host = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name),
            let identity = identities.first(where: { $0.certificate.isFor(host: host) }), identity !== identities[0]
        else { return 1 }
        let isInstalled = identity.withIntermediates { intermediates in
            SSL_use_cert_and_key(connection, identity.certificate.pointer, identity.key.pointer, intermediates, 1)
        }
        return isInstalled ? 1 : 0
    }

    func chooseProtocol(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ chosenCount: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32
    ) -> Int32 {
        var choice: UnsafeMutablePointer<UInt8>?
        let outcome = SSL_select_next_proto(
            &choice, chosenCount, protocols.octets.baseAddress, UInt32(protocols.octets.count), offered, offeredCount)
        guard outcome == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        chosen?.pointee = UnsafePointer(choice)
        return SSL_TLSEXT_ERR_OK
    }
}
