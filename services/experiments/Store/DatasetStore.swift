import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import SQLite
import ServiceContract
import ServiceKit

/// A set of logged decisions as a row.
struct StoredDataset: Sendable {
    var number: Int64
    let id: UUIDv7
    let name: String
    let label: String
    let description: String?
    let arms: [String]
    let features: [String]
    let reward: String
    let scores: [ScoreName]
    let metrics: [String]
    let targets: [String]
    var rows = 0
    var erasedRows = 0
    var hash: SHA256.Digest
    let createdAt: Timestamp
    var sealedAt: Timestamp?

    /// As callers see it.
    var reply: Dataset {
        Dataset(
            id: id, name: name, label: label, description: description, arms: arms, features: features, reward: reward,
            scores: scores, metrics: metrics, targets: targets, status: sealedAt == nil ? .filling : .sealed,
            rows: rows, erasedRows: erasedRows, hash: hash.description, createdAt: createdAt, sealedAt: sealedAt)
    }
}

/// Datasets and their rows.
struct DatasetStore: Sendable {
    /// SQL for name and label of the dataset that a row names.
    static let title =
        "(SELECT datasets.name || ' ' || datasets.label FROM datasets WHERE datasets.number = dataset)"

    /// - Returns: its number.
    func insert(_ dataset: StoredDataset, in transaction: borrowing WriteTransaction) throws(RPCError) -> Int64 {
        try transaction.run(
            """
            INSERT INTO datasets
                (id, name, label, description, arms, features, reward, scores, metrics, targets, hash, created_at)
            VALUES
                (:id, :name, :label, :description, :arms, :features, :reward, :scores, :metrics, :targets, :hash,
                :created_at)
            """,
            [
                ":id": dataset.id, ":name": dataset.name, ":label": dataset.label,
                ":description": dataset.description, ":arms": dataset.arms.jsonText,
                ":features": dataset.features.jsonText, ":reward": dataset.reward,
                ":scores": dataset.scores.map(\.rawValue).jsonText, ":metrics": dataset.metrics.jsonText,
                ":targets": dataset.targets.jsonText, ":hash": dataset.hash.bytes, ":created_at": dataset.createdAt,
            ])
        return transaction.connection.lastInsertRowID
    }

