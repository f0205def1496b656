import JSON
import JSONRPC
import SQLite
import ServiceContract
import SignalsAPI

/// A segment as a row.
struct StoredSegment: Sendable {
    let number: Int64
    let id: UUIDv7
    let key: String
    var name: String
    var description: String?
    var rule: JSONRaw
    var isArchived = false
    let createdAt: Timestamp
    var updatedAt: Timestamp
    var version: Int
}

/// Segments, and how many people were in them.
struct SegmentStore: Sendable {
    func insert(_ segment: StoredSegment, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO segments (number, id, key, name, description, rule, created_at, updated_at, version)
            VALUES (:number, :id, :key, :name, :description, :rule, :created, :updated, :version)
            """,
            [
                ":number": segment.number, ":id": segment.id, ":key": segment.key, ":name": segment.name,
                ":description": segment.description, ":rule": segment.rule.description, ":created": segment.createdAt,
                ":updated": segment.updatedAt, ":version": segment.version,
            ])
    }

    /// Writes all that may change of a segment.
    func update(_ segment: StoredSegment, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE segments SET name = :name, description = :description, rule = :rule, is_archived = :archived,
                updated_at = :updated, version = :version
            WHERE number = :number
            """,
            [
                ":number": segment.number, ":name": segment.name, ":description": segment.description,
                ":rule": segment.rule.description, ":archived": segment.isArchived, ":updated": segment.updatedAt,
                ":version": segment.version,
            ])
    }

    func nextNumber(in transaction: borrowing WriteTransaction) throws(RPCError) -> Int64 {
        try transaction.one("SELECT coalesce(max(number), 0) + 1 FROM segments") { $0.int64(0) } ?? 1
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSegment? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, rule, is_archived, created_at, updated_at, version
            FROM segments WHERE id = :id
            """, [":id": id], Self.stored)
    }

    func find(
        key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSegment? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, rule, is_archived, created_at, updated_at, version
            FROM segments WHERE key = :key
            """, [":key": key], Self.stored)
    }

    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredSegment? {
        try transaction.one(
            """
            SELECT number, id, key, name, description, rule, is_archived, created_at, updated_at, version
            FROM segments WHERE number = :number
            """, [":number": number], Self.stored)
    }

    /// Segments behind `number`, oldest first.
    func list(
        after number: Int64, isArchived: Bool, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredSegment] {
        try transaction.all(
            """
            SELECT number, id, key, name, description, rule, is_archived, created_at, updated_at, version
            FROM segments WHERE number > :number AND is_archived = :archived ORDER BY number LIMIT :limit
            """, [":number": number, ":archived": isArchived, ":limit": limit], Self.stored)
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredSegment {
        do throws(JSONError) {
            return StoredSegment(
                number: row.int64(0), id: row.uuid(1), key: row.text(2), name: row.text(3),
                description: row.textOrNil(4), rule: try JSONRaw(validating: row.text(5)), isArchived: row.bool(6),
                createdAt: row.timestamp(7), updatedAt: row.timestamp(8), version: row.int(9))
        } catch {
            throw .internalError("The rule of the segment '\(row.text(2))' is no JSON: \(error.message)")
        }
    }

    // MARK: Sizes

    /// How many people were in a segment on one day.
    struct Size: Sendable, Equatable {
        /// In UTC, since 1970.
        let day: Int64
        let people: Int
        /// Of how many.
        let everybody: Int
        let countedAt: Timestamp
    }

    /// Keeps a size in place of one of the same day.
    func keep(_ size: Size, of segment: Int64, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            INSERT INTO segment_sizes (segment, day, people, everybody, counted_at)
            VALUES (:segment, :day, :people, :everybody, :time)
            ON CONFLICT (segment, day) DO UPDATE SET
                people = excluded.people, everybody = excluded.everybody, counted_at = excluded.counted_at
            """,
            [
                ":segment": segment, ":day": size.day, ":people": size.people, ":everybody": size.everybody,
                ":time": size.countedAt,
            ])
    }

    /// Sizes of the days before `day`, newest first.
    func sizes(
        of segment: Int64, before day: Int64, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Size] {
        try transaction.all(
            """
            SELECT day, people, everybody, counted_at FROM segment_sizes
            WHERE segment = :segment AND day < :day ORDER BY day DESC LIMIT :limit
            """, [":segment": segment, ":day": day, ":limit": limit]
        ) { Size(day: $0.int64(0), people: $0.int(1), everybody: $0.int(2), countedAt: $0.timestamp(3)) }
    }

    /// The first segment in use, behind `number`, without a size of that day.
    func uncounted(
        after number: Int64, on day: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Int64? {
        try transaction.one(
            """
            SELECT number FROM segments
            WHERE number > :number AND NOT is_archived
                AND NOT EXISTS (SELECT 1 FROM segment_sizes WHERE segment = segments.number AND day = :day)
            ORDER BY number LIMIT 1
            """, [":number": number, ":day": day]
        ) { $0.int64(0) }
    }
}
