import ArgumentParser
import JSON
import JSONRPC
import SignalsAPI

extension ConsentCommand {
    struct PurposesOf: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "purposes", abstract: "Lists the purposes that data is used for, and what they rest on.",
            discussion: """
                EXAMPLE
                  gyre consent purposes --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await Purposes.Client(try await caller.connect(suite)).list(Purposes.List.Params())
            output.show(reply) {
                guard !reply.items.isEmpty else { return "No purposes yet: every use needs a record of each person.\n" }
                var table = TextTable([.init("PURPOSE"), .init("BASIS"), .init("PEOPLE", .right)])
                for purpose in reply.items {
                    table.add([
                        purpose.name, purpose.legalBasis?.rawValue ?? "recorded of each person",
                        purpose.people?.grouped,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct SetPurpose: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-purpose",
            abstract: "Says on what basis a purpose rests where nothing is recorded of a person.",
            discussion: """
                EXAMPLES
                  gyre consent set-purpose orderFulfilment --basis contract
                  gyre consent set-purpose marketing --basis consent      # each person's has to be recorded
                """)

        @Argument(help: "The purpose.")
        var name: String

        @Option(help: "What allows it (GDPR Art. 6(1)).")
        var basis: LegalBasis

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let purpose = try await Purposes.Client(try await caller.connect(suite)).set(
                Purposes.Set.Params(name: name, legalBasis: basis))
            output.show(purpose) {
                let basis = purpose.legalBasis.map { "rests on \($0.rawValue)" } ?? "needs a record of each person"
                return "\(purpose.name) \(basis).\n"
            }
        }
    }

    struct SpecialTraitsOf: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "special-traits", abstract: "Lists the traits whose values are specially protected.",
            discussion: """
                EXAMPLE
                  gyre consent special-traits --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = SpecialTraits.Client(try await caller.connect(suite))
            let reply = try await client.list(SpecialTraits.List.Params())
            output.show(reply) {
                var table = TextTable([.init("TRAIT"), .init("HOLDS"), .init("SAID BY")])
                for trait in reply.items {
                    table.add([
                        trait.name, trait.category?.rawValue ?? "nothing special",
                        trait.isDefault ? "Gyre" : "the brand",
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct SetSpecialTrait: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-special-trait",
            abstract: "Says that a trait holds specially protected data, or that it does not.",
            discussion: """
                EXAMPLES
                  gyre consent set-special-trait sleepQuality health
                  gyre consent set-special-trait weight none       # a shop of parcels, not of diets
                """)

        @Argument(help: "The trait.")
        var name: String

        @Argument(help: ArgumentHelp("What it holds, such as health, or 'none'.", valueName: "category"))
        var category: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { try ConsentCommand.check(category: category) }

        func perform() async throws {
            let trait = try await SpecialTraits.Client(try await caller.connect(suite)).set(
                SpecialTraits.Set.Params(name: name, category: SpecialCategory(rawValue: category)))
            output.show(trait) { "\(trait.name) holds \(trait.category?.rawValue ?? "nothing special").\n" }
        }
    }

    struct SpecialPropertiesOf: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "special-properties",
            abstract: "Lists the properties of events whose values are specially protected.",
            discussion: """
                EXAMPLE
                  gyre consent special-properties --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = SpecialProperties.Client(try await caller.connect(suite))
            let reply = try await client.list(SpecialProperties.List.Params())
            output.show(reply) {
                guard !reply.items.isEmpty else {
                    return "No properties yet: gyre consent set-special-property declares one.\n"
                }
                var table = TextTable([.init("PROPERTY"), .init("HOLDS")])
                for property in reply.items { table.add([property.name, property.category?.rawValue]) }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct SetSpecialProperty: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-special-property",
            abstract: "Says that a property of events holds specially protected data, or no longer.",
            discussion: """
                EXAMPLES
                  gyre consent set-special-property symptoms health
                  gyre consent set-special-property symptoms none
                """)

        @Argument(help: "The property, wherever it stands among an event's properties.")
        var name: String

        @Argument(help: ArgumentHelp("What it holds, such as health, or 'none'.", valueName: "category"))
        var category: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws { try ConsentCommand.check(category: category) }

        func perform() async throws {
            let property = try await SpecialProperties.Client(try await caller.connect(suite)).set(
                SpecialProperties.Set.Params(name: name, category: SpecialCategory(rawValue: category)))
            output.show(property) { "\(property.name) holds \(property.category?.rawValue ?? "nothing special").\n" }
        }
    }

    fileprivate static func check(category: String) throws {
        guard category == "none" || SpecialCategory(rawValue: category) != nil else {
            let names = SpecialCategory.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("The category is one of \(names), or none.")
        }
    }
}
