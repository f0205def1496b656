import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import TenancyAPI

extension KeysService {
    /// Revokes a key. The runtime holds the reply until the gateway has forgotten the key, or its lease has run out.
    func revoke(
        _ params: Keys.Revoke.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> KeyRevocation {
        guard let key = try keys.find(params.id, in: transaction) else { throw .notFound("key", params.id) }
        if let revokedAt = key.revokedAt { throw .conflict("This key was revoked at \(revokedAt).") }
        try ledger.append(.key(key.id, of: key.brandId, at: call.now))
        try keys.revoke(key.id, at: call.now, reason: params.reason, in: transaction)
        try tellGateway(of: key.kid, at: call.now, in: transaction)
        return KeyRevocation(revokedAt: call.now)
    }

    /// Revokes what the ledger says was revoked and this database, restored from a backup, does not know of.
    func revokeAgain(_ runtime: ServiceRuntime) async throws {
        let records = try ledger.records(of: .key)
        guard !records.isEmpty else { return }
        try await runtime.write(runtime.databases.serviceFile) { [keys] transaction throws(RPCError) in
            for record in records where record.access == nil {
                guard let key = try keys.find(record.request, in: transaction), key.revokedAt == nil else { continue }
                try keys.revoke(
                    key.id, at: record.at, reason: "revoked before a backup was restored", in: transaction)
            }
        }
    }
}
