import JSON
import JSONRPC
import OpenSSL
import ServiceKit

/// Seals what other systems ask for, with AES-256-GCM under a key in a file of its own: a copy of the database alone
/// reveals nothing.
///
/// The seal names brand and integration: sealed bytes that were moved to another row do not open.
struct CredentialSeal: Sendable {
    private static let file = "integrations"
    private let cipher: AES256GCM

    /// Reads the key from a directory; makes it if there is none.
    init(directory: String) throws {
        cipher = try AES256GCM(key: SecretFile.key(named: Self.file, in: directory))
    }

    func seal(_ credentials: [String: String], of integration: UUIDv7, brand: UUIDv7) throws(RPCError) -> [UInt8] {
        let members = credentials.sorted { $0.key < $1.key }
        var object = JSONObject()
        for (name, value) in members { object[name] = .string(value) }
        do {
            return try cipher.seal(JSONValue.object(object).json(), associatedData: brand.bytes + integration.bytes)
        } catch {
            throw .internalError("The credentials of the integration \(integration) cannot be sealed: \(error)")
        }
    }

    func open(_ sealed: [UInt8], of integration: UUIDv7, brand: UUIDv7) throws(RPCError) -> [String: String] {
        let text: [UInt8]
        do {
            text = try cipher.open(sealed, associatedData: brand.bytes + integration.bytes)
        } catch {
            throw .internalError(
                "The credentials of the integration \(integration) do not open: is secrets/\(Self.file) the old one?")
        }
        guard let credentials = try? [String: String](json: text) else {
            throw .internalError("The credentials of the integration \(integration) are not of their form.")
        }
        return credentials
    }
}
