import JSON

/// The page in an archive that a person can read, with nothing but a browser.
struct ArchivePage {
    /// Rows of one table that it shows; the files have all of them.
    static let maximumRows = 1_000

    private var body = ""

    init(_ title: String, _ sentences: [String]) {
        body = "<h1>\(Self.escape(title))</h1>\n" + sentences.map { "<p>\(Self.escape($0))</p>\n" }.joined()
    }

    /// - Parameters:
    ///   - holds: what a row is, in words.
    ///   - columns: the members of rows.
    ///   - rows: the first of them, each an object.
    ///   - files: where all of them are.
    mutating func add(
        _ holds: String, service: String, kept: String, columns: [String], rows: [JSONRaw], count: Int, files: [String]
    ) {
        body += "<h2>\(Self.escape(Self.sentence(holds)))</h2>\n<p>\(count) rows of \(Self.escape(service)), kept "
        body += "\(Self.escape(kept))."
        if rows.count < count { body += " Here are the first \(rows.count)." }
        let links = files.map { "<a href=\"\(Self.escape($0))\">\(Self.escape($0))</a>" }
        body += links.isEmpty ? "</p>\n" : " All of them: \(links.joined(separator: ", "))</p>\n"
        guard !rows.isEmpty else { return }
        body += "<table>\n<tr>" + columns.map { "<th>\(Self.escape($0))</th>" }.joined() + "</tr>\n"
        for row in rows {
            let value = (try? JSONValue(parsing: row.bytes)) ?? .null
            body += "<tr>" + columns.map { "<td>\(Self.text(value[$0]))</td>" }.joined() + "</tr>\n"
        }
        body += "</table>\n"
    }

    mutating func addWithheld(_ tables: [(holds: String, why: String)]) {
        guard !tables.isEmpty else { return }
        body += "<h2>What is not in here</h2>\n<ul>\n"
        for table in tables {
            body += "<li>\(Self.escape(Self.sentence(table.holds))): \(Self.escape(table.why)).</li>\n"
        }
        body += "</ul>\n"
    }

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Your data</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
        table { border-collapse: collapse; font-size: 0.85rem; display: block; overflow-x: auto }
        th, td { border-bottom: 1px solid #ccc; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top }
        td { overflow-wrap: anywhere }
        </style>
        </head>
        <body>
        \(body)</body>
        </html>

        """
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil: ""
        case .string(let text)?: escape(text)
        case let other?: escape(String(decoding: other.json(), as: UTF8.self))
        }
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
