import CommonAPI
import GatewayAPI
import JSON
import OpenSSL
import PlatformAPI
import ServiceContract

/// Says, signed, what was done for a request: for the person, and for whoever supervises the brand.
struct PrivacyCertificate: Sendable {
    /// In front of what is signed, so that a signature means nothing else anywhere.
    static let context = "gyre-privacy-certificate-v1\n"

    private let key: Ed25519.PrivateKey

    /// - Parameter seed: 32 bytes from a file of their own.
    init(seed: [UInt8]) throws(OpenSSLError) {
        key = try Ed25519.PrivateKey(rawRepresentation: seed)
    }

    var publicKey: [UInt8] { key.publicKey.rawRepresentation }

    func signature(of payload: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        try key.signature(for: Array(Self.context.utf8) + payload)
    }

    /// What is certified of a request that is completed.
    ///
    /// - Parameters:
    ///   - evidence: what its kind says of it beside that.
    ///   - kept: what stays of the person's data in each service, and why, as its data map says.
    ///   - proof: that the audit log says that it was completed.
    static func payload(
        of request: StoredPrivacyRequest, _ services: [ServicePart], _ evidence: (name: String, value: JSONRaw)?,
        kept: [(service: String, tables: [StayingTable])], _ proof: EntryProof
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 2_048)
        writer.beginObject()
        writer.key("version")
        writer.int(3)
        writer.key("request")
        request.id.write(to: &writer)
        writer.key("brand")
        request.brand.write(to: &writer)
        writer.key("kind")
        writer.string(request.kind.rawValue)
        writer.key("regulation")
        writer.string(request.regulation.rawValue)
        writer.key("identity")
        writer.string(request.identity.rawValue)
        writer.key("receivedAt")
        request.receivedAt.write(to: &writer)
        if let dueAt = request.answerBy {
            writer.key("dueAt")
            dueAt.write(to: &writer)
        }
        if let endedAt = request.endedAt {
            writer.key("completedAt")
            endedAt.write(to: &writer)
        }
        writer.key("actors")
        request.actors.write(to: &writer)
        writer.key("services")
        services.write(to: &writer)
        if let evidence {
            writer.key(evidence.name)
            writer.raw(evidence.value)
        }
        writer.key("kept")
        writer.beginArray()
        for (service, tables) in kept {
            for table in tables { write(table, of: service, to: &writer) }
        }
        writer.endArray()
        writer.key("audit")
        proof.write(to: &writer)
        writer.endObject()
        return writer.bytes()
    }

    private static func write(_ table: StayingTable, of service: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("service")
        writer.string(service)
        writer.key("table")
        writer.string(table.table)
        writer.key("what")
        writer.string(table.holds)
        writer.key("why")
        writer.string(table.why)
        writer.key("howLong")
        writer.string(table.kept)
        writer.endObject()
    }
}

extension SignedCertificate {
    init(payload: JSONRaw, publicKey: [UInt8], signature: [UInt8]) {
        self.init(
            payload: payload, keyId: String(SHA256.hash(publicKey).description.prefix(16)),
            publicKey: Hexadecimal.encode(publicKey), signature: Hexadecimal.encode(signature))
    }
}
