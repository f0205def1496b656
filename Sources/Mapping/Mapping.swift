import JSON

/// A template fitted to the columns of one file: turns rows into records.
public struct Mapping: Sendable {
    public let template: MappingTemplate
    /// The columns that no part of the template reads.
    public let unusedColumns: [String]

    private let builder: RecordBuilder
    private let steps: [Step]
    /// What the constants make of every record.
    private let blank: MappedRecord

    /// How one target gets its value from a row. A class, so that a row costs one reference and no copy of it.
    private final class Step: Sendable {
        enum Source: Sendable {
            case column(Int)
            /// An expression, and the column that each of its names stands for.
            case expression(Expression, [Int])
            /// The members of one object.
            case columns([Member])
            case constant(ExpressionValue)
        }

        struct Member: Sendable {
            let target: MappingTarget
            let column: Int
            let name: String
        }

        let target: MappingTarget
        let source: Source
        /// What an error calls the value: the column, or the target of an expression.
        let field: String

        init(target: MappingTarget, source: Source, field: String) {
            self.target = target
            self.source = source
            self.field = field
        }
    }

    /// Fits a template to a header.
    /// - Throws: the first column that the template names and the file does not have, with those it has.
    public init(_ template: MappingTemplate, header: [String]) throws(MappingError) {
        self.template = template
        builder = RecordBuilder(template: template)
        var columns = HeaderColumns(header)
        var steps: [Step] = []
        var blank = MappedRecord(kind: template.kind)
        var members = JSONWriter()
        for assignment in template.assignments {
            let (target, path) = (assignment.target, assignment.path)
            switch assignment.origin {
            case .column(let name):
                steps.append(Step(target: target, source: .column(try columns.index(of: name, in: path)), field: name))
            case .expression(let expression):
                var indices: [Int] = []
                for name in expression.columns { indices.append(try columns.index(of: name, in: path)) }
                steps.append(Step(target: target, source: .expression(expression, indices), field: target.name))
            case .columns(let names):
                var group: [Step.Member] = []
                for name in names { group.append(try columns.member(name, in: path)) }
                steps.append(Step(target: target, source: .columns(group), field: target.name))
            case .constant(let value):
                if case .member = target.place {
                    steps.append(Step(target: target, source: .constant(value), field: path))
                } else {
                    try builder.set(target, path, value, &blank, &members)
                }
            }
        }
        self.steps = steps
        self.blank = blank
        unusedColumns = columns.unused
    }

    /// The record of a row, which must have the columns that the mapping was fitted to.
    /// - Throws: why there is none: the column or target, the reason, and the start of the value.
    public func map(_ row: borrowing CSVRow) throws(MappingError) -> MappedRecord {
        var record = blank
        var members = JSONWriter(capacity: 256)
        members.beginObject()
        for step in steps { try apply(step, row, &record, &members) }
        members.endObject()
        if members.count > MappedRecord.maximumMemberBytes {
            let name = template.kind == .signals ? "properties" : "traits"
            throw MappingError(field: name, reason: "have more than \(MappedRecord.maximumMemberBytes) bytes")
        }
        if members.count > MappedRecord.noMembers.count {
            if template.kind == .signals {
                record.properties = members.bytes()
            } else {
                record.traits = members.bytes()
            }
        }
        try checkComplete(record)
        return record
    }

    private func apply(
        _ step: Step, _ row: borrowing CSVRow, _ record: inout MappedRecord, _ members: inout JSONWriter
    ) throws(MappingError) {
        switch step.source {
        case .column(let index): try builder.set(step.target, step.field, row.field(index), &record, &members)
        case .constant(let value): try builder.set(step.target, step.field, value, &record, &members)
        case .expression(let expression, let columns):
            try builder.set(step.target, step.field, try value(expression, columns, row, step.field), &record, &members)
        case .columns(let group):
            guard case .member(let name) = step.target.place,
                group.contains(where: { !row.field($0.column).isEmpty })
            else { return }
            members.key(name)
            members.beginObject()
            for member in group {
                try builder.set(member.target, member.name, row.field(member.column), &record, &members)
            }
            members.endObject()
        }
    }

    private func value(
        _ expression: Expression, _ columns: [Int], _ row: borrowing CSVRow, _ field: String
    ) throws(MappingError) -> ExpressionValue {
        // A closure must not capture what is borrowed, so the fields that are named are read before.
        var values: [ExpressionValue] = []
        values.reserveCapacity(columns.count)
        for column in columns { values.append(row.field(column).isEmpty ? .null : .text(row.text(column))) }
        do throws(ExpressionError) {
            return try expression.evaluate { values[$0] }
        } catch {
            throw MappingError(field: field, reason: "cannot be computed: \(error.description)", value: error.value)
        }
    }

    private func checkComplete(_ record: MappedRecord) throws(MappingError) {
        if record.identifiers.isEmpty {
            throw MappingError(field: "identifier", reason: "is missing: every column that holds one is empty")
        }
        guard template.kind == .signals else { return }
        if record.event.isEmpty { throw MappingError(field: "event", reason: "is empty, and a signal needs one") }
        if record.timestamp == nil {
            throw MappingError(field: "timestamp", reason: "is empty, and a signal needs one")
        }
    }

    /// The columns of a file, and which of them were asked for.
    private struct HeaderColumns {
        private let names: [String]
        private var used: Set<Int> = []

        init(_ names: [String]) { self.names = names }

        var unused: [String] {
            names.indices.filter { !used.contains($0) && !names[$0].isEmpty }.map { names[$0] }
        }

        mutating func index(of name: String, in path: String) throws(MappingError) -> Int {
            guard !name.isEmpty, let index = names.firstIndex(of: name) else { throw missing(name, path) }
            used.insert(index)
            return index
        }

        /// A column of a group: `age`, or `age:number`.
        mutating func member(_ written: String, in path: String) throws(MappingError) -> Step.Member {
            var (name, format) = (written, "")
            if !names.contains(written), let colon = written.lastIndex(of: ":") {
                (name, format) = (String(written[..<colon]), String(written[colon...]))
            }
            let index = try index(of: name, in: path)
            let target: MappingTarget
            do throws(MappingTarget.Failure) {
                target = try MappingTarget(memberOfGroup: name, format: format)
            } catch {
                throw MappingError(field: path, reason: error.reason)
            }
            return Step.Member(target: target, column: index, name: name)
        }

        /// The most columns that an error lists.
        private static let listedColumns = 20

        private func missing(_ name: String, _ path: String) -> MappingError {
            var list = names.prefix(Self.listedColumns).map { quoted($0) }.joined(separator: ", ")
            if names.count > Self.listedColumns { list += " and \(names.count - Self.listedColumns) more" }
            return MappingError(
                field: path, reason: "names the column \(quoted(name)), which the file does not have; it has \(list)")
        }
    }
}
