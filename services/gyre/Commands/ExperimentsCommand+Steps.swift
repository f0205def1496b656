import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// A step of an experiment's life, which needs no more than its key.
protocol ExperimentStep: SuiteCommand {
    var key: String { get }
    var caller: CallerOptions { get }
    var suite: SuiteOptions { get }
    var output: OutputOptions { get }

    func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment
}

extension ExperimentStep {
    func perform() async throws {
        let client = Experiments.Client(try await caller.connect(suite))
        let before = try await client.get(Experiments.Get.Params(key: key))
        let after = try await step(client, before)
        output.show(after) {
            "\(after.key) is \(after.status.rawValue)\(after.phase.map { ", in phase \($0)" } ?? "").\n"
        }
    }
}

extension ExperimentsCommand {
    struct Start: ExperimentStep {
        static let configuration = CommandConfiguration(
            abstract: "Starts a draft: from now on it assigns units, and what its hash depends on stays.",
            discussion: """
                EXAMPLES
                  gyre experiments start checkout
                  gyre experiments start checkout --since 2026-11-01T00:00:00Z
                """)

        @Argument(help: "Its key.") var key: String
        @Option(
            help: ArgumentHelp(
                "Since when units have met its variants, where it ran elsewhere before.", valueName: "time"),
            transform: Timestamp.init(time:))
        var since: Timestamp?
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment {
            try await client.start(
                Experiments.Start.Params(id: experiment.id, version: experiment.version, since: since))
        }
    }

    struct Pause: ExperimentStep {
        static let configuration = CommandConfiguration(
            abstract: "Has an experiment assign nobody for a while.",
            discussion: """
                EXAMPLE
                  gyre experiments pause checkout
                """)

        @Argument(help: "Its key.") var key: String
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment {
            try await client.pause(Experiments.Pause.Params(id: experiment.id, version: experiment.version))
        }
    }

    struct Resume: ExperimentStep {
        static let configuration = CommandConfiguration(
            abstract: "Has a paused experiment assign again, as before.",
            discussion: """
                EXAMPLE
                  gyre experiments resume checkout
                """)

        @Argument(help: "Its key.") var key: String
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment {
            try await client.resume(Experiments.Resume.Params(id: experiment.id, version: experiment.version))
        }
    }

    struct Complete: ExperimentStep {
        static let configuration = CommandConfiguration(
            abstract: "Ends an experiment; its results stand.",
            discussion: """
                EXAMPLE
                  gyre experiments complete checkout
                """)

        @Argument(help: "Its key.") var key: String
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment {
            try await client.complete(Experiments.Complete.Params(id: experiment.id, version: experiment.version))
        }
    }

    struct Archive: ExperimentStep {
        static let configuration = CommandConfiguration(
            abstract: "Puts a completed experiment out of sight, and gives its part of a layer back.",
            discussion: """
                EXAMPLE
                  gyre experiments archive checkout
                """)

        @Argument(help: "Its key.") var key: String
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment {
            try await client.archive(Experiments.Archive.Params(id: experiment.id, version: experiment.version))
        }
    }

    struct Ramp: ExperimentStep {
        static let configuration = CommandConfiguration(
            abstract: "Lets more units into an experiment that runs; nobody in it moves.",
            discussion: """
                EXAMPLE
                  gyre experiments ramp checkout --to 50      # half of all units, shared as before
                """)

        @Argument(help: "Its key.") var key: String
        @Option(
            name: .customLong("to"),
            help: ArgumentHelp("Of all units, with two decimals at most.", valueName: "percent"))
        var share: Percent
        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func step(_ client: Experiments.Client, _ experiment: Experiment) async throws(RPCError) -> Experiment {
            try await client.ramp(
                Experiments.Ramp.Params(
                    id: experiment.id, version: experiment.version, allocation: share.tenThousandths))
        }
    }
}

/// A share as people write it: `12.5`, or `12.5%`.
struct Percent: ExpressibleByArgument {
    let tenThousandths: Int

    init?(argument: String) {
        let text = argument.hasSuffix("%") ? argument.dropLast() : argument[...]
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }),
            let whole = Int(parts[0]), whole <= 100, parts.count == 1 || parts[1].count <= 2
        else { return nil }
        let decimals = parts.count == 2 ? Int(parts[1].count == 1 ? parts[1] + "0" : parts[1]) ?? 0 : 0
        guard whole * 100 + decimals <= 10_000 else { return nil }
        tenThousandths = whole * 100 + decimals
    }
}
