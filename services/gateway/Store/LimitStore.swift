import JSONRPC
import Limits
import SQLite
import ServiceContract
import ServiceKit

/// What was spent of limits and quotas, so that a restart gives nothing back.
struct LimitStore {
    /// Everything that is to be on disk at once.
    struct Reservations: Sendable {
        var buckets: [BucketTable.Reservation] = []
        var quotas: [QuotaTable.Reservation] = []

        var isEmpty: Bool { buckets.isEmpty && quotas.isEmpty }
    }

    func checkpoint(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> BucketTable.Checkpoint? {
        try transaction.one("SELECT boot, clock, is_clean FROM limit_checkpoint", [:]) {
            BucketTable.Checkpoint(boot: $0.text(0), clock: $0.int64(1), isClean: $0.int64(2) == 1)
        }
    }

    func buckets(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [BucketTable.Reservation] {
        try transaction.all("SELECT kind, subject, arrival FROM limit_buckets", [:]) { row throws(RPCError) in
            BucketTable.Reservation(name: try Self.name(row), arrival: row.int64(2))
        }
    }

    func quotas(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [QuotaTable.Reservation] {
        try transaction.all("SELECT kind, subject, period, number, units FROM quota_uses", [:]) {
            row throws(RPCError) in
            QuotaTable.Reservation(
                name: try Self.name(row), period: row.text(2) == "day" ? .day : .month, number: row.int64(3),
                units: row.int64(4))
        }
    }

    /// Adds to what is on disk, and forgets the buckets that are full by now.
    func reserve(
        _ reservations: Reservations, _ checkpoint: BucketTable.Checkpoint,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO limit_checkpoint (id, boot, clock, is_clean) VALUES (1, :boot, :clock, :clean)
            ON CONFLICT DO UPDATE SET boot = excluded.boot, clock = excluded.clock, is_clean = excluded.is_clean
            """,
            [":boot": checkpoint.boot, ":clock": checkpoint.clock, ":clean": Int64(checkpoint.isClean ? 1 : 0)])
        try transaction.run("DELETE FROM limit_buckets WHERE arrival <= :clock", [":clock": checkpoint.clock])
        for bucket in reservations.buckets {
            try transaction.run(
                """
                INSERT INTO limit_buckets (kind, subject, arrival) VALUES (:kind, :subject, :arrival)
                ON CONFLICT DO UPDATE SET arrival = excluded.arrival
                """,
                [":kind": bucket.name.kind.text, ":subject": bucket.name.bytes, ":arrival": bucket.arrival])
        }
        for quota in reservations.quotas { try reserve(quota, in: transaction) }
    }

    private func reserve(
        _ quota: QuotaTable.Reservation, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let kind = quota.name.kind.text
        let period = quota.period == .day ? "day" : "month"
        try transaction.run(
            """
            INSERT INTO quota_uses (kind, subject, period, number, units)
            VALUES (:kind, :subject, :period, :number, :units)
            ON CONFLICT DO UPDATE SET units = excluded.units
            """,
            [
                ":kind": kind, ":subject": quota.name.bytes, ":period": period, ":number": quota.number,
                ":units": quota.units,
            ])
        try transaction.run(
            """
            DELETE FROM quota_uses WHERE kind = :kind AND subject = :subject AND period = :period AND number < (
                SELECT number FROM quota_uses WHERE kind = :kind AND subject = :subject AND period = :period
                ORDER BY number DESC LIMIT 1 OFFSET 1)
            """, [":kind": kind, ":subject": quota.name.bytes, ":period": period])
    }

    /// Replaces what is on disk.
    func replace(
        with reservations: Reservations, _ checkpoint: BucketTable.Checkpoint,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run("DELETE FROM limit_buckets", [:])
        try transaction.run("DELETE FROM quota_uses", [:])
        try reserve(reservations, checkpoint, in: transaction)
    }

    private static func name(_ row: Statement) throws(RPCError) -> BucketName {
        let bytes = row.bytes(1)
        guard let kind = BucketName.Kind(text: row.text(0)), bytes.count == 16 else {
            throw .internalError("A bucket of the limits has an unknown name.")
        }
        return BucketName(kind, high: bytes.bigEndian(at: 0), low: bytes.bigEndian(at: 8))
    }
}

extension BucketName {
    fileprivate var bytes: [UInt8] {
        withUnsafeBytes(of: high.bigEndian) { Array($0) } + withUnsafeBytes(of: low.bigEndian) { Array($0) }
    }
}

extension BucketName.Kind {
    fileprivate var text: String {
        switch self {
        case .key: "key"
        case .brand: "brand"
        case .methodClass: "class"
        case .process, .address, .forgotten: "process"
        }
    }

    fileprivate init?(text: String) {
        switch text {
        case "key": self = .key
        case "brand": self = .brand
        case "class": self = .methodClass
        case "process": self = .process
        default: return nil
        }
    }
}

extension [UInt8] {
    fileprivate func bigEndian(at offset: Int) -> UInt64 {
        self[offset..<(offset + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
