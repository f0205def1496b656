/// Reads comma-separated rows (RFC 4180) from a file that arrives in chunks, and goes on past the bad ones.
///
/// ```swift
/// var reader = CSVReader(resuming: state)
/// chunk.withUnsafeBytes { reader.feed($0, isLast: false) }
/// reading: while true {
///     switch try reader.next() {
///     case .header: mapping = try Mapping(template, header: reader.header)
///     case .row: apply(try mapping.map(reader.row))
///     case .problem(let problem): deadLetters.append(problem)
///     case .needsMore, .end: break reading
///     }
/// }
/// state = reader.state
/// ```
///
/// **Format.** Fields are separated by the delimiter and rows end with LF or CR LF, the last one optionally. A field
/// in double quotes may hold delimiters, line breaks and doubled quotes. A quote inside a field that does not start
/// with one, a byte between a closing quote and the next delimiter, a CR alone outside of quotes, and the bytes 0x00
/// and 0x1F anywhere are refused. Text is UTF-8; a byte order mark before the header is skipped, and so are empty
/// lines. The first row is the header.
///
/// **Recovery.** A row that is whole but wrong (number of fields, UTF-8, a forbidden byte) is reported and left out.
/// Where the quotes are wrong, or no end comes within ``maximumRowBytes``, nobody can tell where the row ends: its
/// first line is reported and reading goes on with the next line, so a quote that is never closed costs one line and
/// not the rest of the file. (What follows the first line of an over-long quoted text is then read as rows, too.)
///
/// Where the file is cut into chunks changes nothing: rows, problems, lines and offsets are the same.
public struct CSVReader: ~Copyable {
    /// The longest row in bytes, quotes included, line break not included: 64 KiB.
    public static let maximumRowBytes = 64 * 1_024
    /// The most columns of a header.
    public static let maximumColumns = 1_024

    /// What a reader needs to go on with the next chunk, small enough to be stored with the effects of this one.
    public struct State: Sendable, Equatable {
        /// The bytes after the last row that was given out: less than a row, once everything was read.
        public var carry: [UInt8]
        /// The line, from 1, on which `carry` starts.
        public var line: Int
        /// Where `carry` starts, in bytes from the start of the file.
        public var byteOffset: Int
        /// The names of the columns; nil before the header was read.
        public var header: [String]?
        /// `carry` starts within a line that was reported already: nothing counts before its end.
        public var isSkipping: Bool

        public init(
            carry: [UInt8] = [], line: Int = 1, byteOffset: Int = 0, header: [String]? = nil, isSkipping: Bool = false
        ) {
            self.carry = carry
            self.line = line
            self.byteOffset = byteOffset
            self.header = header
            self.isSkipping = isSkipping
        }

        /// Where the next chunk must start, in bytes from the start of the file.
        public var nextOffset: Int { byteOffset + carry.count }
    }

    /// What the reader came to.
    public enum Step: Sendable, Equatable {
        /// The header was read: ``header`` holds it.
        case header
        /// A row was read: ``row`` holds it.
        case row
        /// A row was left out.
        case problem(CSVProblem)
        /// What was fed is used up, except for a part of a row.
        case needsMore
        /// The file is used up.
        case end
    }

    /// The names of the columns, empty before the header was read.
    public private(set) var header: [String]

    var scan: CSVScan
    private var buffer: UnsafeMutableRawBufferPointer
    /// The bytes in use of `buffer`, and how many of them were given out as rows.
    private var count = 0
    private var position = 0
    private var line: Int
    private var byteOffset: Int
    private var isSkipping: Bool
    private var isLast = false
    /// Of the last row: its bytes in `buffer`, its line, and whether it is there to be looked at.
    private var rowRange = 0..<0
    private var rowLine = 0
    private var hasRow = false

    /// A reader at the start of a file, or where another one stopped.
    /// - Parameter delimiter: the same for the whole file; ``isDelimiter(_:)`` must hold.
    public init(resuming state: State = State(), delimiter: UInt8 = UInt8(ascii: ",")) {
        header = state.header ?? []
        line = state.line
        byteOffset = state.byteOffset
        isSkipping = state.isSkipping
        scan = CSVScan(delimiter: delimiter)
        buffer = .allocate(byteCount: max(state.carry.count, 4_096), alignment: 16)
        buffer.copyBytes(from: state.carry)
        count = state.carry.count
    }

    deinit { buffer.deallocate() }

    /// Whether a byte may separate fields: ASCII, and without a meaning of its own.
    public static func isDelimiter(_ byte: UInt8) -> Bool {
        byte < 0x80 && ![CSVScan.lineFeed, CSVScan.carriageReturn, CSVScan.quote, 0, CSVRow.separator].contains(byte)
    }

