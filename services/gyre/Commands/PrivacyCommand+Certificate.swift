import ArgumentParser
import AuditProof
import CommonAPI
import GatewayAPI
import Glibc
import JSON
import JSONRPC
import OpenSSL

extension PrivacyCommand {
    struct CertificateOf: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "certificate", abstract: "Prints the signed certificate of a completed request.",
            discussion: """
                It is JSON, whole and checkable without the suite. It holds a proof from the audit log, which is \
                signed each second: the command waits for it.

                EXAMPLE
                  gyre privacy certificate 01930000-0000-7000-8000-000000000051 > certificate.json
                """)

        @Argument(help: "The request's id, as `gyre privacy list` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions

        /// How long a certificate may wait for the audit log to be signed, which is done each second.
        private static let patience = Duration.seconds(15)

        func perform() async throws {
            let requests = PrivacyRequests.Client(try await caller.connect(suite))
            let end = ContinuousClock.now + Self.patience
            while true {
                do throws(RPCError) {
                    let certificate = try await requests.certificate(PrivacyRequests.Certificate.Params(id: id))
                    return Terminal.out(String(decoding: certificate.json(), as: UTF8.self) + "\n")
                } catch {
                    guard error.code == RPCError.Code.illegalTransition, ContinuousClock.now < end,
                        try await requests.get(PrivacyRequests.Get.Params(id: id)).status == .completed
                    else { throw error }
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks a certificate, without a suite.",
            discussion: """
                Says whether the signature is right, and whether the audit log has the entry that the request was \
                completed. That the keys are the suite's, only --key and --audit-key can show: `gyre privacy key` and \
                `gyre audit head` print them there.

                EXAMPLE
                  gyre privacy verify certificate.json --key 1f0c…
                """)

        @Argument(help: "The certificate's file.", completion: .file(extensions: ["json"]))
        var file: String

        @Option(help: ArgumentHelp("The suite's public key, 64 hexadecimal digits.", valueName: "key"))
        var key: String?

        @Option(help: ArgumentHelp("The id of the audit log's key, 64 hexadecimal digits.", valueName: "key id"))
        var auditKey: String?

        @OptionGroup var output: OutputOptions

        /// What was checked, for programs; a certificate that does not hold is an error.
        private struct Report: JSONWritable {
            let keyID: String
            /// Whether the key was compared with one that was given.
            let isKeyKnown: Bool

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.key("keyId")
                writer.string(keyID)
                writer.key("isKeyKnown")
                writer.bool(isKeyKnown)
                writer.endObject()
            }
        }

        func run() throws {
            let certificate = try Self.read(file)
            let problem = Self.problem(of: certificate, key: key) ?? Self.auditProblem(of: certificate, key: auditKey)
            if let problem { throw CommandFailure("\(file): \(problem)") }
            output.show(Report(keyID: certificate.keyId, isKeyKnown: key != nil)) {
                """
                The signature is right: nothing in \(file) was changed since key \(certificate.keyId) signed it.
                The audit log has the entry of its completion.
                \(key == nil ? "Whose key that is was not checked: compare it with `gyre privacy key` of the suite.\n" : "")
                """
            }
        }

        private static func read(_ path: String) throws(CommandFailure) -> SignedCertificate {
            guard let bytes = SmallFile.read(path) else { throw CommandFailure("\(path) cannot be read.") }
            do {
                return try SignedCertificate(json: bytes)
            } catch {
                throw CommandFailure(
                    "\(path) is no certificate: \(error.message), at \(error.pointer.isEmpty ? "its beginning" : error.pointer)."
                )
            }
        }

        /// What is wrong with a certificate; nil: nothing.
        static func problem(of certificate: SignedCertificate, key: String?) -> String? {
            if let key, key.lowercased() != certificate.publicKey {
                return "it is signed by another key: \(certificate.publicKey)."
            }
            guard let publicKey = Hexadecimal.decode(certificate.publicKey),
                let signature = Hexadecimal.decode(certificate.signature),
                let verifier = try? Ed25519.PublicKey(rawRepresentation: publicKey),
                String(SHA256.hash(publicKey).description.prefix(16)) == certificate.keyId
            else { return "its key or signature is none." }
            // Signed without white space; a program may have laid it out since.
            guard let payload = try? JSONValue(parsing: certificate.payload.bytes) else {
                return "its payload is none."
            }
            let message = Array("gyre-privacy-certificate-v1\n".utf8) + payload.json()
            let isValid = (try? verifier.isValid(signature: signature, for: message)) ?? false
            return isValid ? nil : "the signature is wrong: it was changed, or another key signed it."
        }

        /// What is wrong with what a certificate says of the audit log; nil: nothing.
        static func auditProblem(of certificate: SignedCertificate, key: String?) -> String? {
            guard let payload = try? JSONValue(parsing: certificate.payload.bytes), let audit = payload["audit"],
                let proof = try? EntryProof(json: JSONRaw(audit).bytes)
            else { return "it says nothing of the audit log." }
            if let problem = proof.problem { return problem + "." }
            guard let request = payload["request"]?.string, proof.entry.ids.map(\.description) == [request],
                proof.entry.brandId?.description == payload["brand"]?.string,
                proof.entry.method == "privacyRequests.complete",
                proof.entry.at.description == payload["completedAt"]?.string
            else { return "its audit entry is of something else." }
            if let key, key.lowercased() != proof.head.keyId {
                return "the audit log is signed by another key: \(proof.head.keyId)."
            }
            return nil
        }
    }

    struct PublicKey: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "key", abstract: "Prints the public key that a suite's certificates are checked with.",
            discussion: """
                Reads the suite's secrets, and so works only as the user that it runs as.

                EXAMPLE
                  gyre privacy key > certificates.pub
                """)

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        private struct Key: JSONWritable {
            let hexadecimal: String

            func write(to writer: inout JSONWriter) {
                writer.beginObject()
                writer.key("publicKey")
                writer.string(hexadecimal)
                writer.endObject()
            }
        }

        func perform() async throws {
            let path = suite.directory.path + "/secrets/privacy-certificates"
            guard let seed = SmallFile.read(path) else {
                throw CommandFailure("\(path) cannot be read.", remedy: "Start the suite once, and ask as its user.")
            }
            do {
                let key = try Ed25519.PrivateKey(rawRepresentation: seed)
                let shown = Key(hexadecimal: Hexadecimal.encode(key.publicKey.rawRepresentation))
                output.show(shown) { shown.hexadecimal + "\n" }
            } catch {
                throw CommandFailure("\(path) is no key: \(error).")
            }
        }
    }
}
