import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import SignalsAPI

/// `gyre import`
struct ImportCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Takes a CSV file into a brand through a mapping.",
        discussion: """
            The mapping says, in YAML or JSON, which columns become which fields; ops/docs/imports.md describes it. The \
            same rows are taken once, however often and in whatever order they are sent. After an interruption the \
            same command goes on where it ended. Rows that cannot be taken are listed with their line and the reason; \
            the others are in.

            EXAMPLES
              gyre import orders.csv --mapping orders.yaml
              gyre import orders.csv --mapping orders.yaml --source archive
            """)

    @Argument(help: "The CSV file.", completion: .file(extensions: ["csv"]))
    var file: String

    @Option(
        help: ArgumentHelp("The mapping, in YAML or JSON.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var mapping: String

    @Option(
        help: ArgumentHelp(
            "Where the data comes from: part of each row's identity.",
            discussion: "Default: what the mapping says, else the file's name.", valueName: "name"))
    var source: String?

    @OptionGroup var caller: CallerOptions
    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func perform() async throws {
        let begunAt = MonotonicClock.milliseconds
        let mapping = try MappingFile.read(mapping)
        let file = try ImportFile(file)
        let client = try await caller.connect(suite)
        let upload = ImportUpload(
            file: file, source: source ?? mapping.source ?? Self.source(fileName: file.name),
            mapping: JSONRaw(mapping.json), imports: Imports.Client(client), jobs: Jobs.Client(client))
        let begun: Import
        do {
            begun = try await upload.begin()
        } catch {
            throw await explained(error, upload, mapping)
        }
        let result = try await send(begun, upload, file)
        let report = ImportReport(
            result: result, rejectedRows: result.rejected > 0 ? try await rejectedRows(of: result, client) : [],
            fileName: file.name, elapsedMilliseconds: MonotonicClock.milliseconds - begunAt, suite: suite.directory,
            caller: caller.again)
        output.show(report) { report.text(width: Terminal.width) }
    }

    private func send(_ begun: Import, _ upload: ImportUpload, _ file: ImportFile) async throws -> Import {
        let isResumed = begun.receivedBytes > 0
        if isResumed, !output.json {
            Terminal.err("Going on at byte \(begun.receivedBytes.grouped) of \(file.size.grouped).\n")
        }
        let bar = Terminal.showsProgress && !output.json ? ProgressBar(label: file.name, total: file.size) : nil
        let startedAt = MonotonicClock.milliseconds
        do {
            let result = try await upload.send(begun) { current in
                guard let bar else { return }
                let line = bar.line(
                    done: current.receivedBytes, note: current.rows.counted("row"),
                    elapsedMilliseconds: Int(MonotonicClock.milliseconds - startedAt), startedAt: begun.receivedBytes)
                Terminal.err("\r\u{1B}[K" + line)
            }
            if bar != nil { Terminal.err("\r\u{1B}[K") }
            return result
        } catch {
            if bar != nil { Terminal.err("\n") }
            if !output.json { Terminal.err("What was sent is in. The same command goes on where this one ended.\n") }
            throw error
        }
    }

    private func rejectedRows(of result: Import, _ client: SuiteClient) async throws -> [RejectedRow] {
        let rows = RejectedRows.Client(client)
        return try await rows.list(RejectedRows.List.Params(importId: result.id, limit: 500)).items
    }

    /// A source's name made from a file's: small letters, digits and dashes, a letter first.
    static func source(fileName: String) -> String {
        let stem = fileName.lowercased().split(separator: ".").first.map(String.init) ?? ""
        var name = ""
        for byte in stem.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                name.append(Character(Unicode.Scalar(byte)))
            default:
                if name.last != "-" { name += "-" }
            }
        }
        while name.last == "-" { name.removeLast() }
        while name.first.map({ !$0.isLetter }) ?? false { name.removeFirst() }
        return name.isEmpty ? "file" : String(name.prefix(60))
    }

    /// What keeps an import from beginning: a mistake in the mapping, at the line where it was written, or another
    /// import, and how to end that.
    private func explained(_ error: RPCError, _ upload: ImportUpload, _ mapping: MappingFile) async -> CommandFailure {
        if let failure = mapping.failure(of: error) { return failure }
        if error.code == RPCError.Code.conflict, let other = try? await upload.inTheWay() {
            let cancel = caller.command("jobs cancel \(other.id)", suite)
            return CommandFailure(
                error.message, remedy: "Send the rest of its file, or end it; what it brought in stays in: \(cancel)")
        }
        return CommandFailure(error, in: suite.directory)
    }
}
