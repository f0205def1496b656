/// A folder of SQL migrations as one Swift file, so that a binary carries its schema with it.
public struct EmbeddedMigrations: Sendable {
    /// The Swift source.
    public let text: String
    private let output: String

    /// - Parameters:
    ///   - files: `0001-create-keys.sql` …, numbered without gaps.
    ///   - folder: where they lie, for the heading and for complaints.
    ///   - output: the Swift file, whose name is that of the type: `…/TenancyMigrations.swift`.
    public init(_ files: [SourceFile], folder: String, output: String) throws(Problems) {
        let files = files.sorted { $0.name < $1.name }
        try Self.requireNumbers(files, folder)
        let fileName = output.split(separator: "/").last.map(String.init) ?? output
        let type = String(fileName.prefix { $0 != "." })
        guard SwiftName.isTypeName(type) else {
            var problems = Problems()
            problems.add(
                Problem(file: output, pointer: "", "must be called like a type, such as TenancyMigrations.swift"))
            throw problems
        }
        self.output = output
        text = Self.render(files, type: type, folder: folder)
    }

    /// Throws unless `found` is the current text of the output.
    public func checkCurrent(_ found: String) throws(Problems) {
        guard found != text else { return }
        var problems = Problems()
        problems.add(Problem(file: output, pointer: "", "is not current: run proto-gen embed"))
        throw problems
    }

    /// Applied migrations are known by their names, so a gap or a number given twice is a mistake of a merge.
    private static func requireNumbers(_ files: [SourceFile], _ folder: String) throws(Problems) {
        var problems = Problems()
        if files.isEmpty { problems.add(Problem(file: folder, pointer: "", "holds no migrations (*.sql)")) }
        for (index, file) in files.enumerated() {
            let digits = String(index + 1)
            let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            if !file.name.hasPrefix("\(number)-") {
                problems.add(
                    Problem(
                        file: "\(folder)/\(file.name)", pointer: "", "must begin with \(number)-: it is the next one"))
            }
            if String(validating: file.bytes, as: UTF8.self) == nil {
                problems.add(Problem(file: "\(folder)/\(file.name)", pointer: "", "must be UTF-8"))
            }
        }
        try problems.throwIfAny()
    }

    private static func render(_ files: [SourceFile], type: String, folder: String) -> String {
        var text = SourceText()
        text.line("\(GeneratedFile.mark)\(folder). Do not edit.")
        text.blank()
        text.line("import SQLite")
        text.blank()
        text.documentation(["The migrations of this service's databases, oldest first."])
        text.block("enum \(type)") { (text: inout SourceText) in
            text.collection("static let all: [Migration] = ", files.map(element))
        }
        return text.text
    }

    private static func element(_ file: SourceFile) -> SourceText.Element {
        let sql = String(decoding: file.bytes, as: UTF8.self)
        let content = sql.last == "\n" ? sql.dropLast() : sql[...]
        let lines = content.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            SwiftLiteral.folded(String(line), width: foldWidth)
        }
        return SourceText.Element(
            lines: [
                "Migration(",
                "    name: \(SwiftLiteral.string(String(file.name.dropLast(".sql".count)))),",
            ] + SwiftLiteral.raw(lines, label: "    sql: ", close: ")"))
    }

    /// What is left of a line in the literals of a list.
    private static let foldWidth = SourceText.width - 20
}
