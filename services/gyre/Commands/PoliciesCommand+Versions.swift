public import ArgumentParser
public import ExperimentsAPI
import JSON
import JSONRPC

extension PoliciesCommand {
    struct Versions: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the versions of a policy, oldest first.",
            discussion: """
                EXAMPLES
                  gyre policies versions planner_policy
                  gyre policies versions planner_policy --status active
                """)

        @Argument(help: "The policy's name.")
        var name: String

        @Option(help: "Only those: active, deprecated or archived.")
        var status: PolicyVersionStatus?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let versions = try await caller.connect(suite).versions(of: name, status: status)
            output.show(WholeList(items: versions)) {
                versions.isEmpty
                    ? "No such versions. Add one: \(caller.command("policies add \(name)", suite))\n"
                    : PoliciesCommand.table(versions).text(width: Terminal.width)
            }
        }
    }

    struct Add: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the next version of a policy.",
            discussion: """
                Variants' configs name it by its id. Without a model it is for prompts only.

                EXAMPLES
                  gyre policies add planner_policy --model planner_model --model-version 4 \\
                      --defaults '{"temperature": 0.7, "max_tokens": 2048}'
                """)

        @Argument(help: "The policy's name.")
        var name: String

        @Option(help: ArgumentHelp("The registered model in MLflow.", valueName: "name"))
        var model: String?

        @Option(help: ArgumentHelp("The model's version there.", valueName: "version"))
        var modelVersion: String?

        @Option(help: ArgumentHelp("Parameters where a variant says nothing.", valueName: "json"))
        var defaults: JSONArgument?

        @Option(help: ArgumentHelp("What is different in it.", valueName: "text"))
        var description: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (model == nil) == (modelVersion == nil) else {
                throw ValidationError("A model of MLflow has a name and a version: give --model and --model-version.")
            }
        }

        func perform() async throws {
            let client = try await caller.connect(suite)
            let policy = try await Policies.Client(client).get(Policies.Get.Params(name: name))
            let version = try await PolicyVersions.Client(client).create(
                PolicyVersions.Create.Params(
                    policyId: policy.id, mlflowModelName: model, mlflowModelVersion: modelVersion,
                    configDefaults: defaults?.json, description: description))
            output.show(version) { PoliciesCommand.table([version]).text(width: Terminal.width) }
        }
    }

    struct Promote: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a version the current one of its policy.",
            discussion: """
                Experiments name their versions themselves and do not change. A policy that requires a replay needs one
                of this version, completed and not worse than its baseline.

                EXAMPLES
                  gyre policies promote planner_policy 4
                  gyre policies promote ranker 2 --replay 01930000-0000-7000-8000-000000000091
                """)

        @OptionGroup var named: NamedVersion

        @Option(help: ArgumentHelp("The replay that shows it is not worse.", valueName: "id"))
        var replay: UUIDv7?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let version = try await PolicyVersions.Client(client).promote(
                PolicyVersions.Promote.Params(id: try await named.find(client), replayId: replay))
            output.show(version) { PoliciesCommand.table([version]).text(width: Terminal.width) }
        }
    }

    struct Deprecate: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets no other experiment begin with a version; those that run go on.",
            discussion: """
                EXAMPLE
                  gyre policies deprecate planner_policy 3
                """)

        @OptionGroup var named: NamedVersion
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let version = try await PolicyVersions.Client(client).setStatus(
                PolicyVersions.SetStatus.Params(id: try await named.find(client), status: .deprecated))
            output.show(version) { PoliciesCommand.table([version]).text(width: Terminal.width) }
        }
    }

    struct Archive: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a deprecated version out of use, once no experiment that runs uses it.",
            discussion: """
                EXAMPLE
                  gyre policies archive planner_policy 3
                """)

        @OptionGroup var named: NamedVersion
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let version = try await PolicyVersions.Client(client).setStatus(
                PolicyVersions.SetStatus.Params(id: try await named.find(client), status: .archived))
            output.show(version) { PoliciesCommand.table([version]).text(width: Terminal.width) }
        }
    }

    static func table(_ versions: [PolicyVersion]) -> TextTable {
        var table = TextTable([
            .init("POLICY"), .init("VERSION", .right), .init("STATUS"), .init("CURRENT"), .init("MODEL"),
            .init("DEFAULTS"), .init("ID"),
        ])
        for version in versions {
            let model = version.mlflowModelName.flatMap { name in version.mlflowModelVersion.map { "\(name) \($0)" } }
            table.add([
                version.policy, version.version.description, version.status.rawValue,
                version.isCurrent ? "current" : "", model ?? "prompts only", version.configDefaults.description,
                version.id.description,
            ])
        }
        return table
    }
}

/// A version of a policy as people name it: the policy, and a number.
struct NamedVersion: ParsableArguments {
    @Argument(help: "The policy's name.")
    var name: String

    @Argument(help: "The version's number, as `gyre policies versions` shows it.")
    var version: Int

    /// Its id.
    func find(_ client: SuiteClient) async throws -> UUIDv7 {
        guard let found = try await client.versions(of: name, status: nil).first(where: { $0.version == version })
        else {
            throw CommandFailure(
                "There is no version \(version) of \(name).", remedy: "List them: gyre policies versions \(name)")
        }
        return found.id
    }
}

extension SuiteClient {
    fileprivate func versions(
        of name: String, status: PolicyVersionStatus?
    ) async throws(RPCError) -> [PolicyVersion] {
        let policy = try await Policies.Client(self).get(Policies.Get.Params(name: name))
        let client = PolicyVersions.Client(self)
        return try await allPages { cursor throws(RPCError) in
            let page = try await client.list(
                PolicyVersions.List.Params(policyId: policy.id, status: status, cursor: cursor))
            return (page.items, page.nextCursor)
        }
    }
}

extension PolicyVersionStatus: ExpressibleByArgument {}
