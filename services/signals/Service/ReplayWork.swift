import CommonAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import ServiceKit
import SignalsAPI

/// Tries an import's rejected rows again, some hundred at a time. Rows that are taken leave the list; of the others the
/// reason is said anew.
struct ReplayWork: JobWork {
    static let kind = "replay"
    /// Rows of one piece.
    static let rowsInPiece = 500

    let intake: SignalIntake
    private let imports = ImportStore()
    private let rejectedRows = RejectedRowStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        { job, now, transaction throws(RPCError) in try advance(&job, at: now, in: transaction) }
    }

    private func advance(
        _ job: inout StoredJob, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var position = try ReplayPosition(job)
        guard var stored = try imports.find(position.importID, in: transaction) else {
            throw .notFound("import", position.importID)
        }
        let rows = try rejectedRows.first(
            Self.rowsInPiece, after: position.line, of: stored.number, in: transaction)
        var (accepted, duplicates) = (0, 0)
        if !rows.isEmpty {
            var replay = try RowReplay(intake, stored, at: now)
            // Of what must not be kept there is nothing but the line.
            for row in rows where !row.row.isEmpty {
                do throws(RPCError) {
                    if try replay.take(row.row, line: row.line, in: transaction) {
                        accepted += 1
                    } else {
                        duplicates += 1
                    }
                    try rejectedRows.delete(line: row.line, of: stored.number, in: transaction)
                } catch {
                    guard error.isOfSender else { throw error }
                    try rejectedRows.explain(
                        line: row.line, of: stored.number, error.message, forgetting: error.forbidsKeeping,
                        in: transaction)
                }
            }
            stored = try imports.find(position.importID, in: transaction) ?? stored
            stored.accepted += accepted
            stored.duplicates += duplicates
            stored.job.updatedAt = now
            try imports.update(stored, in: transaction)
        }
        job.done += rows.count
        position.line = rows.last.map { Int64($0.line) } ?? position.line
        job.state = JSONRaw(position)
        if rows.count < Self.rowsInPiece {
            // Others may have replayed or erased rows meanwhile.
            job.total = job.done
            job.status = .completed
        }
    }
}

/// Where a replay goes on.
struct ReplayPosition: JSONReadable, JSONWritable {
    let importID: UUIDv7
    /// The last line that was tried.
    var line: Int64

    init(importID: UUIDv7) {
        self.importID = importID
        line = 0
    }

    init(_ job: StoredJob) throws(RPCError) {
        do {
            guard let state = job.state else { throw RPCError.internalError("The replay \(job.id) has no state.") }
            self = try ReplayPosition(json: state.bytes)
        } catch let error as RPCError {
            throw error
        } catch {
            throw .internalError("The state of the replay \(job.id) cannot be read: \(error).")
        }
    }

    init(from reader: inout JSONReader) throws(JSONError) {
        var importID: UUIDv7?
        line = 0
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "import": importID = try reader.readUUID()
            case "line": line = try reader.readInt64()
            default: try reader.skip()
            }
        }
        guard let importID else { throw reader.missing("import") }
        self.importID = importID
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("import")
        importID.write(to: &writer)
        writer.key("line")
        line.write(to: &writer)
        writer.endObject()
    }
}
