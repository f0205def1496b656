import ExperimentsAPI
import JSON
import JSONRPC

/// Sends the rows of a file to a dataset, and goes on where an earlier attempt ended.
struct DatasetUpload {
    /// Rows in one call, and bytes of the file that they come from: a call stays below a line's limit.
    private static let rowsInCall = 500
    private static let bytesInCall = 256 << 10
    /// The longest line: what the service takes of one row, and some white space.
    private static let longestLine = 128 << 10

    let file: ImportFile
    /// The number of the file's first row in the dataset.
    let first: Int
    let datasets: Datasets.Client

    /// - Parameter progress: called after each call, with bytes of the file and rows of the dataset.
    func send(to id: UUIDv7, progress: (_ bytes: Int, _ rows: Int) -> Void) async throws -> Dataset {
        var dataset = try await datasets.get(Datasets.Get.Params(id: id))
        guard first <= dataset.rows else {
            throw CommandFailure(
                "The dataset has \(dataset.rows.counted("row")), and the file is to begin at row \(first).",
                remedy: "Send the rows before it first, or give another --from.")
        }
        var lines = LineReader(file: file, longest: Self.longestLine)
        var (rows, numbers, bytes) = ([DatasetRow](), [Int](), 0)
        var place = first
        while let line = try lines.next() {
            guard !line.bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) else { continue }
            place += 1
            guard place > dataset.rows else { continue }
            do {
                rows.append(try DatasetRow(json: line.bytes))
            } catch {
                throw CommandFailure("Line \(line.number) of \(file.name): \(error)")
            }
            numbers.append(line.number)
            bytes += line.bytes.count
            if rows.count == Self.rowsInCall || bytes >= Self.bytesInCall {
                dataset = try await append(rows, to: dataset, lines: numbers)
                progress(lines.offset, dataset.rows)
                (rows, numbers, bytes) = ([], [], 0)
            }
        }
        if !rows.isEmpty { dataset = try await append(rows, to: dataset, lines: numbers) }
        try file.checkUnchanged()
        return dataset
    }

    private func append(_ rows: [DatasetRow], to dataset: Dataset, lines: [Int]) async throws -> Dataset {
        do throws(RPCError) {
            return try await datasets.append(
                Datasets.Append.Params(id: dataset.id, offset: dataset.rows, rows: rows))
        } catch {
            throw Self.failure(error, lines: lines, of: file.name) ?? error
        }
    }

    /// A row that was refused, by its line in the file; nil: it is about something else.
    static func failure(_ error: RPCError, lines: [Int], of name: String) -> CommandFailure? {
        let prefix = "/params/rows/"
        guard error.message.hasPrefix(prefix) else { return nil }
        let rest = error.message.dropFirst(prefix.count)
        guard let index = Int(rest.prefix { $0.isNumber }), lines.indices.contains(index) else { return nil }
        let problem = rest.drop { $0.isNumber }.drop { $0 == "/" || $0 == ":" || $0 == " " }
        return CommandFailure(
            "Line \(lines[index]) of \(name): \(problem)",
            remedy: "Correct it and give the same command again: rows before it are in, and are passed over.")
    }
}

/// The lines of a file, read in pieces.
struct LineReader {
    struct Line {
        /// From 1.
        let number: Int
        let bytes: [UInt8]
    }

    private static let pieceBytes = 1 << 20

    let file: ImportFile
    let longest: Int
    /// Bytes of the file that were read.
    private(set) var offset = 0
    private var piece: ArraySlice<UInt8> = []
    private var number = 0

    init(file: ImportFile, longest: Int) {
        self.file = file
        self.longest = longest
    }

    /// Without its line feed; nil behind the last one.
    mutating func next() throws(CommandFailure) -> Line? {
        var line: [UInt8] = []
        while true {
            if piece.isEmpty {
                let read = try file.read(at: offset, count: Self.pieceBytes)
                offset += read.count
                piece = read[...]
                if read.isEmpty { return line.isEmpty ? nil : counted(line) }
            }
            let end = piece.firstIndex(of: UInt8(ascii: "\n"))
            line += piece[..<(end ?? piece.endIndex)]
            guard line.count <= longest else {
                throw CommandFailure("Line \(number + 1) of \(file.name) has more than \(longest) bytes.")
            }
            guard let end else {
                piece = []
                continue
            }
            piece = piece[(end + 1)...]
            return counted(line)
        }
    }

    private mutating func counted(_ line: [UInt8]) -> Line {
        number += 1
        return Line(number: number, bytes: line)
    }
}
