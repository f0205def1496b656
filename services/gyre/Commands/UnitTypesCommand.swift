import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre unit-types`
struct UnitTypesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unit-types",
        abstract: "Says by which identifiers the units of experiments are people, so that a person's units are found.",
        subcommands: [List.self, Set.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the types of unit.",
            discussion: """
                EXAMPLE
                  gyre unit-types list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await UnitTypes.Client(try await caller.connect(suite)).list(UnitTypes.List.Params())
            output.show(reply) { UnitTypesCommand.table(reply.items).text(width: Terminal.width) }
        }
    }

    struct Set: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says which kind of identifier the units of a type have.",
            discussion: """
                A type of which nothing was said has identifiers of its own name; user has customerId, session none.

                EXAMPLES
                  gyre unit-types set household householdId
                  gyre unit-types set visit --nobody        # such units are nobody's
                """)

        @Argument(help: "The type of unit.")
        var type: String

        @Argument(help: "The type of identifier that names a unit.")
        var identifierType: String?

        @Flag(help: "Such units are nobody's, as sessions are.")
        var nobody = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard nobody == (identifierType == nil) else {
                throw ValidationError("Name a type of identifier, or say --nobody.")
            }
        }

        func perform() async throws {
            let type = try await UnitTypes.Client(try await caller.connect(suite)).set(
                UnitTypes.Set.Params(type: type, identifierType: identifierType))
            output.show(type) { UnitTypesCommand.table([type]).text(width: Terminal.width) }
        }
    }

    static func table(_ types: [DeclaredUnitType]) -> TextTable {
        var table = TextTable([.init("TYPE"), .init("IDENTIFIER"), .init("SAID BY")])
        for type in types {
            table.add([type.type, type.identifierType ?? "nobody's", type.isDeclared ? "the brand" : "Gyre"])
        }
        return table
    }
}
