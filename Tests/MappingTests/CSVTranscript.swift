import Mapping

/// Everything a reader says about a file, in a form that tests compare.
struct CSVTranscript: Equatable {
    struct Row: Equatable {
        let line: Int
        let byteOffset: Int
        let fields: [String]
    }

    var header: [String] = []
    var rows: [Row] = []
    var problems: [CSVProblem] = []
    var error: CSVError?
    /// The longest carry between two chunks.
    var longestCarry = 0

    var fields: [[String]] { rows.map(\.fields) }

    static func == (left: CSVTranscript, right: CSVTranscript) -> Bool {
        left.header == right.header && left.rows == right.rows && left.problems == right.problems
            && left.error == right.error
    }

    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// Reads a file cut at the given offsets.
    /// - Parameter keepsReader: whether one reader sees all chunks, or a new one resumes for each.
    init(_ file: [UInt8], cuts: [Int] = [], keepsReader: Bool = false, delimiter: UInt8 = UInt8(ascii: ",")) {
        var reader = CSVReader(delimiter: delimiter)
        var start = 0
        for end in cuts + [file.count] {
            reader.feed(Array(file[start..<end]), isLast: end == file.count)
            if !readAll(&reader, isLast: end == file.count) { return }
            if !keepsReader {
                let state = reader.state
                longestCarry = max(longestCarry, state.carry.count)
                precondition(state.nextOffset == end, "the next chunk starts where this one ended")
                reader = CSVReader(resuming: state, delimiter: delimiter)
            }
            start = end
        }
    }

    private mutating func readAll(_ reader: inout CSVReader, isLast: Bool) -> Bool {
        do throws(CSVError) {
            while true {
                switch try reader.next() {
                case .header: header = reader.header
                case .row:
                    let row = reader.row
                    precondition(row.count == reader.header.count, "rows have the header's number of fields")
                    rows.append(
                        Row(
                            line: row.line, byteOffset: row.byteOffset,
                            fields: (0..<row.count).map { index in row.text(index) }))
                case .problem(let problem): problems.append(problem)
                case .needsMore:
                    precondition(!isLast, "a file that has ended needs no more")
                    return true
                case .end:
                    precondition(isLast, "a file ends once")
                    return true
                }
            }
        } catch {
            self.error = error
            return false
        }
    }
}
