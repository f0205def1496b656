import ArgumentParser
import CommonAPI
import ExperimentsAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre replays`
struct ReplaysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replays", abstract: "Judges versions of policies on logged decisions.",
        subcommands: [List.self, Run.self, Show.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's replays, newest first.",
            discussion: """
                EXAMPLE
                  gyre replays list
                """)

        @Option(help: "Only of this version of a policy, by its id.")
        var version: UUIDv7?

        @Option(help: "Only on this dataset, by its id.")
        var dataset: UUIDv7?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Replays.Client(try await caller.connect(suite))
            let replays = try await allPages { [version, dataset] cursor throws(RPCError) in
                let page = try await client.list(
                    Replays.List.Params(cursor: cursor, policyVersionId: version, datasetId: dataset))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: replays)) {
                guard !replays.isEmpty else {
                    return "No replays yet. Run one: \(caller.command("replays run --help", suite))\n"
                }
                var table = TextTable([
                    .init("REPLAY"), .init("VERSION"), .init("DATASET"), .init("STATUS"), .init("VERDICT"),
                    .init("BEGAN"),
                ])
                for replay in replays {
                    table.add([
                        replay.id.description, replay.policyVersionId.description, replay.datasetId.description,
                        replay.status.rawValue, ReplayReport.verdict(replay), replay.createdAt.description,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Run: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judges a version of a policy on a sealed dataset, and waits for the results.",
            discussion: """
                What a version does is the decision_rule of its configDefaults; where there is none, --target says it: \
                logged, uniform, arm:NAME, supplied:NAME, or a rule as JSON (ops/docs/offline-evaluation.md has them \
                all). The same for --baseline.

                EXAMPLES
                  gyre replays run VERSION DATASET --baseline-version OTHER
                  gyre replays run VERSION DATASET --target supplied:planner-4 --baseline logged
                """)

        @Argument(help: "The version of a policy, by its id.")
        var version: UUIDv7

        @Argument(help: "The dataset's id, as `gyre datasets` shows it.")
        var dataset: UUIDv7

        @Option(help: ArgumentHelp("What the version does.", valueName: "rule"))
        var target: String?

        @Option(help: "The version that it is compared with, by its id.")
        var baselineVersion: UUIDv7?

        @Option(help: ArgumentHelp("What the baseline does.", valueName: "rule"))
        var baseline: String?

        @Option(help: "What decides: reward, or the name of a score or metric.")
        var metric: String?

        @Option(help: "Which way the metric should go.")
        var direction: MetricDirection?

        @Option(name: .customLong("estimator"), help: "One to compute. Once for each; none: all.")
        var estimators: [ReplayEstimator] = []

        @Option(help: "The estimator whose difference decides.")
        var decidedBy: ReplayEstimator?

        @Option(help: "The run of MLflow that it belongs to.")
        var mlflowRun: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let replays = Replays.Client(client)
            let begun = try await replays.create(
                Replays.Create.Params(
                    policyVersionId: version, datasetId: dataset, target: try target.map(ReplaysCommand.rule),
                    baselineVersionId: baselineVersion, baselineTarget: try baseline.map(ReplaysCommand.rule),
                    metric: metric, direction: direction, estimators: estimators, decidedBy: decidedBy,
                    mlflowRunId: mlflowRun))
            _ = try await JobProgress(Jobs.Client(client), output).end(of: begun.id)
            let ended = try await replays.get(Replays.Get.Params(id: begun.id))
            output.show(ended) { ReplayReport(ended).text(width: Terminal.width) }
            if ended.status != .completed { throw ExitCode.failure }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a replay found.",
            discussion: """
                EXAMPLE
                  gyre replays show 01930000-0000-7000-8000-0000000000a2
                """)

        @Argument(help: "The replay's id, as `gyre replays` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let replay = try await Replays.Client(try await caller.connect(suite)).get(Replays.Get.Params(id: id))
            output.show(replay) { ReplayReport(replay).text(width: Terminal.width) }
        }
    }

    /// A rule as people write it.
    static func rule(_ text: String) throws(CommandFailure) -> DecisionRule {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("logged", 1): return .logged(.init())
        case ("uniform", 1): return .uniform(.init())
        case ("arm", 2): return .fixed(.init(arm: parts[1]))
        case ("supplied", 2): return .supplied(.init(name: parts[1]))
        default: break
        }
        guard text.hasPrefix("{") else {
            throw CommandFailure("'\(text)' is no rule. Write logged, uniform, arm:NAME, supplied:NAME, or JSON.")
        }
        do {
            return try DecisionRule(json: text)
        } catch {
            throw CommandFailure("The rule cannot be read: \(error)")
        }
    }
}
