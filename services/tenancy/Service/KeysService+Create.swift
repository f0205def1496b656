import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

extension KeysService {
    /// How often a new key is drawn again because its kid is taken: with 62^8 kids, once is already a rarity.
    private static let maximumDraws = 8

    /// What a new key is to be.
    struct Draft {
        let brandID: UUIDv7
        let name: String
        let mode: KeyMode
        let scopes: [String]
        let allowedIndustries: [Industry]
        let allowedSegments: [String]
        let ratePerSecond: Int
        let burst: Int
        let dailyQuota: Int?
        let monthlyQuota: Int?
        /// Nil: a bucket of its own.
        let bucketID: UUIDv7?
        let expiresAt: Timestamp?
    }

    /// Creates a key. The gateway is told, so that it forgets having seen no key of this kid.
    func create(
        _ params: Keys.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Keys.Create.Reply {
        guard let brand = try brands.find(params.brandId, in: transaction) else {
            throw .notFound("brand", params.brandId)
        }
        guard brand.status != .erasing, brand.status != .erased else {
            throw .illegalTransition("This brand is \(brand.status.rawValue); its keys open nothing ever again.")
        }
        guard params.mode ?? brand.mode == brand.mode else {
            let mode = brand.mode.rawValue
            throw .invalidParams(at: "/params/mode", "must be \(mode): the brand is a \(mode) one")
        }
        try check(scopes: params.scopes)
        let (key, record) = try make(
            Draft(
                brandID: brand.id, name: params.name, mode: brand.mode, scopes: params.scopes,
                allowedIndustries: params.allowedIndustries, allowedSegments: params.allowedSegments,
                ratePerSecond: params.ratePerSecond, burst: params.burst, dailyQuota: params.dailyQuota,
                monthlyQuota: params.monthlyQuota, bucketID: nil, expiresAt: params.expiresAt),
            at: call.now, in: transaction)
        try tellGateway(of: key.kid, at: call.now, in: transaction)
        return Keys.Create.Reply(key: key.text, record: record)
    }

    /// Draws a key and keeps all of it but its secret.
    func make(
        _ draft: Draft, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (key: APIKey, record: Key) {
        try check(expiry: draft.expiresAt, at: time)
        let key = try draw(draft.mode, in: transaction)
        let id = transaction.newID(at: time)
        let record = Key(
            id: id, brandId: draft.brandID, kid: key.kid, name: draft.name, mode: draft.mode, scopes: draft.scopes,
            allowedIndustries: draft.allowedIndustries, allowedSegments: draft.allowedSegments,
            ratePerSecond: draft.ratePerSecond, burst: draft.burst, dailyQuota: draft.dailyQuota,
            monthlyQuota: draft.monthlyQuota, bucketId: draft.bucketID ?? id, status: .active, createdAt: time,
            expiresAt: draft.expiresAt, requests: 0, tokens: 0, version: 1)
        let digest = try peppers.digest(
            of: key.secret, kid: key.kid, brand: draft.brandID, version: peppers.current)
        try keys.insert(record, digest: digest, pepperVersion: peppers.current, in: transaction)
        return (key, record)
    }

    /// A scope that opens nothing is a slip of the pen.
    func check(scopes: [String]) throws(RPCError) {
        for (index, scope) in scopes.enumerated() where !RoleScopes.isOfUse(scope) {
            throw .invalidParams(
                at: "/params/scopes/\(index)", "must open a method; none asks for \(scope) (rpc.discover names all)")
        }
    }

    func check(expiry: Timestamp?, at time: Timestamp) throws(RPCError) {
        if let expiry, expiry <= time { throw .invalidParams(at: "/params/expiresAt", "must be in the future") }
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
