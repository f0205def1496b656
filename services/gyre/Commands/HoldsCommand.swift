import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre privacy holds`
struct HoldsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holds", abstract: "Keeps data from retention and erasure for legal claims, and lets it go.",
        subcommands: [List.self, Place.self, Release.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's legal holds, oldest first.",
            discussion: """
                EXAMPLE
                  gyre privacy holds list --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await LegalHolds.Client(try await caller.connect(suite)).list(LegalHolds.List.Params())
            output.show(reply) {
                reply.items.isEmpty ? "Nothing is held.\n" : HoldsCommand.table(reply.items).text(width: Terminal.width)
            }
        }
    }

    struct Place: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keeps one person's data, or a whole brand's, until it is released.",
            discussion: """
                An erasure of what is held waits: until the hold is released the data is kept and not used.

                EXAMPLES
                  gyre privacy holds place email=a@example.org --reason 'case 4711' --brand 'Corner Shop'
                  gyre privacy holds place --whole-brand --reason 'tax audit 2026' --brand 'Corner Shop'
                """)

        @Argument(help: ArgumentHelp("Whose data.", valueName: "type=value"))
        var identifier: String?

        @Flag(help: "The whole brand's.")
        var wholeBrand = false

        @Option(help: ArgumentHelp("The matter, such as a case's number; nothing of the person.", valueName: "text"))
        var reason: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (identifier == nil) == wholeBrand else {
                throw ValidationError("Name a person as TYPE=VALUE, or give --whole-brand.")
            }
        }

        func perform() async throws {
            let person = try identifier.map { try Identifier(argument: $0) }
            let hold = try await LegalHolds.Client(try await caller.connect(suite)).place(
                LegalHolds.Place.Params(reason: reason, identifier: person))
            output.show(hold) { HoldsCommand.table([hold]).text(width: Terminal.width) }
        }
    }

    struct Release: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a hold; erasures that waited for it are carried out.",
            discussion: """
                EXAMPLE
                  gyre privacy holds release 01930000-0000-7000-8000-000000000071
                """)

        @Argument(help: "The hold's id, as `gyre privacy holds` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let hold = try await LegalHolds.Client(try await caller.connect(suite)).release(
                LegalHolds.Release.Params(id: id))
            output.show(hold) { "Released: \(hold.reason).\n" }
        }
    }

    static func table(_ holds: [LegalHold]) -> TextTable {
        var table = TextTable([.init("HOLD"), .init("OF"), .init("REASON"), .init("SINCE"), .init("BY"), .init("IN")])
        for hold in holds {
            table.add([
                hold.id.description,
                hold.actorIds.isEmpty ? "the whole brand" : hold.actorIds.map(\.description).joined(separator: ", "),
                hold.reason, hold.placedAt.description, hold.placedBy, hold.services.joined(separator: ", "),
            ])
        }
        return table
    }
}
