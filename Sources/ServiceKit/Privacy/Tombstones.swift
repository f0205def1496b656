public import CommonAPI
public import JSON
public import JSONRPC
import OpenSSL
import SQLite
public import ServiceContract

/// Remembers erased identifiers as keyed hashes, so that they are refused without being known.
public final class Tombstones: Sendable {
    private let key: HMACKey

    /// - Parameter key: 32 bytes from a file that no backup of the databases holds.
    public init(key: [UInt8]) throws {
        self.key = try HMACKey(key)
    }

    /// Whether this identifier was erased from this brand.
    public func contains(
        type: String, value: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        guard try !isEmpty(in: transaction) else { return false }
        return try contains(digest(type, value), in: transaction)
    }

    /// The requests that erased any of these identifiers.
    public func erasures(
        of identifiers: [Identifier], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [UUIDv7] {
        var requests: Set<UUIDv7> = []
        for identifier in Set(identifiers + identifiers.compactMap { try? $0.canonical() }) {
            let request = try transaction.one(
                "SELECT request FROM tombstones WHERE digest = :digest",
                [":digest": digest(identifier.type, identifier.value)]
            ) { $0.uuid(0) }
            if let request { requests.insert(request) }
        }
        return requests.sorted()
    }

    func contains(
        _ digest: [UInt8], in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Bool {
        try transaction.one("SELECT 1 FROM tombstones WHERE digest = :digest", [":digest": digest]) { _ in true }
            ?? false
    }

    /// For which request an identifier was erased first; nil: it was not.
    func request(
        of identifier: Identifier, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> UUIDv7? {
        guard try !isEmpty(in: transaction) else { return nil }
        return try transaction.one(
            "SELECT request FROM tombstones WHERE digest = :digest",
            [":digest": digest(identifier.type, identifier.value)]
        ) { $0.uuid(0) }
    }

    /// Whether nobody was erased, as in most brands: then no hash needs to be computed.
    public func isEmpty(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Bool {
        let statement = try transaction.statement("SELECT 1 FROM tombstones LIMIT 1")
        defer { statement.reset() }
        do {
            return try !statement.step()
        } catch {
            throw RPCError(error)
        }
    }

    func add(
        _ identifier: Identifier, request: UUIDv7, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try add(digest(identifier.type, identifier.value), request: request, at: time, in: transaction)
    }

    func add(
        _ digest: [UInt8], request: UUIDv7, at time: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO tombstones (digest, request, erased_at) VALUES (:digest, :request, :time) ON CONFLICT DO NOTHING",
            [":digest": digest, ":request": request, ":time": time])
    }

    /// Tells this key from others without giving it away: 32 hexadecimal digits. `gyre restore` computes the same.
    var keyName: String { String(Hexadecimal.encode(key.authenticate("gyre tombstone key")).prefix(32)) }

    /// The same as 64 hexadecimal digits, to be told to other services.
    public func digestText(_ identifier: Identifier) -> String {
        Hexadecimal.encode(digest(identifier.type, identifier.value))
    }

    /// The digest that a text stands for; nil for any other text.
    public static func digest(_ text: String) -> [UInt8]? { Hexadecimal.decode(text) }

    /// The keyed hash of an identifier, 32 bytes: the same in every service, and nobody's without the key.
    public func digest(_ type: String, _ value: String) -> [UInt8] {
        key.authenticate(Array(type.utf8), [0], Array(value.utf8))
    }
}
