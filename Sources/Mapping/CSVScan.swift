/// Finds the fields of one row: the part of ``CSVReader`` that looks at every byte.
struct CSVScan: ~Copyable {
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let quote: UInt8 = 0x22

    /// What the bytes at hand turned out to be. All counts are in bytes from the start of the row.
    enum Outcome {
        /// The row may end behind the bytes at hand.
        case incomplete
        /// An empty line, with its line break.
        case blank(length: Int)
        /// A row, where the next one starts, and the lines it takes up.
        case whole(length: Int, next: Int, lineCount: Int)
        /// No end can be told.
        case broken(CSVProblem.Reason)
    }

    /// The fields of the last whole row; of those beyond the most columns only the number is kept.
    let fields: UnsafeMutablePointer<UnsafeRawBufferPointer>
    private(set) var fieldCount = 0

    /// For every byte whether it ends a stretch of plain bytes inside and outside of quotes.
    private let classes: UnsafeMutablePointer<UInt8>
    private static let stopsInQuotes: UInt8 = 1
    private static let stopsOutside: UInt8 = 2

    /// Holds the fields of the row that had doubled quotes. Such a field is shorter than it stands in the file.
    private let unescaped: UnsafeMutableRawPointer
    private var unescapedCount = 0
    private static let unescapedCapacity = CSVReader.maximumRowBytes + 2

    private let delimiter: UInt8
    private var lineBreaks = 0
    private var control: UInt8?

    init(delimiter: UInt8) {
        precondition(CSVReader.isDelimiter(delimiter), "a delimiter is an ASCII character that means nothing else")
        self.delimiter = delimiter
        fields = .allocate(capacity: CSVReader.maximumColumns)
        classes = .allocate(capacity: 256)
        classes.initialize(repeating: 0, count: 256)
        for byte in [Self.lineFeed, Self.quote, 0, CSVRow.separator] {
            classes[Int(byte)] = Self.stopsInQuotes | Self.stopsOutside
        }
        for byte in [Self.carriageReturn, delimiter] { classes[Int(byte)] = Self.stopsOutside }
        unescaped = .allocate(byteCount: Self.unescapedCapacity, alignment: 1)
    }

    deinit {
        fields.deallocate()
        classes.deallocate()
        unescaped.deallocate()
    }

    /// Reads the row at the start of the bytes, of which there is at least one.
    /// - Parameter isLast: whether the file ends with the bytes.
    mutating func row(in bytes: UnsafeRawBufferPointer, isLast: Bool) -> Outcome {
        if let blank = blank(bytes, isLast: isLast) { return blank }
        fieldCount = 0
        unescapedCount = 0
        lineBreaks = 0
        control = nil
        // A row of the greatest length, and CR LF behind it.
        let window = UnsafeRawBufferPointer(rebasing: bytes.prefix(CSVReader.maximumRowBytes + 2))
        let end = EndOfBytes(isLast: isLast, isWindowFull: window.count == CSVReader.maximumRowBytes + 2)
        var position = 0
        while true {
            let ending: Ending
            if position < window.count && window[position] == Self.quote {
                ending = quotedField(in: window, at: &position, end)
            } else {
                ending = plainField(in: window, at: &position, end)
            }
            switch ending {
            case .field: continue
            case .row(let next):
                if position > CSVReader.maximumRowBytes { return .broken(.tooLong) }
                return .whole(length: position, next: next, lineCount: lineBreaks + 1)
            case .other(let outcome): return outcome
            }
        }
    }

    /// What is wrong with the last whole row in spite of its quotes being right.
    func defect(in row: UnsafeRawBufferPointer) -> CSVProblem.Reason? {
        if let control { return .controlCharacter(control) }
        return isUTF8(row) ? nil : .encoding
    }

    /// What the bytes at hand running out means.
    private struct EndOfBytes {
        let isLast: Bool
        let isWindowFull: Bool

        /// Outside of quotes, with the row so far being `length` bytes long.
        func outside(_ length: Int) -> Ending {
            isWindowFull ? .other(.broken(.tooLong)) : isLast ? .row(next: length) : .other(.incomplete)
        }

        var inQuotes: Ending {
            .other(isWindowFull ? .broken(.tooLong) : isLast ? .broken(.openQuote) : .incomplete)
        }
    }

