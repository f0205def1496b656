import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import TenancyAPI

extension KeysService {
    /// Proves a key. A kid that does not exist costs the same reading, hash and comparison as a wrong secret, and is
    /// answered with the same bytes.
    ///
    /// A revoked or expired key is proved too, and so is one of a suspended brand: the gateway reads that and refuses it.
    func verify(
        _ params: Keys.Verify.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Keys.Verify.Reply {
        let proof = try keys.proof(atOrAfter: params.kid, in: transaction)
        let digest = try peppers.digest(
            of: params.secret, kid: params.kid, brand: proof?.brand ?? Self.noBrand,
            version: proof?.pepperVersion ?? peppers.current)
        let isProved = constantTimeEqual(digest, proof?.digest ?? Self.noDigest)
        var record: Key?
        if isProved, let proof, proof.kid == params.kid { record = try keys.find(proof.id, in: transaction) }
        if record?.mode != params.mode { record = nil }
        var brand: Brand?
        if let record { brand = try brands.find(record.brandId, in: transaction) }
        return Keys.Verify.Reply(
            record: record, epoch: try keys.epoch(in: transaction),
            brandSuspended: brand?.status == .suspended ? true : nil, brandIndustry: brand?.industry)
    }

    private static let noBrand = UUIDv7(milliseconds: 0, sequence: 0, random: 0)
    private static let noDigest = [UInt8](repeating: 0, count: HMACSHA256.tagByteCount)
}
