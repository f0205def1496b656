import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// `gyre policies`
struct PoliciesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policies", abstract: "Keeps policies, the decision-makers that experiments compare, in versions.",
        subcommands: [
            List.self, Create.self, Update.self, Versions.self, Add.self, Promote.self, Withdraw.self, Deprecate.self,
            Archive.self,
        ], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's policies, oldest first.",
            discussion: """
                EXAMPLE
                  gyre policies list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Policies.Client(try await caller.connect(suite))
            let policies = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Policies.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: policies)) {
                policies.isEmpty
                    ? "No policies yet. Write one: \(caller.command("policies create NAME", suite))\n"
                    : PoliciesCommand.table(policies).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a new policy, without versions.",
            discussion: """
                EXAMPLES
                  gyre policies create planner_policy --description 'Plans a week of meals.'
                  gyre policies create ranker --requires-replay
                """)

        @Argument(help: "What code asks for: letters, digits, dots, underscores and hyphens.")
        var name: String

        @Option(help: ArgumentHelp("What it decides.", valueName: "text"))
        var description: String?

        @Flag(help: "A version becomes current only behind a replay that is not worse than its baseline.")
        var requiresReplay = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let policy = try await Policies.Client(try await caller.connect(suite)).create(
                Policies.Create.Params(name: name, description: description, requiresReplay: requiresReplay))
            output.show(policy) {
                "Written. Add its first version: \(caller.command("policies add \(policy.name)", suite))\n"
            }
        }
    }

    struct Update: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a policy; what is not given stays.",
            discussion: """
                EXAMPLES
                  gyre policies update planner_policy --requires-replay
                  gyre policies update planner_policy --description none
                """)

        @Argument(help: "The policy's name.")
        var name: String

        @Option(help: ArgumentHelp("What it decides, or 'none'.", valueName: "text"))
        var description: Clearable<String> = .init(.keep)

        @Flag(inversion: .prefixedNo, help: "A version becomes current only behind a replay.")
        var requiresReplay: Bool?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Policies.Client(try await caller.connect(suite))
            let policy = try await client.get(Policies.Get.Params(name: name))
            let changed = try await client.update(
                Policies.Update.Params(
                    id: policy.id, version: policy.version, description: description.patch,
                    requiresReplay: requiresReplay))
            output.show(changed) { PoliciesCommand.table([changed]).text(width: Terminal.width) }
        }
    }

    struct Withdraw: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leaves a policy without a current version.",
            discussion: """
                EXAMPLE
                  gyre policies withdraw planner_policy
                """)

        @Argument(help: "The policy's name.")
        var name: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Policies.Client(try await caller.connect(suite))
            let policy = try await client.get(Policies.Get.Params(name: name))
            let changed = try await client.withdraw(
                Policies.Withdraw.Params(id: policy.id, version: policy.version))
            output.show(changed) { "No version of \(changed.name) is current.\n" }
        }
    }

    static func table(_ policies: [Policy]) -> TextTable {
        var table = TextTable([
            .init("POLICY"), .init("CURRENT", .right), .init("NEWEST", .right), .init("REPLAY"), .init("DECIDES"),
            .init("ID"),
        ])
        for policy in policies {
            table.add([
                policy.name, policy.currentVersion?.description ?? "none", policy.latestVersion?.description ?? "none",
                policy.requiresReplay ? "required" : "", policy.description, policy.id.description,
            ])
        }
        return table
    }
}
