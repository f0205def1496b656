import JSON
import JSONRPC
import Mapping
import ServiceContract
import ServiceKit
import SignalsAPI

/// Reads one chunk of a file to its end: rows go in, bad rows are set aside, the rest of a row is carried over.
struct ChunkIntake {
    let intake: SignalIntake
    private let rejectedRows = RejectedRowStore()

    init(_ intake: SignalIntake) {
        self.intake = intake
    }

    /// Moves `stored` on by a chunk.
    ///
    /// - Throws: invalidParams for a file whose header cannot be used, or lacks a column that the mapping names. The
    ///   import is then as it was.
    func read(
        _ chunk: [UInt8], isLast: Bool, into stored: inout StoredImport, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let template = try stored.template
        var reader = CSVReader(resuming: stored.reader, delimiter: template.delimiter)
        var rows = RowIntake(intake, stored, at: now)
        var mapping: Mapping?
        if let header = stored.reader.header { mapping = try Self.fit(template, to: header) }
        var kept = stored.rejected == 0 ? 0 : try rejectedRows.count(of: stored.number, in: transaction)
        reader.feed(chunk, isLast: isLast)
        reading: while true {
            switch try Self.next(&reader) {
            case .header:
                mapping = try Self.fit(template, to: reader.header)
            case .row:
                guard let mapping else { throw .internalError("A row came before its header.") }
                stored.rows += 1
                let row = reader.row
                do {
                    let record = try Self.map(row, mapping)
                    if try rows.take(row, as: record, in: transaction) {
                        stored.accepted += 1
                    } else {
                        stored.duplicates += 1
                    }
                } catch {
                    guard error.isOfSender else { throw error }
                    try reject(
                        line: row.line, error, String(decoding: row.bytes, as: UTF8.self), &stored, &kept,
                        in: transaction)
                }
            case .problem(let problem):
                stored.rows += 1
                let error = RPCError(code: RPCError.Code.invalidParams, message: "\(problem.reason)")
                try reject(
                    line: problem.line, error, String(decoding: problem.bytes, as: UTF8.self), &stored, &kept,
                    in: transaction)
            case .needsMore, .end:
                break reading
            }
        }
        stored.reader = reader.state
    }

    /// Sets a row aside. Of somebody who was erased, and of what is specially protected, nothing is kept but the line;
    /// behind the last place only the count.
    private func reject(
        line: Int, _ error: RPCError, _ text: String, _ stored: inout StoredImport, _ kept: inout Int,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        stored.rejected += 1
        kept += 1
        let limit = IntakeLimits.keptRejectedRows
        guard kept <= limit else { return }
        var row = RejectedRow(line: line, reason: error.message, row: text)
        if error.forbidsKeeping { row = RejectedRow(line: line, reason: error.message, row: "") }
        if kept == limit {
            let reason = "\(row.reason) (This is the \(limit)th bad row: further ones are counted and not kept.)"
            row = RejectedRow(line: line, reason: reason, row: row.row)
        }
        try rejectedRows.insert(row, of: stored.number, in: transaction)
    }

    // MARK: Errors of the file

    private static func next(_ reader: inout CSVReader) throws(RPCError) -> CSVReader.Step {
        do {
            return try reader.next()
        } catch {
            throw .invalidParams(at: "/params/data", error.description)
        }
    }

    static func fit(_ template: MappingTemplate, to header: [String]) throws(RPCError) -> Mapping {
        do {
            return try Mapping(template, header: header)
        } catch {
            throw .invalidParams(at: "/params/data", "does not fit the mapping: \(error.description)")
        }
    }

    /// The error names the field and the reason, never the value.
    static func map(_ row: borrowing CSVRow, _ mapping: Mapping) throws(RPCError) -> MappedRecord {
        do {
            return try mapping.map(row)
        } catch {
            throw RPCError(code: RPCError.Code.invalidParams, message: error.description)
        }
    }
}

extension StoredImport {
    /// The mapping, which was checked when the import was created.
    var template: MappingTemplate {
        get throws(RPCError) {
            do {
                return try mapping.withReader { (reader) throws(JSONError) in try MappingTemplate(from: &reader) }
            } catch {
                throw .internalError("The mapping of the import \(id) cannot be read: \(error).")
            }
        }
    }
}
