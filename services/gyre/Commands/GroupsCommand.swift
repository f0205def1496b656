import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre groups`
struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups", abstract: "Keeps saved groups, which conditions of experiments name.",
        subcommands: [List.self, Set.self, Show.self, Delete.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the groups, oldest first.",
            discussion: """
                EXAMPLE
                  gyre groups list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = SavedGroups.Client(try await caller.connect(suite))
            let groups = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(SavedGroups.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: groups)) {
                guard !groups.isEmpty else {
                    return "No groups. Make one: \(caller.command("groups set --help", suite))\n"
                }
                return GroupsCommand.table(groups).text(width: Terminal.width)
            }
        }
    }

    struct Set: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a group of a list of values or of a condition, or replaces one.",
            discussion: """
                Conditions name a list with $inGroup or $notInGroup, and any group with $savedGroup. Keep people's ids in \
                lists, not in conditions: an erasure looks for them here.

                EXAMPLES
                  gyre groups set testers --attribute id --value u1 --value u2
                  gyre groups set testers --attribute id --file testers.txt     # one value a line
                  gyre groups set adults --condition '{"age": {"$gte": 18}}'
                """)

        @Argument(help: "What conditions name.")
        var key: String

        @Option(name: .customLong("value"), help: "A value of the list. Once for each.")
        var values: [String] = []

        @Option(
            help: ArgumentHelp("The list, one value a line; - for standard input.", valueName: "file"),
            completion: .file())
        var file: String?

        @Option(help: ArgumentHelp("Who is in it.", valueName: "json"))
        var condition: JSONArgument?

        @Option(help: ArgumentHelp("The attribute that $savedGroup looks for in the list.", valueName: "name"))
        var attribute: String?

        @Option(help: "What people read; else the key.")
        var name: String?

        @Option(help: ArgumentHelp("Who is in it, in words.", valueName: "text"))
        var description: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            let ways = [!values.isEmpty, file != nil, condition != nil].count { $0 }
            guard ways == 1 else {
                throw ValidationError("Give the values, a file of them, or a condition: one of these.")
            }
            if condition != nil, attribute != nil { throw ValidationError("An attribute belongs to a list.") }
        }

        func perform() async throws {
            var list = condition == nil ? values : nil
            if let file { list = GroupsCommand.lines(try TextInput.read(file)) }
            let group = try await SavedGroups.Client(try await caller.connect(suite)).set(
                SavedGroups.Set.Params(
                    key: key, name: name, description: description, attribute: attribute, values: list,
                    condition: condition?.json))
            output.show(group) { GroupsCommand.table([group]).text(width: Terminal.width) }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says who is in a group: its values, one a line, or its condition.",
            discussion: """
                EXAMPLE
                  gyre groups show staff
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let group = try await SavedGroups.Client(try await caller.connect(suite)).get(
                SavedGroups.Get.Params(key: key))
            output.show(group) {
                if let condition = group.condition { return "\(condition)\n" }
                return (group.values ?? []).map { $0.withoutControlCharacters + "\n" }.joined()
            }
        }
    }

    struct Delete: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a group that no condition names.",
            discussion: """
                EXAMPLE
                  gyre groups delete staff
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await SavedGroups.Client(try await caller.connect(suite)).delete(
                SavedGroups.Delete.Params(key: key))
            output.show(reply) { "\(key) is deleted.\n" }
        }
    }

    /// What is on the lines of a file, without white space around it; empty lines say nothing.
    static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let start = line.drop(while: \.isWhitespace)
            guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return nil }
            return String(start[...last])
        }
    }

    static func table(_ groups: [SavedGroup]) -> TextTable {
        var table = TextTable([
            .init("GROUP"), .init("NAME"), .init("WHO"), .init("ATTRIBUTE"), .init("CHANGED"),
        ])
        for group in groups {
            table.add([
                group.key, group.name, group.count?.counted("value") ?? group.condition?.description, group.attribute,
                group.updatedAt.description,
            ])
        }
        return table
    }
}
