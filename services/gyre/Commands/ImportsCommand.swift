import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import SignalsAPI

/// `gyre imports`
struct ImportsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "imports", abstract: "Shows what files brought in, and tries their bad rows again.",
        subcommands: [List.self, Rejected.self, Replay.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's imports, newest first.",
            discussion: """
                EXAMPLE
                  gyre imports list --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Imports.Client(try await caller.connect(suite))
            let imports = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Imports.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: imports)) {
                guard !imports.isEmpty else {
                    return "No imports yet. Begin one: \(caller.command("import FILE --mapping MAPPING", suite))\n"
                }
                return ImportsCommand.table(imports).text(width: Terminal.width)
            }
        }
    }

    struct Rejected: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the rows that an import could not take, with line and reason.",
            discussion: """
                EXAMPLE
                  gyre imports rejected 01930000-0000-7000-8000-000000000031 --json
                """)

        @Argument(help: "The import's id, as `gyre imports` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = RejectedRows.Client(try await caller.connect(suite))
            let rows = try await allPages { [id] cursor throws(RPCError) in
                let page = try await client.list(RejectedRows.List.Params(importId: id, cursor: cursor, limit: 500))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: rows)) {
                guard !rows.isEmpty else { return "Every row is in.\n" }
                var table = TextTable([.init("LINE", .right), .init("REASON"), .init("ROW")])
                for row in rows { table.add([String(row.line), row.reason, row.row]) }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Replay: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tries all bad rows of an import again, through a corrected mapping if one is given.",
            discussion: """
                Rows that are taken leave the list; the others stay in it with the new reason. A single row is \
                corrected with gyre call rejectedRows.replay.

                EXAMPLES
                  gyre imports replay 01930000-0000-7000-8000-000000000031 --mapping corrected.yaml
                  gyre imports replay 01930000-0000-7000-8000-000000000031
                """)

        @Argument(help: "The import's id, as `gyre imports` shows it.")
        var id: UUIDv7

        @Option(
            help: ArgumentHelp("The corrected mapping, in YAML or JSON.", valueName: "file"),
            completion: .file(extensions: ["yaml", "yml", "json"]))
        var mapping: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let file = try mapping.map { try MappingFile.read($0) }
            let client = try await caller.connect(suite)
            let job: Imports.Replay.Reply
            do throws(RPCError) {
                job = try await Imports.Client(client).replay(
                    Imports.Replay.Params(id: id, mapping: file.map { JSONRaw($0.json) }))
            } catch {
                throw file?.failure(of: error) ?? CommandFailure(error, in: suite.directory)
            }
            let ended = try await JobProgress(Jobs.Client(client), output).end(of: job.id)
            let result = try await Imports.Client(client).get(Imports.Get.Params(id: id))
            output.show(result) {
                guard ended.status == .completed else { return JobsCommand.outcome(of: ended) }
                return """
                    \(ended.done.counted("row")) tried again, \(result.rejected.grouped) still bad.
                    \(result.rejected > 0 ? "See why: \(caller.command("imports rejected \(id)", suite))\n" : "")
                    """
            }
            if ended.status != .completed { throw ExitCode.failure }
        }
    }

    static func table(_ imports: [Import]) -> TextTable {
        var table = TextTable([
            .init("IMPORT"), .init("SOURCE"), .init("STATUS"), .init("ROWS", .right), .init("NEW", .right),
            .init("KNOWN", .right), .init("REJECTED", .right), .init("BEGAN"),
        ])
        for item in imports {
            table.add([
                item.id.description, item.source, item.status.rawValue, item.rows.grouped, item.accepted.grouped,
                item.duplicates.grouped, item.rejected.grouped, item.createdAt.description,
            ])
        }
        return table
    }
}