    /// Adds the next bytes of the file; a row that was given out before is gone.
    /// - Parameter isLast: whether the file ends with them; an empty chunk may say so, too.
    public mutating func feed(_ chunk: UnsafeRawBufferPointer, isLast: Bool = false) {
        let rest = count - position
        if rest + chunk.count > buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: rest + chunk.count, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[position..<count]))
            buffer.deallocate()
            buffer = larger
        } else if position > 0 {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[position..<count]))
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[rest...]).copyMemory(from: chunk)
        byteOffset += position
        position = 0
        count = rest + chunk.count
        hasRow = false
        self.isLast = isLast
    }

    /// Adds the next bytes of the file; a row that was given out before is gone.
    public mutating func feed(_ chunk: [UInt8], isLast: Bool = false) {
        chunk.withUnsafeBytes { feed($0, isLast: isLast) }
    }

    /// Where this reader stands. The bytes that were fed and not yet read are part of it.
    public var state: State {
        State(
            carry: [UInt8](buffer[position..<count]), line: line, byteOffset: byteOffset + position,
            header: header.isEmpty ? nil : header, isSkipping: isSkipping)
    }

    /// The row of the last step `.row`. It points into the reader: it is gone at the next `next` or `feed`.
    public var row: CSVRow {
        CSVRow(
            fields: UnsafePointer(scan.fields), count: hasRow ? scan.fieldCount : 0,
            bytes: UnsafeRawBufferPointer(rebasing: buffer[rowRange]), line: rowLine,
            byteOffset: byteOffset + rowRange.lowerBound)
    }

    /// Reads on to the next row or problem.
    /// - Throws: ``CSVError`` for a header that cannot be used; the file is then of no use, and neither is the reader.
    public mutating func next() throws(CSVError) -> Step {
        hasRow = false
        if isSkipping, !skipLine() { return try end() }
        while true {
            if header.isEmpty && byteOffset + position == 0, try !skipByteOrderMark() { return .needsMore }
            guard position < count else { return try end() }
            switch scan.row(in: available, isLast: isLast) {
            case .incomplete: return .needsMore
            case .blank(let length):
                position += length
                line += 1
            case .whole(let length, let next, let lineCount):
                let start = position
                position += next
                rowRange = start..<(start + length)
                rowLine = line
                line += lineCount
                if let reason = scan.defect(in: UnsafeRawBufferPointer(rebasing: buffer[rowRange])) {
                    return try refuse(reason, rowRange)
                }
                if header.isEmpty {
                    header = try names()
                    return .header
                }
                guard scan.fieldCount == header.count else {
                    return try refuse(.fieldCount(found: scan.fieldCount, expected: header.count), rowRange)
                }
                hasRow = true
                return .row
            case .broken(let reason):
                guard let step = try refuseLine(reason) else { return .needsMore }
                return step
            }
        }
    }

    private var available: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[position..<count]) }

    private func end() throws(CSVError) -> Step {
        guard isLast else { return .needsMore }
        if header.isEmpty { throw CSVError(line: line, reason: .missing) }
        return .end
    }

    /// Passes the rest of a line that was reported; false when its end has not arrived.
    private mutating func skipLine() -> Bool {
        guard let end = available.firstIndex(of: CSVScan.lineFeed) else {
            position = count
            return false
        }
        position += end + 1
        line += 1
        isSkipping = false
        return true
    }

    /// Passes EF BB BF at the start of the file; false when it cannot be told yet.
    private mutating func skipByteOrderMark() throws(CSVError) -> Bool {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let start = available.prefix(3)
        if start.elementsEqual(mark) {
            position += 3
        } else if mark.starts(with: start), !isLast {
            return false
        } else if start.starts(with: [0xff, 0xfe]) || start.starts(with: [0xfe, 0xff]) {
            throw CSVError(line: 1, reason: .utf16)
        }
        return true
    }

    /// Reports a row that is whole.
    private mutating func refuse(_ reason: CSVProblem.Reason, _ range: Range<Int>) throws(CSVError) -> Step {
        if header.isEmpty { throw CSVError(line: rowLine, reason: .row(reason)) }
        return .problem(
            CSVProblem(
                line: rowLine, byteOffset: byteOffset + range.lowerBound, reason: reason,
                bytes: [UInt8](buffer[range].prefix(Self.maximumRowBytes))))
    }

    /// Reports the first line of a row that has no end, and passes it. Nil when that line has not arrived wholly.
    private mutating func refuseLine(_ reason: CSVProblem.Reason) throws(CSVError) -> Step? {
        let window = available.prefix(Self.maximumRowBytes + 2)
        let lineFeed = window.firstIndex(of: CSVScan.lineFeed)
        if lineFeed == nil && window.count < Self.maximumRowBytes + 2 && !isLast { return nil }
        var end = lineFeed ?? window.count
        if end > 0, window[end - 1] == CSVScan.carriageReturn { end -= 1 }
        rowLine = line
        let step = try refuse(reason, position..<(position + end))
        if let lineFeed {
            position += lineFeed + 1
            line += 1
        } else {
            isSkipping = true
            position += window.count
            if skipLine() { return step }
        }
        return step
    }

    private func names() throws(CSVError) -> [String] {
        guard scan.fieldCount <= Self.maximumColumns else {
            throw CSVError(line: rowLine, reason: .tooManyColumns(scan.fieldCount))
        }
        var names: [String] = []
        var seen: Set<String> = []
        for index in 0..<scan.fieldCount {
            let name = String(decoding: scan.fields[index], as: UTF8.self)
            guard name.isEmpty || seen.insert(name).inserted else {
                throw CSVError(line: rowLine, reason: .repeatedColumn(name))
            }
            names.append(name)
        }
        return names
    }
}
