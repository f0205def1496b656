import JSON
import SignalsAPI

/// What became of an import: what is in, and the rows that are not.
struct ImportReport: JSONWritable {
    /// Bad rows that are shown to people.
    static let shownRows = 20

    let result: Import
    /// The first of them, in the order of the file.
    let rejectedRows: [RejectedRow]
    let fileName: String
    let elapsedMilliseconds: Int64
    let suite: DataDirectory
    /// ``CallerOptions/again``
    var caller = ""

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("import")
        result.write(to: &writer)
        writer.key("rejectedRows")
        rejectedRows.write(to: &writer)
        writer.endObject()
    }

    func text(width: Int?) -> String {
        let seconds = "\(elapsedMilliseconds / 1_000).\(elapsedMilliseconds % 1_000 / 100) s"
        var text = """
            \(fileName): \(result.rows.counted("row")) from '\(result.source)' in \(seconds)
              new         \(result.accepted.grouped)
              known       \(result.duplicates.grouped)
              rejected    \(result.rejected.grouped)

            """
        guard !rejectedRows.isEmpty else { return text }
        var table = TextTable([.init("LINE", .right), .init("REASON")])
        for row in rejectedRows.prefix(Self.shownRows) { table.add([String(row.line), row.reason]) }
        text += "\n" + table.text(width: width)
        if result.rejected > Self.shownRows {
            let all = "imports rejected \(result.id)"
            text += "and \((result.rejected - Self.shownRows).grouped) more: \(suite.command(all + caller))\n"
        }
        let line = rejectedRows.first?.line ?? 0
        let replay = "call rejectedRows.replay '{\"importId\": \"\(result.id)\", \"line\": \(line), \"row\": \"…\"}'"
        return text + """

            Correct the mapping and try them all again:
              \(suite.command("imports replay \(result.id) --mapping MAPPING\(caller)"))
            Or correct one row:
              \(suite.command(replay + caller))

            """
    }
}
