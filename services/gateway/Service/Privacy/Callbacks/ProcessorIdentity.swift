import OpenSSL
import ServiceKit

/// As whom Gyre signs what it tells other companies: a domain, and the RSA key and certificate for it, as OpenDSR 2.0
/// asks (sections 4.1, 4.2 and 8.6).
struct ProcessorIdentity: Sendable {
    /// The host under which the other companies reach this suite.
    let domain: String
    /// What they fetch to check signatures.
    let certificatePEM: [UInt8]
    private let key: RSASigningKey

    init(domain: String, key: RSASigningKey) throws(OpenSSLError) {
        self.domain = domain
        self.key = key
        certificatePEM = try key.certificatePEM
    }

    /// The configured certificate, or one that was made the first time, for trying things out: a self-signed one, which
    /// OpenDSR does not allow.
    static func load(_ configuration: CallbackConfiguration, secrets: String) throws -> ProcessorIdentity {
        if let certificate = configuration.certificateFile, let key = configuration.keyFile {
            return try ProcessorIdentity(
                domain: configuration.domain, key: read(certificate: certificate, key: key, for: configuration.domain))
        }
        let path = secrets + "/processor-certificate.pem"
        if FileBytes.read(path) == nil {
            let made = try RSASigningKey.selfSigned(host: configuration.domain)
            guard FileBytes.createDirectory(secrets),
                FileBytes.createDurably(try made.privateKeyPEM + made.certificatePEM, at: path)
            else { throw ProcessorIdentityError(description: "The key file \(path) cannot be written.") }
        }
        // One file, for a crash between two would leave a key and the certificate of another.
        return try ProcessorIdentity(
            domain: configuration.domain, key: read(certificate: path, key: path, for: configuration.domain))
    }

    private static func read(certificate: String, key: String, for domain: String) throws -> RSASigningKey {
        guard let certificateBytes = FileBytes.read(certificate) else {
            throw ProcessorIdentityError(description: "The certificate \(certificate) cannot be read.")
        }
        guard let keyBytes = FileBytes.read(key) else {
            throw ProcessorIdentityError(description: "The key \(key) cannot be read.")
        }
        let loaded: RSASigningKey
        do {
            loaded = try RSASigningKey(privateKey: keyBytes, certificate: certificateBytes)
        } catch {
            throw ProcessorIdentityError(description: "\(certificate) and \(key) cannot sign: \(error)")
        }
        guard loaded.isFor(host: domain) else {
            throw ProcessorIdentityError(
                description: "The certificate \(certificate) is not for \(domain), which GYRE_PROCESSOR_DOMAIN names. "
                    + "Name the host that it is for, or remove a file that was made for another.")
        }
        return loaded
    }

    /// What other companies put in front of a path to reach this suite; nil while nobody has said under which host.
    var publicURL: String? { domain == CallbackConfiguration.noDomain ? nil : "https://" + domain }

    /// The headers that say who sends `body`, and prove it: RSASSA-PKCS1-v1_5 with SHA-256 over exactly these bytes.
    func headers(for body: [UInt8]) throws(OpenSSLError) -> [(name: String, value: String)] {
        headers(try key.signature(for: body))
    }

    /// The same for a body that is too long to be held.
    func headers(forSHA256 digest: [UInt8]) throws(OpenSSLError) -> [(name: String, value: String)] {
        headers(try key.signature(ofSHA256: digest))
    }

    private func headers(_ signature: [UInt8]) -> [(name: String, value: String)] {
        [("X-OpenDSR-Processor-Domain", domain), ("X-OpenDSR-Signature", Base64.encode(signature))]
    }
}

/// Why nothing can be signed for other companies.
struct ProcessorIdentityError: Error, CustomStringConvertible {
    let description: String
}
