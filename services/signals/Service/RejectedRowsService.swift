import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

/// Answers `rejectedRows.*`.
struct RejectedRowsService: RejectedRows.Service {
    let intake: SignalIntake
    private let imports = ImportStore()
    private let rejectedRows = RejectedRowStore()

    init(intake: SignalIntake) {
        self.intake = intake
    }

    func list(
        _ params: RejectedRows.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> RejectedRows.List.Reply {
        let stored = try find(params.importId, in: transaction)
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<RejectedRow>(limit: params.limit)
        try rejectedRows.each(after: cursor.position, of: stored.number, in: transaction) { row in
            page.add(row, bytes: row.row.utf8.count)
        }
        return RejectedRows.List.Reply(
            items: page.items, nextCursor: page.hasMore ? page.items.last.map { "\($0.line)" } : nil)
    }

    /// A correction that is sent a second time finds no bad row any more, and the row itself there.
    func replay(
        _ params: RejectedRows.Replay.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> RejectedRows.Replay.Reply {
        var stored = try find(params.importId, in: transaction)
        if let other = try imports.underWay(source: stored.source, besides: stored.id, in: transaction) {
            throw .conflict(
                "The import \(other) of '\(stored.source)' is still under way; finish or cancel it, then replay.")
        }
        let isRejected = try rejectedRows.contains(line: params.line, of: stored.number, in: transaction)
        var replay = try RowReplay(intake, stored, at: call.now)
        let isNew: Bool
        do throws(RPCError) {
            if !isRejected {
                if try replay.isKnown(params.row, line: params.line, in: transaction) { return stored.reply }
                throw RPCError.notFound("rejected row", params.line)
            }
            isNew = try replay.take(params.row, line: params.line, in: transaction)
        } catch {
            guard error.code == RPCError.Code.invalidParams else { throw error }
            throw .invalidParams(at: "/params/row", error.message)
        }
        try rejectedRows.delete(line: params.line, of: stored.number, in: transaction)
        stored = try find(params.importId, in: transaction)
        if isNew { stored.accepted += 1 } else { stored.duplicates += 1 }
        stored.job.updatedAt = call.now
        try imports.update(stored, in: transaction)
        return stored.reply
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport {
        guard let stored = try imports.find(id, in: transaction) else { throw .notFound("import", id) }
        return stored
    }
}
