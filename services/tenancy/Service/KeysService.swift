import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit
import TenancyAPI

/// API keys: each opens one brand to one program.
struct KeysService: Keys.Service {
    let peppers: KeyPeppers
    /// Where a revocation is written down before it is carried out, so that no backup brings the key back.
    let ledger: ErasureLedger
    /// Random bytes fit for secrets.
    let random: @Sendable (Int) throws(OpenSSLError) -> [UInt8]
    let keys = KeyStore()
    let brands = BrandStore()

    init(
        peppers: KeyPeppers, ledger: ErasureLedger,
        random: @escaping @Sendable (Int) throws(OpenSSLError) -> [UInt8] = SecureRandom.bytes
    ) {
        self.peppers = peppers
        self.ledger = ledger
        self.random = random
    }

    func get(
        _ params: Keys.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Key {
        guard let key = try keys.find(params.id, in: transaction) else { throw .notFound("key", params.id) }
        return key
    }

    func list(
        _ params: Keys.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Keys.List.Reply {
        let cursor = try Cursor.id(params.cursor)
        let rows =
            if let brand = try call.brand(listed: params.brandId) {
                try keys.list(of: brand, after: cursor, count: params.limit + 1, in: transaction)
            } else {
                try keys.list(after: cursor, count: params.limit + 1, in: transaction)
            }
        let page = Page(rows, limit: params.limit) { "\($0.id)" }
        return Keys.List.Reply(items: page.items, nextCursor: page.nextCursor)
    }

    /// Adds what the gateway, or a service that spent tokens, counted of some keys' use.
    func use(_ message: KeysUsed, in transaction: borrowing WriteTransaction) throws(RPCError) {
        for use in message.items { try keys.use(use, in: transaction) }
    }

    /// Tells the gateway that what it knows of keys is out of date.
    func tellGateway(
        of kid: String, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try keys.tellGateway(of: kid, at: time, in: transaction)
    }
}

extension KeyStore {
    /// Begins the next epoch and tells the gateway, which forgets all that it knew of keys before.
    ///
    /// - Parameter kid: of the key that changed; nil: any number of them.
    func tellGateway(
        of kid: String?, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.tell(
            "gateway", "keys.changed", KeysChanged(kid: kid, epoch: try nextEpoch(in: transaction)), at: time)
    }
}

/// The message that some keys are not what they were.
struct KeysChanged: JSONWritable {
    /// Nil when it is not one key only.
    let kid: String?
    /// The state of all keys from which this holds.
    let epoch: Int

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let kid {
            writer.key("kid")
            writer.string(kid)
        }
        writer.key("epoch")
        writer.int(epoch)
        writer.endObject()
    }
}
