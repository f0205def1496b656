import AuditProof
import CivilTime
import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import OutboundHTTP
import PlatformAPI
import SQLite
import ServiceContract
import ServiceLifecycle
import Synchronization
import TenancyAPI
import Testing

@testable import GatewayService
@testable import ServiceKit

/// What the certificate of a privacy request says, and when there is one.
@Suite struct PrivacyCertificateTests {
    @Test("A completed request has a certificate that its key signed, and that names nobody")
    func certificates() async throws {
        let suite = try SagaSuite(
            services: [
                "signals": FakeService([
                    .found(
                        identifiers: [], actors: [UUIDv7(milliseconds: 1, sequence: 0, random: 5)],
                        rows: [("signals", 3)])
                ])
            ], order: ["signals"])
        let request = try await suite.submit([("email", "unmistakable@example.org")])
        _ = try await suite.completed(request)
        let certificate = try await suite.certificate(request)
        let text = certificate.payload.description
        #expect(text.contains("\"table\":\"signals\",\"rows\":3") && !text.contains("unmistakable"))
        let key = try Ed25519.PublicKey(rawRepresentation: try #require(Hexadecimal.decode(certificate.publicKey)))
        let signature = try #require(Hexadecimal.decode(certificate.signature))
        let message = Array(PrivacyCertificate.context.utf8) + certificate.payload.bytes
        #expect(try key.isValid(signature: signature, for: message))
        #expect(try !key.isValid(signature: signature, for: message + [0x20]))
        let proof = try EntryProof(
            json: JSONRaw(#require(JSONValue(parsing: certificate.payload.bytes)["audit"])).bytes)
        #expect(proof.problem == nil)
        await suite.stop()
    }

    @Test("The transaction that completes a request tells the audit log, once, and the certificate waits for its proof")
    func auditEntry() async throws {
        let tenancy = FakeService([.unavailable])
        let suite = try SagaSuite(
            services: ["signals": FakeService([.found(identifiers: [], actors: [], rows: [])]), "tenancy": tenancy],
            order: ["signals"])
        tenancy.refusesProofs = true
        let request = try await suite.submit([("email", "a@example.org")])
        _ = try await suite.completed(request)
        let entry = try await suite.runtime.read(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT entry FROM privacy_audit_entries WHERE request = :id", [":id": request]) {
                $0.uuid(0)
            }
        }
        let told = try await suite.runtime.read(suite.runtime.databases.serviceFile) { transaction throws(RPCError) in
            try transaction.all("SELECT body FROM outbox WHERE topic = 'audit.recorded'") { $0.text(0) }
        }
        #expect(entry.count == 1 && told.count == 1)
        let message = try AuditEntryMessage(json: Array(try #require(told.first).utf8))
        #expect(message.id == entry.first && message.ids == [request] && message.method == "privacyRequests.complete")
        #expect(message.brand == SagaSuite.brand && message.fields.isEmpty)
        await #expect(throws: RPCError.self) { try await suite.certificateNow(request) }
        tenancy.refusesProofs = false
        try await suite.look()
        #expect(try await suite.certificateNow(request).payload.description.contains("\(try #require(entry.first))"))
        await suite.stop()
    }

    /// A service with one table that is somebody's and one that is nobody's.
    static let people = DataMap([
        DataMap.Table(
            "people", "who there is", .actor("number"), kept: "for a year",
            rights: DataMap.Rights(
                access: .withheld("x"), portability: .withheld("x"), correction: .replaced("history")),
            columns: ["number"]),
        DataMap.Table("figures", "how many there are", .nobody, columns: ["count"]),
    ])

    @Test("A table that a service adds to its data map shows up in the next certificate by itself, with its reason")
    func kept() async throws {
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let stimuli = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(
            services: ["signals": signals, "stimuli": stimuli], order: ["signals", "stimuli"])
        signals.dataMap = Self.people
        #expect(try await suite.kept(after: suite.submit([("email", "a@example.org")])).isEmpty)
        let invoices = DataMap.Table(
            "invoices", "what was paid", .nobody, kept: "ten years",
            afterErasure: "books must be kept: GDPR Art. 17(3)(b)", columns: ["number"])
        stimuli.dataMap = DataMap([invoices] + Self.people.tables)
        let kept = try await suite.kept(after: suite.submit([("email", "b@example.org")]))
        #expect(
            kept == [
                [
                    "service": "stimuli", "table": "invoices", "what": "what was paid",
                    "why": "books must be kept: GDPR Art. 17(3)(b)", "howLong": "ten years",
                ]
            ])
        await suite.stop()
    }

    @Test("A certificate waits for a service that does not say what it keeps")
    func keptUnknown() async throws {
        let signals = FakeService([.found(identifiers: [], actors: [], rows: [])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"], runs: false)
        let request = try await suite.submit([("email", "a@example.org")])
        signals.hidesDataMap = true
        try await suite.look()
        #expect(try await suite.status(request) == .completed)
        await #expect(throws: RPCError.self) { try await suite.certificateNow(request) }
        signals.hidesDataMap = false
        try await suite.look()
        _ = try await suite.certificateNow(request)
        await suite.stop()
    }

    @Test("Each kind of request leaves what the data map says, and no other")
    func rules() {
        for kind in DataMaps.Staying.Params.After.allCases {
            let tables = Self.people.staying(after: kind).map(\.table)
            let expected = kind == .erasure || kind == .correction ? [] : ["people"]
            #expect(tables == expected, "\(kind)")
            #expect(PrivacyKind(rawValue: kind.rawValue) != nil)
        }
        #expect(DataMaps.Staying.Params.After.allCases.count == PrivacyKind.allCases.count)
    }

    @Test("A request that has no certificate says where it stands")
    func noCertificate() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let request = try await suite.submit([("email", "a@example.org")], identity: .code).id
        await #expect(
            throws: RPCError.illegalTransition(
                "This request is received; only one that is completed has a certificate.")
        ) { try await suite.certificate(request) }
        await suite.stop()
    }
}
