import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import SignalsAPI

/// `gyre segments`
struct SegmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segments", abstract: "Keeps groups of people by a rule.",
        subcommands: [
            List.self, Create.self, Change.self, Show.self, Preview.self, Members.self, Of.self, Sizes.self,
            Archive.self,
        ], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the segments in use, oldest first.",
            discussion: """
                EXAMPLE
                  gyre segments list
                """)

        @Flag(help: "Those out of use, in place of the others.")
        var archived = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Segments.Client(try await caller.connect(suite))
            let segments = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Segments.List.Params(isArchived: archived, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: segments)) {
                guard !segments.isEmpty else {
                    return "No segments. Make one: \(caller.command("segments create --help", suite))\n"
                }
                return SegmentsCommand.table(segments).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a segment.",
            discussion: """
                Whoever the rule holds for is in it from the very next read on. ops/docs/segments.md has all that a rule can \
                say; gyre segments preview tries one.

                EXAMPLES
                  gyre segments create berliners --rule '{"trait": "city", "is": "Berlin"}'
                  gyre segments create regulars --name 'Regular customers' \\
                      --rule '{"event": "order", "times": {"atLeast": 2}, "withinDays": 90}'
                  gyre segments create regulars --file regulars.yaml
                """)

        @Argument(help: "What rules and campaigns call it.")
        var key: String

        @OptionGroup var rule: RuleOptions

        @Option(help: "What people read; else the key.")
        var name: String?

        @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
        var description: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Segments.Client(try await caller.connect(suite))
            let segment = try await rule.applied { rule throws(RPCError) in
                try await client.create(
                    Segments.Create.Params(key: key, name: name ?? key, rule: rule, description: description))
            }
            output.show(segment) {
                SegmentsCommand.description(of: segment)
                    + "Who is in it: \(caller.command("segments members \(segment.key)", suite))\n"
            }
        }
    }

    struct Change: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a segment another rule.",
            discussion: """
                EXAMPLES
                  gyre segments change regulars --rule '{"event": "order", "times": {"atLeast": 3}, "withinDays": 90}'
                  gyre segments change regulars --file regulars.yaml
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var rule: RuleOptions

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Segments.Client(try await caller.connect(suite))
            let before = try await client.get(Segments.Get.Params(key: key))
            let segment = try await rule.applied { rule throws(RPCError) in
                try await client.update(Segments.Update.Params(id: before.id, version: before.version, rule: rule))
            }
            output.show(segment) { SegmentsCommand.description(of: segment) }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says who is in a segment by its rule.",
            discussion: """
                EXAMPLE
                  gyre segments show regulars
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let segment = try await Segments.Client(try await caller.connect(suite)).get(Segments.Get.Params(key: key))
            output.show(segment) {
                SegmentsCommand.description(of: segment) + "\(segment.rule)\n".withoutTerminalControl
            }
        }
    }

    struct Archive: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a segment out of use that no other one names.",
            discussion: """
                EXAMPLE
                  gyre segments archive regulars
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Segments.Client(try await caller.connect(suite))
            let before = try await client.get(Segments.Get.Params(key: key))
            let segment = try await client.archive(Segments.Archive.Params(id: before.id, version: before.version))
            output.show(segment) { "\(segment.key) is archived.\n" }
        }
    }

    static func table(_ segments: [Segment]) -> TextTable {
        var table = TextTable([.init("SEGMENT"), .init("NAME"), .init("WHO")])
        for segment in segments { table.add([segment.key, segment.name, segment.words]) }
        return table
    }

    static func description(of segment: Segment) -> String {
        let about = segment.description.map { $0 + "\n" } ?? ""
        let state = segment.status == .archived ? ", archived" : ""
        return "\(segment.key)\(state): \(segment.words).\n\(about)".withoutTerminalControl
    }
}

/// A rule on the command line, or in a file of YAML or JSON.
struct RuleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who is in it.", valueName: "json"))
    var rule: JSONArgument?

    @Option(help: ArgumentHelp("A file of YAML or JSON with the rule.", valueName: "file"), completion: .file())
    var file: String?

    func validate() throws {
        guard (rule == nil) != (file == nil) else {
            throw ValidationError("Give the rule with --rule, or a file of it with --file.")
        }
    }

    /// What `body` makes of the rule. What the suite finds wrong in a file is told with its line.
    func applied<Reply>(_ body: (JSONRaw) async throws(RPCError) -> Reply) async throws -> Reply {
        if let rule { return try await body(rule.json) }
        let document = try MappingFile.read(file ?? "")
        do throws(RPCError) {
            return try await body(JSONRaw(document.json))
        } catch {
            throw document.failure(of: error, under: "/params/rule") ?? error as any Error
        }
    }
}
