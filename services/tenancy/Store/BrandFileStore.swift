import JSON
import JSONRPC
import SQLite
import ServiceContract

/// Which services made their database of a brand.
struct BrandFileStore {
    func record(
        _ service: String, of brand: UUIDv7, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO brand_files (brand, service) VALUES (:brand, :service) ON CONFLICT DO NOTHING",
            [":brand": brand, ":service": service])
    }

    /// The brands in use whose database a service never made.
    func missing(
        at service: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [UUIDv7] {
        try transaction.all(
            """
            SELECT id FROM brands
            WHERE status IN ('active', 'suspended')
                AND NOT EXISTS (SELECT 1 FROM brand_files WHERE brand = brands.id AND service = :service)
            ORDER BY id
            """, [":service": service]
        ) { $0.uuid(0) }
    }
}