    private enum Ending {
        /// Another field follows.
        case field
        /// The row ends here, and `next` is where the next one starts.
        case row(next: Int)
        case other(Outcome)
    }

    private func blank(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> Outcome? {
        switch bytes[0] {
        case Self.lineFeed: return .blank(length: 1)
        case Self.carriageReturn where bytes.count == 1: return isLast ? .blank(length: 1) : .incomplete
        case Self.carriageReturn where bytes[1] == Self.lineFeed: return .blank(length: 2)
        default: return nil
        }
    }

    /// Reads a field that does not start with a quote, and what ends it.
    @inline(__always)
    private mutating func plainField(
        in bytes: UnsafeRawBufferPointer, at position: inout Int, _ end: EndOfBytes
    ) -> Ending {
        let start = position
        while true {
            while position < bytes.count, classes[Int(bytes[position])] & Self.stopsOutside == 0 { position &+= 1 }
            guard position < bytes.count else {
                add(bytes, start..<position)
                return end.outside(position)
            }
            switch bytes[position] {
            case Self.quote: return .other(.broken(.strayQuote))
            case 0, CSVRow.separator:
                control = bytes[position]
                position += 1
            default:
                add(bytes, start..<position)
                return separator(in: bytes, at: &position, end)
            }
        }
    }

    /// Reads a field in quotes, and what ends it.
    private mutating func quotedField(
        in bytes: UnsafeRawBufferPointer, at position: inout Int, _ end: EndOfBytes
    ) -> Ending {
        position += 1
        let start = position
        var hasDoubledQuotes = false
        while true {
            while position < bytes.count, classes[Int(bytes[position])] & Self.stopsInQuotes == 0 { position &+= 1 }
            guard position < bytes.count else { return end.inQuotes }
            switch bytes[position] {
            case Self.lineFeed: lineBreaks += 1
            case Self.quote:
                guard position + 1 < bytes.count else {
                    if !end.isLast || end.isWindowFull { return end.inQuotes }
                    add(bytes, start..<position, hasDoubledQuotes: hasDoubledQuotes)
                    position += 1
                    return .row(next: position)
                }
                guard bytes[position + 1] == Self.quote else {
                    add(bytes, start..<position, hasDoubledQuotes: hasDoubledQuotes)
                    position += 1
                    return separator(in: bytes, at: &position, end)
                }
                hasDoubledQuotes = true
                position += 1
            default: control = bytes[position]
            }
            position += 1
        }
    }

    /// Reads what stands between two fields or behind the last one.
    @inline(__always)
    private func separator(
        in bytes: UnsafeRawBufferPointer, at position: inout Int, _ end: EndOfBytes
    ) -> Ending {
        switch bytes[position] {
        case delimiter:
            position += 1
            return .field
        case Self.lineFeed: return .row(next: position + 1)
        case Self.carriageReturn:
            guard position + 1 < bytes.count else {
                return end.isLast && !end.isWindowFull ? .row(next: position + 1) : end.outside(position)
            }
            return bytes[position + 1] == Self.lineFeed
                ? .row(next: position + 2) : .other(.broken(.bareCarriageReturn))
        default: return .other(.broken(.textAfterQuote))
        }
    }

    @inline(__always)
    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, hasDoubledQuotes: Bool = false) {
        var field = UnsafeRawBufferPointer(rebasing: bytes[range])
        if hasDoubledQuotes { field = unescape(field) }
        if fieldCount < CSVReader.maximumColumns { fields[fieldCount] = field }
        fieldCount += 1
    }

    private mutating func unescape(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = unescaped + unescapedCount
        var count = 0
        var index = 0
        while index < field.count {
            start.storeBytes(of: field[index], toByteOffset: count, as: UInt8.self)
            index += field[index] == Self.quote ? 2 : 1
            count += 1
        }
        unescapedCount += count
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    private func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var (bits, index) = (UInt64(0), 0)
        while index + 8 <= bytes.count {
            bits |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            bits |= UInt64(bytes[index])
            index += 1
        }
        if bits & 0x8080_8080_8080_8080 == 0 { return true }
        return (try? UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)) != nil
    }
}
