import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import TenancyAPI

extension KeysService {
    /// Changes a key. The runtime holds the reply until the gateway has forgotten what the key could do before.
    func update(
        _ params: Keys.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Key {
        let key = try usable(params.id, at: call.now, in: transaction)
        if let scopes = params.scopes { try check(scopes: scopes) }
        let end = params.expiresAt.applied(to: key.expiresAt)
        if params.expiresAt != .keep {
            try check(expiry: end, at: call.now)
            if let successor = key.replacedById {
                throw .illegalTransition("This key was replaced by \(successor), and ends when the rotation said.")
            }
        }
        let changed = Key(
            id: key.id, brandId: key.brandId, kid: key.kid, name: params.name ?? key.name, mode: key.mode,
            scopes: params.scopes ?? key.scopes, allowedIndustries: params.allowedIndustries ?? key.allowedIndustries,
            allowedSegments: params.allowedSegments ?? key.allowedSegments,
            ratePerSecond: params.ratePerSecond ?? key.ratePerSecond, burst: params.burst ?? key.burst,
            dailyQuota: params.dailyQuota.applied(to: key.dailyQuota),
            monthlyQuota: params.monthlyQuota.applied(to: key.monthlyQuota), bucketId: key.bucketId,
            status: key.status, createdAt: key.createdAt, expiresAt: end, revokedAt: key.revokedAt,
            replacedById: key.replacedById, requests: key.requests, tokens: key.tokens, lastUsedAt: key.lastUsedAt,
            version: key.version + 1)
        guard try keys.update(changed, expecting: params.version, in: transaction) else {
            throw .versionMismatch("key", expected: Int64(params.version), actual: Int64(key.version))
        }
        try ledger.append(.key(key.id, of: key.brandId, may: LedgerAccess(changed), at: call.now))
        // A rotated key and what replaced it: were their limits different, calls with the one would fill the bucket of the
        // other.
        try keys.shareLimits(of: changed, in: transaction)
        try tellGateway(of: key.kid, at: call.now, in: transaction)
        return changed
    }

    /// A key that still opens something.
    func usable(
        _ id: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Key {
        guard let key = try keys.find(id, in: transaction) else { throw .notFound("key", id) }
        if let revokedAt = key.revokedAt {
            throw .illegalTransition("This key was revoked at \(revokedAt); create a new one.")
        }
        if let end = key.expiresAt, end <= time {
            throw .illegalTransition("This key ended at \(end); create a new one.")
        }
        return key
    }
}
