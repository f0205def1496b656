import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import TenancyAPI

/// Brands, as rows.
struct BrandStore {
    func insert(_ brand: Brand, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO brands (id, organization, name, industry, mode, time_zone, currency, status, created_at, version)
            VALUES (:id, :organization, :name, :industry, :mode, :timeZone, :currency, :status, :time, :version)
            """,
            [
                ":id": brand.id, ":organization": brand.organizationId, ":name": brand.name,
                ":industry": brand.industry.rawValue, ":mode": brand.mode.rawValue, ":timeZone": brand.timeZone,
                ":currency": brand.currency.code, ":status": brand.status.rawValue, ":time": brand.createdAt,
                ":version": brand.version,
            ])
    }

    /// Replaces what the call that began a brand said of it.
    func describe(
        _ id: UUIDv7, industry: Industry, timeZone: String, currency: Currency,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "UPDATE brands SET industry = :industry, time_zone = :timeZone, currency = :currency WHERE id = :id",
            [":industry": industry.rawValue, ":timeZone": timeZone, ":currency": currency.code, ":id": id])
    }

    /// Replaces all that an update may change, unless the brand is at another version than `version`.
    ///
    /// - Returns: whether it was.
    func update(
        _ brand: Brand, expecting version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        try transaction.run(
            """
            UPDATE brands SET name = :name, industry = :industry, time_zone = :timeZone, currency = :currency,
                version = version + 1
            WHERE id = :id AND version = :version
            """,
            [
                ":name": brand.name, ":industry": brand.industry.rawValue, ":timeZone": brand.timeZone,
                ":currency": brand.currency.code, ":id": brand.id, ":version": version,
            ]) == 1
    }

    func suspend(_ id: UUIDv7, reason: String?, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE brands SET status = 'suspended', suspended_reason = :reason, version = version + 1 WHERE id = :id",
            [":reason": reason, ":id": id])
    }

    func resume(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE brands SET status = 'active', suspended_reason = NULL, version = version + 1 WHERE id = :id",
            [":id": id])
    }

    func beginErasure(of id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE brands SET status = 'erasing', suspended_reason = NULL, version = version + 1 WHERE id = :id",
            [":id": id])
    }

    /// Leaves nothing of a brand but its id, its owner and the fact; its name is free again.
    func forget(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("DELETE FROM keys WHERE brand = :id", [":id": id])
        try transaction.run("DELETE FROM brand_files WHERE brand = :id", [":id": id])
        try transaction.run("DELETE FROM users WHERE brand = :id", [":id": id])
        try transaction.run("DELETE FROM integrations WHERE brand = :id", [":id": id])
        try transaction.run("DELETE FROM brand_settings WHERE brand = :id", [":id": id])
        try transaction.run(
            """
            UPDATE brands SET name = :name, industry = 'other', time_zone = 'UTC', currency = 'USD' WHERE id = :id
            """, [":name": id.description, ":id": id])
    }

    func finishErasure(of id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE brands SET status = 'erased', version = version + 1 WHERE id = :id", [":id": id])
    }

    /// Makes a brand active. One that is stays as it is.
    func activate(_ id: UUIDv7, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE brands SET status = 'active', version = version + 1 WHERE id = :id AND status = 'provisioning'",
            [":id": id])
    }

    /// The brand that a call is for, which is its key's or the one that an administrator named.
    ///
    /// - Throws: forbidden without one, and notFound for one that is not there or on its way out.
    func brand(
        of call: CallContext, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Brand {
        guard let id = call.brand else {
            throw .forbidden("This call needs a brand: use a key of one, or name one in meta/brand.")
        }
        guard let brand = try find(id, in: transaction), brand.status != .erasing, brand.status != .erased else {
            throw .notFound("brand", id)
        }
        return brand
    }

    func find(_ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> Brand? {
        try transaction.one(
            """
            SELECT id, organization, name, industry, mode, time_zone, currency, status, created_at, version FROM brands
            WHERE id = :id
            """, [":id": id], Self.brand)
    }

    func find(
        named name: String, of organization: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Brand? {
        try transaction.one(
            """
            SELECT id, organization, name, industry, mode, time_zone, currency, status, created_at, version FROM brands
            WHERE organization = :organization AND name = :name
            """, [":organization": organization, ":name": name], Self.brand)
    }

    /// The brand whose organisation has the same name, as one has that was made with it.
    func find(
        namedLikeItsOrganization name: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Brand? {
        try transaction.one(
            """
            SELECT id, organization, name, industry, mode, time_zone, currency, status, created_at, version FROM brands
            WHERE name = :name AND organization IN (SELECT id FROM organizations WHERE name = :name)
            ORDER BY id LIMIT 1
            """, [":name": name], Self.brand)
    }

    /// The oldest brands made after `cursor`.
    func list(
        after cursor: UUIDv7?, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Brand] {
        try transaction.all(
            """
            SELECT id, organization, name, industry, mode, time_zone, currency, status, created_at, version FROM brands
            WHERE id > coalesce(:cursor, x'') ORDER BY id LIMIT :count
            """, [":cursor": cursor, ":count": count], Self.brand)
    }

    private static func brand(_ row: Statement) throws(RPCError) -> Brand {
        guard let industry = Industry(rawValue: row.text(3)), let mode = KeyMode(rawValue: row.text(4)),
            let currency = Currency(row.text(6)), let status = Brand.Status(rawValue: row.text(7))
        else { throw .internalError("The row of brand \(row.uuid(0)) is not of its form.") }
        return Brand(
            id: row.uuid(0), organizationId: row.uuid(1), name: row.text(2), industry: industry, mode: mode,
            timeZone: row.text(5), currency: currency, status: status, createdAt: row.timestamp(8),
            version: row.int(9))
    }
}
