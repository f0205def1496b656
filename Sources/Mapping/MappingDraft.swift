import JSON

/// A template as it is written, before its targets are understood.
struct MappingDraft {
    struct Entry {
        enum Content {
            case column(String)
            case expression(Expression)
            case columns([String])
            case constant(ExpressionValue)
        }

        let target: String
        let content: Content
        let path: String
        /// Where the entry stands in the document.
        let offset: Int

        func assignment(
            _ kind: MappingTemplate.Kind
        ) throws(MappingTarget.Failure) -> MappingTemplate.Assignment {
            switch content {
            case .column(let column):
                .init(target: try MappingTarget(target, of: kind), origin: .column(column), path: path)
            case .expression(let expression):
                .init(target: try MappingTarget(target, of: kind), origin: .expression(expression), path: path)
            case .columns(let columns):
                .init(target: try MappingTarget(group: target, of: kind), origin: .columns(columns), path: path)
            case .constant(let value):
                .init(target: try MappingTarget(target, of: kind), origin: .constant(value), path: path)
            }
        }
    }

    private static let wrapperSuffix = "_mapping"

    private(set) var kind: MappingTemplate.Kind?
    private(set) var source: String?
    private(set) var delimiter = UInt8(ascii: ",")
    private(set) var timestampFormat = DateFormat.rfc3339
    private(set) var timestampPattern = "rfc3339"
    private(set) var timeZoneOffsetMinutes = 0
    private(set) var entries: [Entry] = []
    /// Where the template starts in the document.
    private(set) var offset = 0
    private var seen: UInt64 = 0

    /// Reads a template, or an object that wraps one.
    mutating func read(from reader: inout JSONReader) throws(JSONError) {
        _ = try reader.peek()
        offset = reader.offset
        try reader.beginObject()
        var isFirst = true
        while let key = try reader.nextMember() {
            let name = key.string
            if isFirst, name.hasSuffix(Self.wrapperSuffix) {
                let sourceName = String(name.dropLast(Self.wrapperSuffix.count).map { $0 == "_" ? "-" : $0 })
                if Self.isSource(sourceName) { source = sourceName }
                try readMembers(from: &reader)
                if let next = try reader.nextMember() {
                    let names = "\(quoted(name)) and \(quoted(next.string))"
                    throw reader.fail(.constraint, "holds more than one mapping, \(names): send one", at: offset)
                }
                return
            }
            isFirst = false
            try readMember(name, from: &reader)
        }
    }

    private mutating func readMembers(from reader: inout JSONReader) throws(JSONError) {
        _ = try reader.peek()
        offset = reader.offset
        try reader.beginObject()
        while let key = try reader.nextMember() { try readMember(key.string, from: &reader) }
    }