    /// Writes how many rows there are and whether it is sealed.
    func update(_ dataset: StoredDataset, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            "UPDATE datasets SET rows = :rows, hash = :hash, sealed_at = :sealed_at WHERE number = :number",
            [
                ":rows": dataset.rows, ":hash": dataset.hash.bytes, ":sealed_at": dataset.sealedAt,
                ":number": dataset.number,
            ])
    }

    func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredDataset? {
        try transaction.one(
            """
            SELECT number, id, name, label, description, arms, features, reward, scores, metrics, targets, rows,
                erased_rows, hash, created_at, sealed_at
            FROM datasets WHERE id = :id
            """, [":id": id], Self.stored)
    }

    func find(
        number: Int64, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredDataset? {
        try transaction.one(
            """
            SELECT number, id, name, label, description, arms, features, reward, scores, metrics, targets, rows,
                erased_rows, hash, created_at, sealed_at
            FROM datasets WHERE number = :number
            """, [":number": number], Self.stored)
    }

    func find(
        name: String, label: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredDataset? {
        try transaction.one(
            """
            SELECT number, id, name, label, description, arms, features, reward, scores, metrics, targets, rows,
                erased_rows, hash, created_at, sealed_at
            FROM datasets WHERE name = :name AND label = :label
            """, [":name": name, ":label": label], Self.stored)
    }

    /// Those before a number, newest first.
    func list(
        before number: Int64, name: String?, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredDataset] {
        try transaction.all(
            """
            SELECT number, id, name, label, description, arms, features, reward, scores, metrics, targets, rows,
                erased_rows, hash, created_at, sealed_at
            FROM datasets WHERE number < :number AND (:name IS NULL OR name = :name)
            ORDER BY number DESC LIMIT :limit
            """, [":number": number, ":name": name, ":limit": limit], Self.stored)
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredDataset {
        guard let hash = SHA256.Digest(row.bytes(13)) else {
            throw .internalError("The hash of a dataset has no 32 bytes.")
        }
        let scores: [String] = try row.json(8)
        return StoredDataset(
            number: row.int64(0), id: row.uuid(1), name: row.text(2), label: row.text(3),
            description: row.textOrNil(4), arms: try row.json(5), features: try row.json(6), reward: row.text(7),
            scores: scores.compactMap { ScoreName(rawValue: $0) }, metrics: try row.json(9),
            targets: try row.json(10), rows: row.int(11), erasedRows: row.int(12), hash: hash,
            createdAt: row.timestamp(14), sealedAt: row.timestampOrNil(15))
    }

    // MARK: Rows

    func append(
        _ row: CanonicalRow, number: Int, unit: Int64?, to dataset: Int64, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        try transaction.run(
            "INSERT INTO dataset_hashes (dataset, row, hash) VALUES (:dataset, :row, :hash)",
            [":dataset": dataset, ":row": number, ":hash": row.hash.bytes])
        try transaction.run(
            "INSERT INTO dataset_rows (dataset, row, unit, body) VALUES (:dataset, :row, :unit, :body)",
            [":dataset": dataset, ":row": number, ":unit": unit, ":body": row.text])
    }

    /// The hashes of rows from one on.
    func hashes(
        of dataset: Int64, from row: Int, count: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [[UInt8]] {
        try transaction.all(
            """
            SELECT hash FROM dataset_hashes WHERE dataset = :dataset AND row >= :row ORDER BY row LIMIT :count
            """, [":dataset": dataset, ":row": row, ":count": count]
        ) { $0.bytes(0) }
    }

    /// Hands rows from one on to `body`, with those of which only the hash is left, until it says that it is enough.
    func each(
        of dataset: Int64, from row: Int, limit: Int, in transaction: borrowing some Transaction & ~Copyable,
        _ body: (StoredDatasetRow) -> Bool
    ) throws(RPCError) {
        var goesOn = true
        _ = try transaction.all(
            """
            SELECT dataset_hashes.row, dataset_hashes.hash, dataset_rows.body
            FROM dataset_hashes LEFT JOIN dataset_rows USING (dataset, row)
            WHERE dataset_hashes.dataset = :dataset AND dataset_hashes.row >= :row
            ORDER BY dataset_hashes.row LIMIT :limit
            """, [":dataset": dataset, ":row": row, ":limit": limit]
        ) { (row) throws(RPCError) in
            guard goesOn else { return }
            goesOn = body(
                StoredDatasetRow(
                    number: row.int(0), hash: SHA256.Digest(row.bytes(1))?.description ?? "",
                    body: try row.rawJSON(2)))
        }
    }

    /// Whom rows are about, by the rows' numbers, from one on and before another.
    func units(
        of dataset: Int64, from first: Int, to end: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(row: Int, unit: DatasetUnit)] {
        try transaction.all(
            """
            SELECT dataset_rows.row, units.type, units.unit
            FROM dataset_rows JOIN units ON units.number = dataset_rows.unit
            WHERE dataset_rows.dataset = :dataset AND dataset_rows.row >= :first AND dataset_rows.row < :end
            """, [":dataset": dataset, ":first": first, ":end": end]
        ) { ($0.int(0), DatasetUnit(type: $0.text(1), id: $0.text(2))) }
    }

    /// Rows that are still there, by their numbers, from one on and before another.
    func rows(
        of dataset: Int64, from first: Int, to end: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(number: Int, row: DatasetRow)] {
        try transaction.all(
            """
            SELECT row, body FROM dataset_rows WHERE dataset = :dataset AND row >= :first AND row < :end ORDER BY row
            """, [":dataset": dataset, ":first": first, ":end": end]
        ) { row throws(RPCError) in (row.int(0), try row.json(1)) }
    }
}
