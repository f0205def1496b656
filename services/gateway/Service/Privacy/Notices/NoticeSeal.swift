import CommonAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract

/// Seals whom a notice is about, and how to reach its recipient, while it waits: the person may be erased already.
struct NoticeSeal: Sendable {
    private let key: AES256GCM

    /// - Parameter key: 32 bytes from a file of their own.
    init(key: [UInt8]) throws(OpenSSLError) {
        self.key = try AES256GCM(key: key)
    }

    func close(_ recipient: SubjectRecipient, of request: UUIDv7) throws(RPCError) -> [UInt8] {
        do {
            return try key.seal(recipient.json(), associatedData: Self.owner(request))
        } catch {
            throw .internalError("A notice of \(request) cannot be sealed: \(error)")
        }
    }

    func open(_ sealed: [UInt8], of request: UUIDv7) throws(RPCError) -> SubjectRecipient {
        do {
            return try SubjectRecipient(
                json: try key.open(sealed, associatedData: Self.owner(request)), unknownMembers: .ignore)
        } catch {
            throw .internalError("A notice of \(request) cannot be opened: \(error)")
        }
    }

    private static func owner(_ request: UUIDv7) -> [UInt8] { Array("gyre privacy notice \(request)".utf8) }
}