    private mutating func readMember(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "kind":
            try reader.once(&seen, 0)
            let text = try reader.readString()
            guard let kind = MappingTemplate.Kind(rawValue: text) else {
                throw reader.fail(.constraint, "must be signals or actors")
            }
            self.kind = kind
        case "source":
            try reader.once(&seen, 1)
            let text = try reader.readString()
            guard Self.isSource(text) else {
                throw reader.fail(
                    .constraint,
                    "must start with a small letter and have small letters, digits and hyphens, at most "
                        + "\(MappingTemplate.maximumSourceLength)")
            }
            source = text
        case "source_fields":
            try reader.once(&seen, 2)
            try readEntries("source_fields", from: &reader) { column, reader throws(JSONError) in
                (try reader.readString(), .column(column))
            }
        case "computed_fields":
            try reader.once(&seen, 3)
            try readEntries("computed_fields", from: &reader) { target, reader throws(JSONError) in
                (target, .expression(try Self.expression(from: &reader)))
            }
        case "json_mappings":
            try reader.once(&seen, 4)
            try readEntries("json_mappings", from: &reader) { target, reader throws(JSONError) in
                (target, .columns(try Self.columns(from: &reader)))
            }
        case "constants":
            try reader.once(&seen, 5)
            try readEntries("constants", from: &reader) { target, reader throws(JSONError) in
                (target, .constant(try Self.constant(from: &reader)))
            }
        case "timestamp_format":
            try reader.once(&seen, 6)
            timestampPattern = try reader.readString()
            do throws(DateFormat.Failure) {
                timestampFormat = try DateFormat(timestampPattern)
            } catch {
                throw reader.fail(.constraint, error.description)
            }
        case "time_zone_offset":
            try reader.once(&seen, 7)
            guard let minutes = Self.offsetMinutes(try reader.readString()) else {
                throw reader.fail(.constraint, "must be an offset from UTC such as +02:00, -05:00 or Z")
            }
            timeZoneOffsetMinutes = minutes
        case "delimiter":
            try reader.once(&seen, 8)
            let text = Array(try reader.readString().utf8)
            guard text.count == 1, let byte = text.first, CSVReader.isDelimiter(byte) else {
                throw reader.fail(.constraint, "must be one ASCII character, no quote and no line break")
            }
            delimiter = byte
        default: try reader.unknownMember()
        }
    }

    /// Reads the members of a section, each name once.
    private mutating func readEntries(
        _ section: String, from reader: inout JSONReader,
        _ entry: (String, inout JSONReader) throws(JSONError) -> (String, Entry.Content)
    ) throws(JSONError) {
        var names: Set<String> = []
        try reader.beginObject()
        while let key = try reader.nextMember() {
            let name = key.string
            guard names.insert(name).inserted else { throw reader.fail(.duplicateMember, "appears twice") }
            _ = try reader.peek()
            let offset = reader.offset
            let (target, content) = try entry(name, &reader)
            guard entries.count < MappingTemplate.maximumAssignments else {
                let limit = MappingTemplate.maximumAssignments
                throw reader.fail(
                    .constraint, "is one more than the \(limit) fields that a template may have", at: offset)
            }
            entries.append(Entry(target: target, content: content, path: "\(section)/\(name)", offset: offset))
        }
    }

    private static func expression(from reader: inout JSONReader) throws(JSONError) -> Expression {
        let text = try reader.readString()
        do throws(ExpressionError) {
            return try Expression(text)
        } catch {
            throw reader.fail(.constraint, error.description)
        }
    }

    private static func columns(from reader: inout JSONReader) throws(JSONError) -> [String] {
        var columns: [String] = []
        try reader.beginArray()
        while try reader.nextElement() {
            let column = try reader.readString()
            guard !columns.contains(column) else { throw reader.fail(.constraint, "appears twice") }
            guard columns.count < CSVReader.maximumColumns else {
                throw reader.fail(.constraint, "is one more than the \(CSVReader.maximumColumns) columns of a file")
            }
            columns.append(column)
        }
        guard !columns.isEmpty else { throw reader.fail(.constraint, "must name a column") }
        return columns
    }

    private static func constant(from reader: inout JSONReader) throws(JSONError) -> ExpressionValue {
        switch try reader.peek() {
        case .string:
            let text = try reader.readString()
            guard !text.isEmpty else { throw reader.fail(.constraint, "must not be empty") }
            return .text(text)
        case .bool: return .boolean(try reader.readBool())
        case .number:
            let number = try reader.readDecimal()
            guard number.isWithinLimit else {
                throw reader.fail(.number, "must have at most \(JSONDecimal.digitLimit) digits")
            }
            return .number(number)
        default:
            try reader.skip()
            throw reader.fail(.type, "must be a text, a number, true or false")
        }
    }

    private static func isSource(_ text: String) -> Bool {
        guard let first = text.utf8.first, first &- UInt8(ascii: "a") < 26 else { return false }
        return text.utf8.count <= MappingTemplate.maximumSourceLength
            && text.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
            }
    }

    /// `Z`, `+02:00`, `-0530`, `+1` …, as minutes.
    private static func offsetMinutes(_ text: String) -> Int? {
        let probe = Array("2000-01-01T00:00\(text)".utf8)
        let noon = probe.withUnsafeBytes { DateFormat.rfc3339.timestamp($0) }
        guard !text.isEmpty, let noon else { return nil }
        return Int((946_684_800_000_000 - noon.microseconds) / 60_000_000)
    }
}
