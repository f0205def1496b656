/// A row that was left out, to be listed, stored and perhaps repaired.
public struct CSVProblem: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        /// The row has another number of fields than the header.
        case fieldCount(found: Int, expected: Int)
        /// A quote stands inside a field that does not start with one.
        case strayQuote
        /// Something stands between a closing quote and the next delimiter.
        case textAfterQuote
        /// The file ends inside of quotes.
        case openQuote
        /// A carriage return without a line feed stands outside of quotes.
        case bareCarriageReturn
        /// A byte 0x00 or 0x1F: never part of text, and 0x1F separates fields where rows are hashed.
        case controlCharacter(UInt8)
        /// The row is not UTF-8.
        case encoding
        /// No end of the row within ``CSVReader/maximumRowBytes``.
        case tooLong
    }

    /// The line on which the row starts, from 1.
    public let line: Int
    /// Where the row starts, in bytes from the start of the file.
    public let byteOffset: Int
    public let reason: Reason
    /// The row as it stands in the file, without its line break; of a row without an end the first line, at most
    /// ``CSVReader/maximumRowBytes``. This is people's data: it belongs in the dead letters, never in a log.
    public let bytes: [UInt8]

    /// The line and the reason; nothing of the row.
    public var description: String { "line \(line): \(reason)" }
}

extension CSVProblem.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .fieldCount(let found, let expected):
            "has \(found) \(found == 1 ? "field" : "fields") where the header has \(expected)"
        case .strayQuote:
            "has a quote inside a field; put the whole field in quotes and double the quotes in it"
        case .textAfterQuote: "has text between a closing quote and the next field; double the quotes inside a field"
        case .openQuote: "opens a quote that is never closed"
        case .bareCarriageReturn: "has a carriage return (0x0D) without a line feed"
        case .controlCharacter(let byte):
            "has a control character (0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16)))"
        case .encoding: "is not UTF-8; save the file with that encoding"
        case .tooLong: "has no end within \(CSVReader.maximumRowBytes) bytes"
        }
    }
}

/// A file whose header cannot be used.
public struct CSVError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        /// The header is a bad row.
        case row(CSVProblem.Reason)
        /// Two columns have the same name.
        case repeatedColumn(String)
        /// More columns than ``CSVReader/maximumColumns``.
        case tooManyColumns(Int)
        /// The file starts with a byte order mark of UTF-16.
        case utf16
        /// The file holds nothing but empty lines.
        case missing
    }

    /// The line of the header, from 1.
    public let line: Int
    public let reason: Reason

    public var description: String { "line \(line): the header \(reason)" }
}

extension CSVError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .row(let reason): "\(reason)"
        case .repeatedColumn(let name): "names the column \(quoted(name)) twice"
        case .tooManyColumns(let count): "has \(count) columns; at most \(CSVReader.maximumColumns) can be read"
        case .missing: "is missing; the file is empty"
        case .utf16: "is UTF-16; save the file as UTF-8"
        }
    }
}
