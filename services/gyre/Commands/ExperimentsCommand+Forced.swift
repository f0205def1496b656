import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

extension ExperimentsCommand {
    struct Force: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a unit into a variant by hand, or keeps it out: for tests. Results never count it.",
            discussion: """
                EXAMPLES
                  gyre experiments force checkout qa-1 free-delivery --note 'The new page on the old phone'
                  gyre experiments force checkout qa-2 --out --until 2027-01-01T00:00:00Z
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Argument(help: "The unit, by what names it in the experiment.")
        var unit: String

        @Argument(help: "The variant.")
        var variant: String?

        @Flag(help: "Keep the unit out.")
        var out = false

        @Option(
            name: .customLong("until"), help: ArgumentHelp("When it ends; else never.", valueName: "time"),
            transform: Timestamp.init(time:))
        var expiresAt: Timestamp?

        @Option(help: ArgumentHelp("Why.", valueName: "text"))
        var note: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard out == (variant == nil) else { throw ValidationError("Name a variant, or say --out.") }
        }

        func perform() async throws {
            let forced = try await ForcedAssignments.Client(try await caller.connect(suite)).set(
                ForcedAssignments.Set.Params(
                    experiment: key, unit: unit, variant: variant, expiresAt: expiresAt, note: note))
            output.show(forced) { ExperimentsCommand.table([forced]).text(width: Terminal.width) }
        }
    }

    struct Unforce: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes back what was decided by hand for a unit: its variant is what the hash says again.",
            discussion: """
                EXAMPLE
                  gyre experiments unforce checkout u1
                """)

        @Argument(help: "The experiment's key.")
        var key: String

        @Argument(help: "The unit, by what names it in the experiment.")
        var unit: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await ForcedAssignments.Client(try await caller.connect(suite)).remove(
                ForcedAssignments.Remove.Params(experiment: key, unit: unit))
            output.show(reply) {
                "Nothing is decided by hand for \(unit.withoutControlCharacters) in \(key) any more.\n"
            }
        }
    }

    struct Forced: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what was decided by hand, of one experiment or of all.",
            discussion: """
                EXAMPLE
                  gyre experiments forced checkout
                """)

        @Argument(help: "Only of this experiment, by its key.")
        var key: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = ForcedAssignments.Client(try await caller.connect(suite))
            let forced = try await allPages { [key] cursor throws(RPCError) in
                let page = try await client.list(ForcedAssignments.List.Params(experiment: key, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: forced)) {
                forced.isEmpty
                    ? "Nothing is decided by hand.\n" : ExperimentsCommand.table(forced).text(width: Terminal.width)
            }
        }
    }

    static func table(_ forced: [ForcedVariant]) -> TextTable {
        var table = TextTable([
            .init("EXPERIMENT"), .init("UNIT"), .init("VARIANT"), .init("UNTIL"), .init("BY"), .init("NOTE"),
        ])
        for item in forced {
            table.add([
                item.experiment, "\(item.unitType) \(item.unit)", item.variant ?? "kept out",
                item.expiresAt?.description, item.setBy, item.note,
            ])
        }
        return table
    }
}
