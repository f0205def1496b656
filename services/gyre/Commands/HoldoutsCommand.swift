import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre holdouts`
struct HoldoutsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdouts", abstract: "Withholds units from experiments, to measure all of these together.",
        subcommands: [List.self, Create.self, Widen.self, End.self, Plan.self, Results.self],
        defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the holdouts, also those that have ended.",
            discussion: """
                EXAMPLE
                  gyre holdouts list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Holdouts.Client(try await caller.connect(suite))
            let holdouts = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Holdouts.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: holdouts)) {
                guard !holdouts.isEmpty else { return "Nobody is withheld from anything.\n" }
                return HoldoutsCommand.table(holdouts).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withholds a share of all units.",
            discussion: """
                EXAMPLES
                  gyre holdouts create 2027 --share 5
                  gyre holdouts create no-banners --share 2.5 --layer banners
                """)

        @Argument(help: "What tells it from others.")
        var key: String

        @Option(help: ArgumentHelp("How many of all units, with two decimals at most.", valueName: "percent"))
        var share: Percent

        @Option(help: "What people read; else the key.")
        var name: String?

        @Option(name: .customLong("layer"), help: "From the experiments of this layer only; may be repeated.")
        var layers: [String] = []

        @Option(name: .customLong("experiment"), help: "From this experiment only; may be repeated.")
        var experiments: [String] = []

        @Option(name: .customLong("unit-type"), help: "What the units are that it counts, such as user or household.")
        var unitType = "user"

        @Option(name: .customLong("attribute"), help: "The attribute that names the unit.")
        var hashAttribute = "id"

        @Option(
            name: .customLong("from"), help: ArgumentHelp("When it begins; else now.", valueName: "time"),
            transform: Timestamp.init(time:))
        var startAt: Timestamp?

        @Option(
            name: .customLong("until"), help: ArgumentHelp("When it ends by itself.", valueName: "time"),
            transform: Timestamp.init(time:))
        var endAt: Timestamp?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if !layers.isEmpty, !experiments.isEmpty { throw ValidationError("Name layers or experiments, not both.") }
        }

        func perform() async throws {
            let holdout = try await Holdouts.Client(try await caller.connect(suite)).create(
                Holdouts.Create.Params(
                    key: key, name: name ?? key, share: share.tenThousandths,
                    scope: !layers.isEmpty ? .layers : !experiments.isEmpty ? .experiments : .everything,
                    members: layers + experiments, unitType: unitType, hashAttribute: hashAttribute, startAt: startAt,
                    endAt: endAt))
            output.show(holdout) { HoldoutsCommand.table([holdout]).text(width: Terminal.width) }
        }
    }

    struct Widen: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withholds more units; those that are withheld stay so.",
            discussion: """
                EXAMPLE
                  gyre holdouts widen 2027 --to 10
                """)

        @Argument(help: "Its key.")
        var key: String

        @Option(
            name: .customLong("to"),
            help: ArgumentHelp("How many of all units, with two decimals at most.", valueName: "percent"))
        var share: Percent

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Holdouts.Client(try await caller.connect(suite))
            let before = try await client.get(Holdouts.Get.Params(key: key))
            let holdout = try await client.update(
                Holdouts.Update.Params(id: before.id, version: before.version, share: share.tenThousandths))
            output.show(holdout) { HoldoutsCommand.table([holdout]).text(width: Terminal.width) }
        }
    }

    struct End: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a holdout: nobody is withheld any more.",
            discussion: """
                EXAMPLE
                  gyre holdouts end 2027
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Holdouts.Client(try await caller.connect(suite))
            let before = try await client.get(Holdouts.Get.Params(key: key))
            let holdout = try await client.end(Holdouts.End.Params(id: before.id, version: before.version))
            output.show(holdout) { HoldoutsCommand.table([holdout]).text(width: Terminal.width) }
        }
    }

    static func table(_ holdouts: [Holdout]) -> TextTable {
        var table = TextTable([
            .init("KEY"), .init("STATUS"), .init("SHARE", .right), .init("FROM"), .init("UNTIL"), .init("OF"),
        ])
        for holdout in holdouts {
            table.add([
                holdout.key, holdout.status.rawValue, holdout.share.asPercent, holdout.startAt.description,
                holdout.endAt?.description,
                holdout.members.isEmpty ? holdout.scope.rawValue : holdout.members.joined(separator: ", "),
            ])
        }
        return table
    }
}
