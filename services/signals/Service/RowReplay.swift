import JSON
import JSONRPC
import Mapping
import ServiceContract
import ServiceKit
import SignalsAPI

/// Takes rows in that were set aside before, one by one, for the length of one transaction.
struct RowReplay {
    private let header: [String]
    private let mapping: Mapping
    private let delimiter: UInt8
    private var rows: RowIntake

    /// - Throws: notFound for an import that never came to a row; invalidParams for a mapping that no longer fits.
    init(_ intake: SignalIntake, _ stored: StoredImport, at now: Timestamp) throws(RPCError) {
        guard let header = stored.reader.header else { throw .notFound("rejected row", stored.id) }
        let template = try stored.template
        self.header = header
        mapping = try ChunkIntake.fit(template, to: header)
        delimiter = template.delimiter
        rows = RowIntake(intake, stored, at: now)
    }

    /// Takes the row that stood in `line`, as it is written in `text`.
    ///
    /// - Returns: whether it is new.
    /// - Throws: what is wrong with the row; nothing is then left of it.
    mutating func take(
        _ text: String, line: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        var reader = reader(of: text, line: line)
        try Self.readOneRow(&reader)
        return try rows.take(reader.row, as: try ChunkIntake.map(reader.row, mapping), in: transaction)
    }

    /// Whether the row is there already.
    mutating func isKnown(
        _ text: String, line: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        var reader = reader(of: text, line: line)
        try Self.readOneRow(&reader)
        return try rows.isKnown(reader.row, in: transaction)
    }

    private func reader(of text: String, line: Int) -> CSVReader {
        var reader = CSVReader(
            resuming: CSVReader.State(line: line, byteOffset: 1, header: header), delimiter: delimiter)
        reader.feed(Array(text.utf8), isLast: true)
        return reader
    }

    /// Moves to the one row there must be.
    private static func readOneRow(_ reader: inout CSVReader) throws(RPCError) {
        let step: CSVReader.Step
        do {
            step = try reader.next()
        } catch {
            throw Self.bad("\(error)")
        }
        switch step {
        case .row:
            guard reader.state.carry.isEmpty else { throw Self.bad("must be one row and goes on behind it") }
        case .problem(let problem): throw Self.bad("\(problem.reason)")
        case .header, .needsMore, .end: throw Self.bad("must be a row")
        }
    }

    private static func bad(_ reason: String) -> RPCError {
        RPCError(code: RPCError.Code.invalidParams, message: reason)
    }
}
