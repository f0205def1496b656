public import ArgumentParser
public import ExperimentsAPI
import JSON
import JSONRPC
import ResultWords
import ServiceContract

extension WeightMethod: ExpressibleByArgument {}

extension ExperimentsCommand {
    struct Bandit: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how an experiment's shares follow what is known of its variants, or sets it.",
            discussion: """
                What is not said stays as it was.

                EXAMPLES
                  gyre experiments bandit checkout
                  gyre experiments bandit checkout --metric orders --floor 5 --every 24
                  gyre experiments bandit checkout --by-hand
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Option(help: "The goal that is to become better.")
        var metric: String?

        @Option(help: "How weights are made of chances: thompson (at first) or topTwo.")
        var method: WeightMethod?

        @Option(help: ArgumentHelp("The least share of each variant; at first 5.", valueName: "percent"))
        var floor: Percent?

        @Option(
            name: .customLong("burn-in"),
            help: "Units that every variant must have before anything is moved; at first 100.")
        var burnInUnits: Int?

        @Option(
            name: .customLong("every"),
            help: ArgumentHelp("How often shares move by themselves; at first never.", valueName: "hours"))
        var periodHours: Int?

        @Flag(help: "Shares no longer move by themselves.")
        var byHand = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if byHand, periodHours != nil { throw ValidationError("Shares move by hand or every few hours, not both.") }
        }

        func perform() async throws {
            let client = try await caller.connect(suite)
            let bandits = ExperimentBandits.Client(client)
            let experiment = try await Experiments.Client(client).get(Experiments.Get.Params(key: key))
            let known = try await rule(of: experiment, bandits)
            let isChanged = metric != nil || method != nil || floor != nil || burnInUnits != nil || periodHours != nil
            guard isChanged || byHand else {
                let rule = try known.get()
                return output.show(rule) { Self.text(rule) }
            }
            let before = try? known.get()
            guard let metric = metric ?? before?.metric else {
                throw CommandFailure(
                    "The shares of \(key) follow nothing yet.", remedy: "Say which goal they are to follow: --metric.")
            }
            let rule = try await bandits.set(
                ExperimentBandits.Set.Params(
                    experimentId: experiment.id, metric: metric, version: before?.version,
                    method: method ?? before?.method ?? .thompson,
                    floor: floor?.tenThousandths ?? before?.floor ?? 500,
                    burnInUnits: burnInUnits ?? before?.burnInUnits ?? 100,
                    periodHours: byHand ? nil : periodHours ?? before?.periodHours))
            output.show(rule) { Self.text(rule) }
        }

        /// That of an experiment, or that there is none.
        private func rule(
            of experiment: Experiment, _ bandits: ExperimentBandits.Client
        ) async throws -> Result<ShareRule, RPCError> {
            do throws(RPCError) {
                return .success(try await bandits.get(ExperimentBandits.Get.Params(experimentId: experiment.id)))
            } catch {
                guard error.code == RPCError.Code.notFound else { throw error }
                return .failure(error)
            }
        }

        private static func text(_ rule: ShareRule) -> String {
            var table = TextTable([.init("SHARES"), .init("")])
            table.add(["follow", rule.metric])
            table.add(["by", rule.method.rawValue])
            table.add(["at least", rule.floor.asPercent])
            table.add(["after", "\(rule.burnInUnits) units of each variant"])
            table.add(["every", rule.periodHours.map { "\($0) hours" } ?? "time that somebody says so"])
            return table.text(width: Terminal.width)
        }
    }

    struct Weights: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Says which shares an experiment's variants would get by what is known, and gives them if asked to.",
            discussion: """
                EXAMPLES
                  gyre experiments weights checkout
                  gyre experiments weights checkout --apply
                  gyre experiments weights checkout --history
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Flag(help: "Give the variants these shares, as a new phase.")
        var apply = false

        @Flag(help: "When shares were moved.")
        var history = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if apply, history { throw ValidationError("Apply the weights or show the history, not both.") }
        }

        func perform() async throws {
            let client = try await caller.connect(suite)
            let bandits = ExperimentBandits.Client(client)
            let experiment = try await Experiments.Client(client).get(Experiments.Get.Params(key: key))
            if history { return try await showHistory(bandits, experiment) }
            if apply {
                let applied = try await bandits.apply(
                    ExperimentBandits.Apply.Params(experimentId: experiment.id, version: experiment.version))
                return output.show(applied) {
                    Self.text(applied.move.arms) + "\(experiment.key) is in phase \(applied.move.phase).\n"
                }
            }
            let weighed = try await bandits.weigh(ExperimentBandits.Weigh.Params(experimentId: experiment.id))
            output.show(weighed) {
                weighed.notEnoughData.map { "There are no weights yet: \(weighed.metric) \($0).\n" }
                    ?? Self.text(weighed.arms)
            }
        }

        private func showHistory(_ bandits: ExperimentBandits.Client, _ experiment: Experiment) async throws {
            let moves = try await allPages { cursor throws(RPCError) in
                let page = try await bandits.moves(
                    ExperimentBandits.Moves.Params(experimentId: experiment.id, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: moves)) {
                var table = TextTable([.init("MOVED"), .init("PHASE", .right), .init("BY"), .init("SHARES")])
                for move in moves {
                    table.add([
                        "\(move.at)", "\(move.phase)", move.mover.rawValue,
                        move.arms.map { "\($0.variant) \($0.allocation.asPercent)" }.joined(separator: ", "),
                    ])
                }
                return moves.isEmpty ? "Shares were not moved yet.\n" : table.text(width: Terminal.width)
            }
        }

        private static func text(_ arms: [ArmShare]) -> String {
            var table = TextTable([
                .init("VARIANT"), .init("UNITS", .right), .init("MEAN", .right), .init("BEST", .right),
                .init("SHARE", .right),
            ])
            for arm in arms {
                table.add([
                    arm.variant, "\(arm.units)", ResultWords.rounded(arm.mean), ResultWords.percent(arm.chance),
                    arm.allocation.asPercent,
                ])
            }
            return table.text(width: Terminal.width)
        }
    }
}
