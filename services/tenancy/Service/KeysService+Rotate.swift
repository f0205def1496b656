import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit
import TenancyAPI

extension KeysService {
    /// Replaces a key by one that may do the same. Both are counted in one bucket, so that a rotation opens no second
    /// allowance; the old one ends after the overlap, to the millisecond, because the gateway reads when on every call.
    func rotate(
        _ params: Keys.Rotate.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> KeyRotation {
        let old = try usable(params.id, at: call.now, in: transaction)
        if let successor = old.replacedById {
            throw .conflict("This key was rotated already: rotate the one in its place, \(successor).")
        }
        let (apiKey, record) = try make(
            Draft(
                brandID: old.brandId, name: old.name, mode: old.mode, scopes: old.scopes,
                allowedIndustries: old.allowedIndustries, allowedSegments: old.allowedSegments,
                ratePerSecond: old.ratePerSecond, burst: old.burst, dailyQuota: old.dailyQuota,
                monthlyQuota: old.monthlyQuota, bucketID: old.bucketId, expiresAt: params.expiresAt ?? old.expiresAt),
            at: call.now, in: transaction)
        let overlap = Timestamp(microseconds: call.now.microseconds + Int64(params.overlapMilliseconds) * 1_000)
        let end = min(overlap, old.expiresAt ?? overlap)
        try keys.replace(old.id, by: record.id, endingAt: end, in: transaction)
        let access = LedgerAccess(
            version: old.version + 1, scopes: old.scopes, industries: old.allowedIndustries.map(\.rawValue),
            segments: old.allowedSegments, expiresAt: end)
        try ledger.append(.key(old.id, of: old.brandId, may: access, at: call.now))
        try tellGateway(of: old.kid, at: call.now, in: transaction)
        return KeyRotation(key: apiKey.text, record: record, replacedEndsAt: end)
    }
}
