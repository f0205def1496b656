public import ArgumentParser
public import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// `gyre experiments`
struct ExperimentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiments",
        abstract: "Makes, runs and explains experiments.",
        discussion: """
            FIRST STEPS
              gyre experiments create checkout.yaml     # a draft, from a file
              gyre experiments start checkout
              gyre experiments assign --id u1           # what u1 gets
              gyre experiments explain checkout --id u1 and why
              gyre experiments results checkout         # what it has shown
            """,
        subcommands: [
            List.self, Create.self, Show.self, Start.self, Pause.self, Resume.self, Complete.self, Archive.self,
            Ramp.self, Phases.self, Assign.self, Explain.self, Force.self, Unforce.self, Forced.self, Config.self,
            Plan.self, Results.self, Bandit.self, Weights.self, Power.self, Segments.self,
        ], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the experiments that are not archived.",
            discussion: """
                EXAMPLE
                  gyre experiments list --status active
                """)

        @Option(help: "Only those of this status.")
        var status: ExperimentStatus?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Experiments.Client(try await caller.connect(suite))
            let experiments = try await allPages { [status] cursor throws(RPCError) in
                let page = try await client.list(Experiments.List.Params(status: status, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: experiments)) {
                guard !experiments.isEmpty else {
                    return "No experiments. Make one: \(caller.command("experiments create FILE.yaml", suite))\n"
                }
                return ExperimentsCommand.table(experiments).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a draft of what a file of YAML or JSON says.",
            discussion: """
                The file has the parameters of experiments.create. Shares are ten-thousandths of all units.

                EXAMPLE
                  gyre experiments create checkout.yaml

                  key: checkout
                  name: Free delivery at checkout
                  unitType: user
                  hypothesis: More orders are finished.
                  condition: {country: {$in: [DE, AT]}}
                  variants:
                    - {key: control, allocation: 5000, isControl: true}
                    - {key: free-delivery, allocation: 5000}
                """)

        @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let document = try MappingFile.read(file)
            let client = try await caller.connect(suite)
            let bytes: [UInt8]
            do throws(RPCError) {
                bytes = try await client.call(
                    Experiments.Create.method.name, params: document.json.json(), context: nil)
            } catch {
                throw document.failure(of: error, under: "/params") ?? error as any Error
            }
            let experiment = try Experiment(json: bytes)
            output.show(experiment) {
                """
                \(ExperimentsCommand.description(of: experiment))
                Next, start it:
                  \(caller.command("experiments start \(experiment.key)", suite))

                """
            }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says all of one experiment.",
            discussion: """
                EXAMPLE
                  gyre experiments show checkout
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let experiment = try await Experiments.Client(try await caller.connect(suite)).get(
                Experiments.Get.Params(key: key))
            output.show(experiment) { ExperimentsCommand.description(of: experiment) }
        }
    }

    struct Phases: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists an experiment's phases: the stretches in which nothing changed that decides.",
            discussion: """
                EXAMPLE
                  gyre experiments phases checkout
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let experiment = try await Experiments.Client(client).get(Experiments.Get.Params(key: key))
            let phases = try await allPages { cursor throws(RPCError) in
                let page = try await ExperimentPhases.Client(client).list(
                    ExperimentPhases.List.Params(experimentId: experiment.id, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: phases)) {
                guard !phases.isEmpty else { return "None yet: it was not started.\n" }
                var table = TextTable([
                    .init("PHASE", .right), .init("OPENED"), .init("CLOSED"), .init("BECAUSE OF"), .init("SHARES"),
                    .init("LAYER"),
                ])
                for phase in phases {
                    table.add([
                        "\(phase.number)", phase.openedAt.description, phase.closedAt?.description,
                        phase.reason.rawValue,
                        phase.arms.map { "\($0.variant) \($0.allocation.asPercent)" }.joined(separator: ", "),
                        phase.slot?.text,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    static func table(_ experiments: [Experiment]) -> TextTable {
        var table = TextTable([
            .init("KEY"), .init("STATUS"), .init("UNITS"), .init("PHASE", .right), .init("VARIANTS"), .init("LAYER"),
            .init("NAME"),
        ])
        for experiment in experiments {
            table.add([
                experiment.key, experiment.status.rawValue, experiment.unitType, experiment.phase.map { "\($0)" },
                experiment.variants.map { "\($0.key) \($0.allocation.asPercent)" }.joined(separator: ", "),
                experiment.slot?.layer, experiment.name,
            ])
        }
        return table
    }

    /// One experiment: a line for each thing there is to say, then its variants.
    static func description(of experiment: Experiment) -> String {
        var lines = TextTable([.init(experiment.key), .init(experiment.name)])
        let rows: [(String, String?)] = [
            ("status", experiment.status.rawValue), ("id", experiment.id.description),
            ("version", "\(experiment.version)"), ("phase", experiment.phase.map { "\($0)" }),
            ("units", experiment.unitType + (experiment.isSticky ? ", which keep their variant" : "")),
            ("hash", "version \(experiment.hashVersion) of \(experiment.hashAttribute), seed \(experiment.seed)"),
            ("hypothesis", experiment.hypothesis), ("owner", experiment.owner),
            ("condition", experiment.condition?.description),
            (
                "needs",
                experiment.prerequisites.isEmpty
                    ? nil
                    : experiment.prerequisites.map { needed in
                        needed.variants.isEmpty
                            ? needed.experiment : "\(needed.experiment) (\(needed.variants.joined(separator: ", ")))"
                    }.joined(separator: ", ")
            ), ("layer", experiment.slot?.text),
            ("starts", experiment.startAt?.description), ("ends", experiment.endAt?.description),
        ]
        for (name, value) in rows where value != nil { lines.add([name, value]) }
        var variants = TextTable([.init("VARIANT"), .init("SHARE", .right), .init("NAME")])
        for variant in experiment.variants {
            variants.add([
                variant.key + (variant.isControl ? " (control)" : ""), variant.allocation.asPercent, variant.name,
            ])
        }
        return lines.text(width: Terminal.width) + "\n" + variants.text(width: Terminal.width)
    }
}

extension ExperimentStatus: ExpressibleByArgument {}

extension ExperimentSlot {
    /// "page 25 %"
    var text: String { "\(layer) \(ranges.reduce(0) { $0 + $1.upper - $1.lower }.asPercent)" }
}

extension Int {
    /// Ten-thousandths as people read them: "12.5 %".
    var asPercent: String {
        let (whole, rest) = quotientAndRemainder(dividingBy: 100)
        switch rest {
        case 0: return "\(whole) %"
        case let rest where rest % 10 == 0: return "\(whole).\(rest / 10) %"
        default: return "\(whole).\(rest < 10 ? "0" : "")\(rest) %"
        }
    }
}
