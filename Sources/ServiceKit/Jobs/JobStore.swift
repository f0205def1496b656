public import JSON
public import JSONRPC
import SQLite
public import ServiceContract

/// The jobs of one brand in one service, in the ground table `jobs`.
public struct JobStore: Sendable {
    public init() {}

    /// Begins a job. One whose kind has ``JobWork`` is taken up once this transaction is on disk.
    ///
    /// - Parameters:
    ///   - unit: what `done` and `total` count: `rows`.
    ///   - state: where the work begins: ids and figures, nothing of people, at most 64 KiB.
    public func begin(
        _ kind: String, unit: String, total: Int? = nil, state: JSONRaw? = nil, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredJob {
        let job = StoredJob(
            id: transaction.newID(at: time), kind: kind, total: total, unit: unit, state: state, createdAt: time,
            updatedAt: time)
        try transaction.run(
            """
            INSERT INTO jobs (id, kind, status, done, total, unit, state, created_at, updated_at)
            VALUES (:id, :kind, 'running', 0, :total, :unit, :state, :time, :time)
            """,
            [
                ":id": job.id, ":kind": kind, ":total": total, ":unit": unit, ":state": state?.description,
                ":time": time,
            ])
        transaction.effects.hasBegunJob = true
        return job
    }

    public func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredJob? {
        try transaction.one(
            """
            SELECT id, kind, status, done, total, unit, state, problem, created_at, updated_at
            FROM jobs WHERE id = :id
            """, [":id": id], Self.stored)
    }

    /// Keeps how far a job is, or that it ended.
    public func update(_ job: StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run(
            """
            UPDATE jobs SET status = :status, done = :done, total = :total, state = :state, problem = :problem,
                updated_at = :time
            WHERE id = :id
            """,
            [
                ":status": job.status.rawValue, ":done": job.done, ":total": job.total,
                ":state": job.state?.description, ":problem": job.problem, ":time": job.updatedAt, ":id": job.id,
            ])
    }

    /// Jobs begun before `id`, newest first.
    func list(
        before id: UUIDv7?, limit: Int, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [StoredJob] {
        try transaction.all(
            """
            SELECT id, kind, status, done, total, unit, state, problem, created_at, updated_at
            FROM jobs WHERE :id IS NULL OR id < :id ORDER BY id DESC LIMIT :limit
            """, [":id": id, ":limit": limit], Self.stored)
    }

    /// Jobs that have not ended, the one that went forward longest ago first.
    public func running(in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) -> [StoredJob] {
        try transaction.all(
            """
            SELECT id, kind, status, done, total, unit, state, problem, created_at, updated_at
            FROM jobs WHERE status = 'running' ORDER BY updated_at, id
            """, [:], Self.stored)
    }

    private static func stored(_ row: Statement) throws(RPCError) -> StoredJob {
        guard let status = StoredJob.Status(rawValue: row.text(2)) else {
            throw .internalError("A job has the unknown status '\(row.text(2))'.")
        }
        var state: JSONRaw?
        do {
            state = try row.textOrNil(6).map { text throws(JSONError) in try JSONRaw(validating: text) }
        } catch {
            throw .internalError("The job \(row.uuid(0)) holds what is no JSON: \(error).")
        }
        return StoredJob(
            id: row.uuid(0), kind: row.text(1), status: status, done: row.int(3),
            total: row.isNull(4) ? nil : row.int(4), unit: row.text(5), state: state, problem: row.textOrNil(7),
            createdAt: row.timestamp(8), updatedAt: row.timestamp(9))
    }
}
