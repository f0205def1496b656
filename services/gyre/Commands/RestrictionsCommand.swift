import ArgumentParser
import JSON
import JSONRPC
import SignalsAPI

/// `gyre restrictions`
struct RestrictionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restrictions",
        abstract: "Stops uses of people's data without deleting it, and ends such stops.",
        subcommands: [List.self, Place.self, Lift.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the people whose data must not be used, or not for everything.",
            discussion: """
                EXAMPLE
                  gyre restrictions list email=jo@example.com --brand 'Corner Shop'
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id; else everybody.", valueName: "type=value"))
        var person: Person?

        @Option(help: "Only this kind.")
        var kind: RestrictionKind?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Restrictions.Client(try await caller.connect(suite))
            let placed = try await allPages { [person, kind] cursor throws(RPCError) in
                let page = try await client.list(
                    Restrictions.List.Params(
                        actorId: person?.id, identifier: person?.identifier, kind: kind, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: placed)) {
                placed.isEmpty ? "Nothing is stopped.\n" : RestrictionsCommand.table(placed).text(width: Terminal.width)
            }
        }
    }

    struct Place: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops uses of a person's data, from the next call on.",
            discussion: """
                restriction stops every use, objection marketing and profiling, optOut sale and sharing.

                EXAMPLES
                  gyre restrictions place email=a@example.org --kind optOut
                  gyre restrictions place customerId=00001 --kind restriction --brand 'Corner Shop'
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: "What is stopped.")
        var kind: RestrictionKind

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let placed = try await Restrictions.Client(try await caller.connect(suite)).place(
                Restrictions.Place.Params(kind: kind, actorId: person.id, identifier: person.identifier))
            output.show(placed) { RestrictionsCommand.table([placed]).text(width: Terminal.width) }
        }
    }

    struct Lift: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a restriction, an objection or an opt-out.",
            discussion: """
                The person is told before a restriction is lifted; say when.

                EXAMPLE
                  gyre restrictions lift customerId=00001 --kind restriction --told 2026-11-20T09:00:00Z
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: "What is ended.")
        var kind: RestrictionKind

        @Option(
            name: .customLong("told"), help: ArgumentHelp("When the person was told.", valueName: "time"),
            transform: Timestamp.init(time:))
        var noticeGivenAt: Timestamp?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let lifted = try await Restrictions.Client(try await caller.connect(suite)).lift(
                Restrictions.Lift.Params(
                    kind: kind, actorId: person.id, identifier: person.identifier, noticeGivenAt: noticeGivenAt))
            output.show(lifted) { "Lifted; it was in force since \(lifted.since).\n" }
        }
    }

    static func table(_ placed: [PlacedRestriction]) -> TextTable {
        var table = TextTable([
            .init("PERSON"), .init("KIND"), .init("SINCE"), .init("BY"), .init("REQUEST"),
        ])
        for stop in placed {
            table.add([
                stop.actorId.description, stop.kind.rawValue, stop.since.description, stop.source.rawValue,
                stop.requestId?.description,
            ])
        }
        return table
    }
}
