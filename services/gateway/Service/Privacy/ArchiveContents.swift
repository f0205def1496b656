import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import PersonArchive
import PlatformAPI

/// What goes into a person's archive, in the order in which it comes from the services: files of rows, a line each, then
/// what describes them, and last the manifest and its signature. The same rows give the same bytes.
struct ArchiveContents {
    /// Where a table's file ends and its next one begins.
    static let fileBytes = 8 << 20

    private let request: StoredPrivacyRequest
    private let createdAt: Timestamp
    private var page: ArchivePage
    private var files: [ArchiveManifest.File] = []
    private var tables: [Described] = []

    private struct Described {
        let service: String
        let table: SubjectTable
        var files: [String] = []
        var rows = 0
        var shown: [JSONRaw] = []
        var lines: [UInt8] = []
        var linesRows = 0
    }

    init(_ request: StoredPrivacyRequest, at time: Timestamp) {
        self.request = request
        createdAt = time
        page = ArchivePage(
            Self.title(of: request.kind),
            [
                "This was asked for at \(request.receivedAt) and collected at \(time).",
                "schema.json says what the rows consist of; manifest.json names every file with its hash, and is signed.",
            ])
    }

    private static func title(of kind: PrivacyKind) -> String {
        switch kind {
        case .portability: "What you gave, to take with you"
        case .accounting: "To whom your health information was given"
        default: "What is known about you"
        }
    }

    /// The rows that follow are of this service.
    mutating func begin(_ service: String, _ tables: [SubjectTable]) {
        self.tables += tables.map { Described(service: service, table: $0) }
    }

    /// - Returns: a file that is whole now.
    mutating func add(_ row: ExportedRow, of service: String) throws(RPCError) -> TapeArchive.File? {
        guard let index = tables.firstIndex(where: { $0.service == service && $0.table.table == row.table }) else {
            throw .internalError("\(service) handed over a row of \(row.table), which it did not name.")
        }
        tables[index].lines += row.row.bytes + [UInt8(ascii: "\n")]
        tables[index].linesRows += 1
        tables[index].rows += 1
        if tables[index].shown.count < ArchivePage.maximumRows { tables[index].shown.append(row.row) }
        return tables[index].lines.count >= Self.fileBytes ? close(index) : nil
    }

    /// - Returns: the files of this service that are still open.
    mutating func end(_ service: String) -> [TapeArchive.File] {
        tables.indices.filter { tables[$0].service == service }.compactMap { close($0) }
    }

    private mutating func close(_ index: Int) -> TapeArchive.File? {
        guard tables[index].linesRows > 0 else { return nil }
        let number = tables[index].files.count + 1
        let name = "\(tables[index].table.table)\(number == 1 ? "" : ".\(number)").ndjson"
        let file = TapeArchive.File("data/\(tables[index].service)/\(name)", tables[index].lines)
        files.append(ArchiveManifest.File(file, rows: tables[index].linesRows))
        tables[index].files.append(file.name)
        tables[index].lines = []
        tables[index].linesRows = 0
        return file
    }

    /// What describes the rows, and what signs all of it.
    mutating func finish(_ key: Ed25519.PrivateKey) throws(RPCError) -> [TapeArchive.File] {
        for table in tables where table.table.withheld == nil {
            page.add(
                table.table.holds, service: table.service, kept: table.table.kept,
                columns: table.table.fields.map(\.name), rows: table.shown, count: table.rows, files: table.files)
        }
        page.addWithheld(
            tables.compactMap { described in described.table.withheld.map { (described.table.holds, $0) } })
        let describing = [
            TapeArchive.File("schema.json", schema.bytes()), TapeArchive.File("index.html", Array(page.html.utf8)),
        ]
        files += describing.map { ArchiveManifest.File($0, rows: nil) }
        let manifest = TapeArchive.File(ArchiveManifest.name, manifest.bytes())
        do {
            let signature = try ArchiveManifest.signature(of: manifest.bytes, by: key)
            return describing + [manifest, TapeArchive.File(ArchiveManifest.signatureName, signature)]
        } catch {
            throw .internalError("The archive of \(request.id) cannot be signed: \(error)")
        }
    }

    private var manifest: JSONWriter {
        var writer = JSONWriter(capacity: 2_048)
        writer.beginObject()
        writer.key("format")
        writer.string(ArchiveHeader.format)
        writer.key("kind")
        writer.string(request.kind.rawValue)
        writer.key("regulation")
        writer.string(request.regulation.rawValue)
        writer.key("request")
        request.id.write(to: &writer)
        writer.key("brand")
        request.brand.write(to: &writer)
        writer.key("receivedAt")
        request.receivedAt.write(to: &writer)
        writer.key("createdAt")
        createdAt.write(to: &writer)
        writer.key("files")
        files.write(to: &writer)
        writer.endObject()
        writer.newline()
        return writer
    }

    /// The tables, and of each row's members a JSON Schema (draft 2020-12).
    private var schema: JSONWriter {
        var writer = JSONWriter(capacity: 4_096)
        writer.beginObject()
        writer.key("tables")
        writer.beginArray()
        for described in tables {
            writer.beginObject()
            writer.key("service")
            writer.string(described.service)
            writer.key("table")
            writer.string(described.table.table)
            writer.key("holds")
            writer.string(described.table.holds)
            writer.key("kept")
            writer.string(described.table.kept)
            if let why = described.table.withheld {
                writer.key("withheld")
                writer.string(why)
            } else {
                writer.key("rows")
                writer.int(described.rows)
                writer.key("files")
                described.files.write(to: &writer)
                writer.key("schema")
                Self.schema(of: described.table.fields, to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer
    }

    private static func schema(of fields: [ExportedField], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("$schema")
        writer.string("https://json-schema.org/draft/2020-12/schema")
        writer.key("type")
        writer.string("object")
        writer.key("properties")
        writer.beginObject()
        for field in fields {
            writer.key(field.name)
            writer.beginObject()
            switch field.form {
            case .text: member("string", to: &writer)
            case .integer: member("integer", to: &writer)
            case .time: member("string", format: "date-time", to: &writer)
            case .amount: member("string", pattern: "^-?[0-9]+(\\.[0-9]{1,4})?$", to: &writer)
            case .uuid: member("string", format: "uuid", to: &writer)
            case .json: break
            }
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    private static func member(
        _ type: String, format: String? = nil, pattern: String? = nil, to writer: inout JSONWriter
    ) {
        writer.key("type")
        writer.string(type)
        if let format {
            writer.key("format")
            writer.string(format)
        }
        if let pattern {
            writer.key("pattern")
            writer.string(pattern)
        }
    }
}
