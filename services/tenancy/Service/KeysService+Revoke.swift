import JSONRPC
import ServiceContract
import TenancyAPI

extension KeysService {
    /// Revokes a key. The runtime holds the reply until the gateway has forgotten the key, or its lease has run out.
    func revoke(
        _ params: Keys.Revoke.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> KeyRevocation {
        guard let key = try keys.find(params.id, in: transaction) else { throw .notFound("key", params.id) }
        if let revokedAt = key.revokedAt { throw .conflict("This key was revoked at \(revokedAt).") }
        try keys.revoke(key.id, at: call.now, reason: params.reason, in: transaction)
        try tellGateway(of: key.kid, at: call.now, in: transaction)
        return KeyRevocation(revokedAt: call.now)
    }
}
