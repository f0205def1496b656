import ArgumentParser
import CommonAPI
import ExperimentsAPI
import GatewayAPI
import JSON
import JSONRPC
import ResultWords

/// `gyre bandits`
struct BanditsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bandits", abstract: "Runs bandits: policies that learn from the rewards of their own decisions.",
        discussion: """
            FIRST STEPS
              gyre bandits create dinner --policy-version ID --arm plain --arm spicy
              gyre bandits decide dinner --unit u1           # an arm, with the chances of all
              gyre bandits reward DECISION 1                 # what it brought
              gyre bandits dataset dinner dinners 2026-01 --reward 'orders within a week'
            """,
        subcommands: [List.self, Create.self, Show.self, Decide.self, Reward.self, Copy.self],
        defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the bandits, oldest first.",
            discussion: """
                EXAMPLE
                  gyre bandits list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Bandits.Client(try await caller.connect(suite))
            let bandits = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Bandits.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: bandits)) {
                guard !bandits.isEmpty else {
                    return "No bandits. Make one: \(caller.command("bandits create --help", suite))\n"
                }
                return BanditsCommand.table(bandits).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a bandit of a policy version.",
            discussion: """
                Without features it is thompson, and learns from rewards from 0 to 1; with features it is linUcb.

                EXAMPLES
                  gyre bandits create dinner --policy-version ID --arm plain --arm spicy
                  gyre bandits create dinner --policy-version ID --arm plain --arm spicy --feature visits --floor 0.05
                """)

        @Argument(help: "What code asks for.")
        var key: String

        @Option(help: "The active version of a policy that it is, by its id.")
        var policyVersion: UUIDv7

        @Option(name: .customLong("arm"), help: "Something that can be done. Once for each.")
        var arms: [String]

        @Option(
            name: .customLong("feature"),
            help: "Something that is known when a decision is taken. Once for each, in the order of decisions.")
        var features: [String] = []

        @Option(help: ArgumentHelp("What each arm gets at least, so that it can be judged later.", valueName: "share"))
        var floor = 0.01

        @Option(
            help: ArgumentHelp("Of linUcb: how many standard errors of what is unknown count.", valueName: "number"))
        var optimism = 1.0

        @Option(help: ArgumentHelp("Of linUcb: how strongly what is learned is drawn to 0.", valueName: "number"))
        var penalty = 1.0

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let bandit = try await Bandits.Client(try await caller.connect(suite)).create(
                Bandits.Create.Params(
                    key: key, policyVersionId: policyVersion, kind: features.isEmpty ? .thompson : .linUcb, arms: arms,
                    features: features, floor: floor, optimism: optimism, penalty: penalty))
            output.show(bandit) {
                "\(bandit.key) is there. Have it decide: "
                    + "\(caller.command("bandits decide \(bandit.key)", suite))\n"
            }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a bandit is and what it has learned.",
            discussion: """
                EXAMPLE
                  gyre bandits show menu
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let bandit = try await Bandits.Client(try await caller.connect(suite)).get(Bandits.Get.Params(key: key))
            output.show(bandit) {
                BanditsCommand.table([bandit]).text(width: Terminal.width) + "\n"
                    + BanditsCommand.learned(bandit).text(width: Terminal.width)
            }
        }
    }

    struct Decide: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a bandit choose an arm by chance, and keeps the chances of all arms with the decision.",
            discussion: """
                EXAMPLES
                  gyre bandits decide dinner --unit u1
                  gyre bandits decide dinner --unit household:h7 --feature 3.5 --arm plain --arm spicy
                """)

        @Argument(help: "Its key.")
        var key: String

        @Option(
            name: .customLong("feature"), parsing: .unconditionalSingleValue,
            help: "What is known: a number for each of its features, in their order.")
        var features: [Double] = []

        @Option(help: ArgumentHelp("Whom it is about; a user unless a type is said.", valueName: "[type:]id"))
        var unit: UnitName?

        @Option(name: .customLong("arm"), help: "One that may be chosen. Once for each; none: all.")
        var arms: [String] = []

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Bandits.Client(try await caller.connect(suite))
            let bandit = try await client.get(Bandits.Get.Params(key: key))
            let decision = try await client.decide(
                Bandits.Decide.Params(key: key, features: features, unit: unit?.unit, arms: arms))
            output.show(decision) {
                var table = TextTable([.init("ARM"), .init("CHANCE", .right), .init("")])
                for (arm, chance) in zip(bandit.arms, decision.propensities) {
                    table.add([arm, ResultWords.percent(chance), arm == decision.arm ? "chosen" : nil])
                }
                let next = caller.command("bandits reward \(decision.id) REWARD", suite)
                return table.text(width: Terminal.width) + "\nSay what it brought:\n  \(next)\n"
            }
        }
    }

    struct Reward: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a decision brought: once, and the bandit learns from it.",
            discussion: """
                EXAMPLES
                  gyre bandits reward 01930000-0000-7000-8000-0000000000a1 1
                  gyre bandits reward 01930000-0000-7000-8000-0000000000a1 -- -2.5
                """)

        @Argument(help: "The decision's id.")
        var decision: UUIDv7

        @Argument(help: "What it brought; for thompson from 0 to 1.")
        var reward: Double

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let decision = try await Bandits.Client(try await caller.connect(suite)).reward(
                Bandits.Reward.Params(decisionId: decision, reward: reward))
            output.show(decision) { "\(decision.bandit) has learned what its decision \(decision.number) brought.\n" }
        }
    }

    struct Copy: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "dataset", abstract: "Copies a bandit's rewarded decisions into a new, sealed dataset.",
            discussion: """
                EXAMPLE
                  gyre bandits dataset dinner dinners 2026-01 --reward 'orders within a week'
                """)

        @Argument(help: "The bandit's key.")
        var key: String

        @Argument(help: "What the dataset is a version of.")
        var name: String

        @Argument(help: "Which version it is.")
        var label: String

        @Option(help: "What the rewards measure, and their unit.")
        var reward: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let datasets = Datasets.Client(client)
            let job = try await datasets.fromDecisions(
                Datasets.FromDecisions.Params(bandit: key, name: name, label: label, reward: reward))
            let ended = try await JobProgress(Jobs.Client(client), output).end(of: job.id)
            guard ended.status == .completed else {
                throw CommandFailure("Nothing was copied: \(ended.problem ?? ended.status.rawValue)")
            }
            let dataset = try await datasets.get(Datasets.Get.Params(name: name, label: label))
            output.show(dataset) { DatasetsCommand.text(dataset, caller, suite) }
        }
    }

    static func table(_ bandits: [Bandit]) -> TextTable {
        var table = TextTable([
            .init("BANDIT"), .init("KIND"), .init("ARMS"), .init("FEATURES"), .init("FLOOR", .right),
            .init("DECISIONS", .right),
        ])
        for bandit in bandits {
            table.add([
                bandit.key, bandit.kind.rawValue, bandit.arms.joined(separator: ", "),
                bandit.features.joined(separator: ", "), ResultWords.percent(bandit.floor), bandit.decisions.grouped,
            ])
        }
        return table
    }

    /// What was learned of each arm: of thompson the sum of its rewards and their mean, of linUcb how many there were.
    static func learned(_ bandit: Bandit) -> TextTable {
        let isThompson = bandit.kind == .thompson
        var table = TextTable([
            .init("ARM"), .init("REWARDS", .right), .init(isThompson ? "MEAN" : "", .right),
        ])
        for arm in bandit.learned ?? [] {
            guard isThompson else {
                table.add([arm.arm, arm.model?.count.grouped])
                continue
            }
            let (sum, count) = (arm.successes ?? 0, (arm.successes ?? 0) + (arm.failures ?? 0))
            table.add([arm.arm, ResultWords.rounded(count), count > 0 ? ResultWords.rounded(sum / count) : nil])
        }
        return table
    }
}

/// `u1`, `household:h7`.
struct UnitName: ExpressibleByArgument {
    let unit: DatasetUnit

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        unit = parts.count == 2 ? DatasetUnit(type: parts[0], id: parts[1]) : DatasetUnit(type: "user", id: argument)
    }
}
