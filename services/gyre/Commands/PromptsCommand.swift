import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre prompts`
struct PromptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompts", abstract: "Keeps prompts in versions that never change.",
        subcommands: [List.self, Add.self, Show.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists versions of prompts, oldest first.",
            discussion: """
                EXAMPLES
                  gyre prompts
                  gyre prompts list onboarding
                """)

        @Argument(help: "Only this prompt's.")
        var name: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = PromptVersions.Client(try await caller.connect(suite))
            let prompts = try await allPages { [name] cursor throws(RPCError) in
                let page = try await client.list(PromptVersions.List.Params(name: name, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: prompts)) {
                prompts.isEmpty
                    ? "No prompts yet. Write one: \(caller.command("prompts add NAME FILE", suite))\n"
                    : PromptsCommand.table(prompts).text(width: Terminal.width)
            }
        }
    }

    struct Add: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the next version of a prompt, from a file; the same content again is the same version.",
            discussion: """
                EXAMPLES
                  gyre prompts add onboarding welcome.txt --provider anthropic --model claude-sonnet-4.5
                  gyre prompts add onboarding - --params '{"temperature": 0.7}' < welcome.txt
                """)

        @Argument(help: "The prompt's name.")
        var name: String

        @Argument(help: "The text, in UTF-8; - for standard input.", completion: .file())
        var file: String

        @Option(help: ArgumentHelp("Whose model it is written for, such as anthropic.", valueName: "name"))
        var provider: String?

        @Option(help: ArgumentHelp("The model it is written for.", valueName: "name"))
        var model: String?

        @Option(help: ArgumentHelp("Parameters where a variant says nothing.", valueName: "json"))
        var params: JSONArgument?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let prompt = try await PromptVersions.Client(try await caller.connect(suite)).create(
                PromptVersions.Create.Params(
                    name: name, template: try TextInput.read(file), modelProvider: provider, modelName: model,
                    params: params?.json))
            output.show(prompt) { PromptsCommand.table([prompt]).text(width: Terminal.width) }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the text of a prompt.",
            discussion: """
                EXAMPLES
                  gyre prompts show onboarding
                  gyre prompts show onboarding 1
                """)

        @Argument(help: "The prompt's name.")
        var name: String

        @Argument(help: "The version's number; else the newest.")
        var version: Int?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let prompt = try await PromptVersions.Client(try await caller.connect(suite)).get(
                PromptVersions.Get.Params(name: name, version: version))
            output.show(prompt) {
                prompt.template.withoutTerminalControl + (prompt.template.hasSuffix("\n") ? "" : "\n")
            }
        }
    }

    static func table(_ prompts: [PromptVersion]) -> TextTable {
        var table = TextTable([
            .init("PROMPT"), .init("VERSION", .right), .init("MODEL"), .init("TEXT"), .init("HASH"), .init("ID"),
        ])
        for prompt in prompts {
            table.add([
                prompt.name, prompt.version.description,
                [prompt.modelProvider, prompt.modelName].compactMap(\.self).joined(separator: " "),
                prompt.template.split(whereSeparator: \.isNewline).joined(separator: " "),
                String(prompt.hash.prefix(12)), prompt.id.description,
            ])
        }
        return table
    }
}
