import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

extension HoldoutsCommand {
    struct Plan: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows by what a holdout is measured, or sets it from a file of YAML or JSON.",
            discussion: """
                The file has the parameters of holdoutPlans.set, but for the holdout and the version.

                EXAMPLE
                  gyre holdouts plan 2027 plan.yaml

                  metrics:
                    - {metric: spend, role: goal}
                """)

        @Argument(help: "The holdout's key.")
        var key: String

        @Argument(help: "The file; absent: the plan is shown.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let plans = HoldoutPlans.Client(client)
            let holdout = try await Holdouts.Client(client).get(Holdouts.Get.Params(key: key))
            let get = { () async throws(RPCError) -> ResultPlan in
                try await plans.get(HoldoutPlans.Get.Params(holdoutId: holdout.id))
            }
            let plan =
                if let file {
                    try await PlanFile(path: file).set(
                        HoldoutPlans.Set.method.name, of: ("holdoutId", holdout.id), through: client, get: get)
                } else {
                    try await get()
                }
            output.show(plan) { ExperimentsCommand.description(of: plan) }
        }
    }

    struct Results: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what all experiments of a holdout came to together, and what follows.",
            discussion: """
                First whether as many are withheld as were to be; then, for each metric, what those who are admitted do
                more than those who are withheld; then the experiments, and what follows.

                EXAMPLES
                  gyre holdouts results 2027
                  gyre holdouts results 2027 --series spend
                """)

        @Argument(help: "The holdout's key.")
        var key: String

        @Option(help: ArgumentHelp("How the lift of a metric came about, day by day.", valueName: "metric"))
        var series: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let holdout = try await Holdouts.Client(client).get(Holdouts.Get.Params(key: key))
            let results = HoldoutResults.Client(client)
            if let series {
                let found = try await results.series(
                    HoldoutResults.Series.Params(holdoutId: holdout.id, metric: series))
                return output.show(found) {
                    ResultsText.series(found.points, found.scale)
                }
            }
            let found = try await results.get(HoldoutResults.Get.Params(holdoutId: holdout.id))
            output.show(found) { Self.text(found) }
        }

        private static func text(_ results: HoldoutResults.Get.Reply) -> String {
            var text = ResultsText.split(results.split, ["withheld", "admitted"], control: "withheld")
            for metric in results.metrics { text += "\n" + ResultsText.metric(metric) }
            var table = TextTable([
                .init("EXPERIMENT"), .init("STATE"), .init("SHIPPED"), .init("SINCE"), .init("UNTIL"),
            ])
            for experiment in results.experiments {
                table.add([
                    experiment.key, experiment.state.rawValue, experiment.variant, "\(experiment.since)",
                    experiment.until.map { "\($0)" },
                ])
            }
            text += results.experiments.isEmpty ? "" : "\n" + table.text(width: Terminal.width)
            text += "\n" + results.words + "\n"
            for reason in results.decision.reasons { text += "  \(reason)\n" }
            return text
        }
    }
}
