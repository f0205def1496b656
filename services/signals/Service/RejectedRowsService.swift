import JSON
import JSONRPC
import Mapping
import ServiceContract
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
        var page = Page<RejectedRow>(limit: params.limit)
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
        let isRejected = try rejectedRows.contains(line: params.line, of: stored.number, in: transaction)
        guard let header = stored.reader.header else { throw .notFound("rejected row", params.line) }
        if let other = try imports.receiving(source: stored.source, besides: stored.id, in: transaction) {
            throw .conflict(
                "The import \(other) of '\(stored.source)' is still receiving; finish or cancel it, then replay.")
        }
        let template = try stored.template
        var reader = CSVReader(
            resuming: CSVReader.State(line: params.line, byteOffset: 1, header: header), delimiter: template.delimiter)
        reader.feed(Array(params.row.utf8), isLast: true)
        try Self.readOneRow(&reader)
        var rows = RowIntake(intake, stored, at: call.now)
        guard isRejected else {
            if try rows.isKnown(reader.row, in: transaction) { return stored.reply }
            throw .notFound("rejected row", params.line)
        }
        let isNew: Bool
        do {
            let record = try ChunkIntake.map(reader.row, try ChunkIntake.fit(template, to: header))
            isNew = try rows.take(reader.row, as: record, in: transaction)
        } catch {
            guard error.code == RPCError.Code.invalidParams else { throw error }
            throw .invalidParams(at: "/params/row", error.message)
        }
        try rejectedRows.delete(line: params.line, of: stored.number, in: transaction)
        stored = try find(params.importId, in: transaction)
        if isNew { stored.accepted += 1 } else { stored.duplicates += 1 }
        stored.updatedAt = call.now
        try imports.update(stored, in: transaction)
        return stored.reply
    }

    /// Moves to the one row there must be.
    private static func readOneRow(_ reader: inout CSVReader) throws(RPCError) {
        do {
            switch try reader.next() {
            case .row:
                guard reader.state.carry.isEmpty else {
                    throw RPCError.invalidParams(at: "/params/row", "must be one row and goes on behind it")
                }
            case .problem(let problem): throw RPCError.invalidParams(at: "/params/row", "\(problem.reason)")
            case .header, .needsMore, .end: throw RPCError.invalidParams(at: "/params/row", "must be a row")
            }
        } catch let error as RPCError {
            throw error
        } catch {
            throw .invalidParams(at: "/params/row", "\(error)")
        }
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredImport {
        guard let stored = try imports.find(id, in: transaction) else { throw .notFound("import", id) }
        return stored
    }
}
