import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

extension KeysService {
    /// How often a new key is drawn again because its kid is taken: with 62^8 kids, once is already a rarity.
    private static let maximumDraws = 8

    /// Creates a key. The gateway is told, so that it forgets having seen no key of this kid.
    func create(
        _ params: Keys.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Keys.Create.Reply {
        guard try brands.find(params.brandId, in: transaction) != nil else { throw .notFound("brand", params.brandId) }
        if let end = params.expiresAt, end <= call.now {
            throw .invalidParams(at: "/params/expiresAt", "must be in the future")
        }
        let apiKey = try draw(params.mode, in: transaction)
        let record = Key(
            id: transaction.newID(at: call.now), brandId: params.brandId, kid: apiKey.kid, name: params.name,
            mode: params.mode, scopes: params.scopes, ratePerSecond: params.ratePerSecond,
            burst: params.burst, status: .active, createdAt: call.now, expiresAt: params.expiresAt)
        let digest = try peppers.digest(
            of: apiKey.secret, kid: apiKey.kid, brand: params.brandId, version: peppers.current)
        try keys.insert(record, digest: digest, pepperVersion: peppers.current, in: transaction)
        try tellGateway(of: apiKey.kid, at: call.now, in: transaction)
        return Keys.Create.Reply(key: apiKey.text, record: record)
    }

    private func draw(_ mode: KeyMode, in transaction: borrowing WriteTransaction) throws(RPCError) -> APIKey {
        for _ in 0..<Self.maximumDraws {
            let bytes: [UInt8]
            do {
                bytes = try random(APIKey.randomByteCount)
            } catch {
                throw .internalError("\(error)")
            }
            let key = APIKey(mode: mode, random: bytes)
            if try !keys.isTaken(kid: key.kid, in: transaction) { return key }
        }
        throw .internalError("\(Self.maximumDraws) random kids were all taken: the random source is broken.")
    }
}
