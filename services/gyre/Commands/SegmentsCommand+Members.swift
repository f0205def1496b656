import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import SignalsAPI

extension SegmentsCommand {
    struct Preview: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counts whom a rule holds for, and shows some of them.",
            discussion: """
                EXAMPLES
                  gyre segments preview --rule '{"all": [{"trait": "city", "is": "Berlin"}, {"purpose": "marketing"}]}'
                  gyre segments preview --file regulars.yaml --show 20
                """)

        @OptionGroup var rule: RuleOptions

        @Option(help: "How many people to show.")
        var show = 5

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Segments.Client(try await caller.connect(suite))
            let found = try await rule.applied { rule throws(RPCError) in
                try await client.preview(Segments.Preview.Params(rule: rule, limit: show))
            }
            output.show(found) {
                let total =
                    "\(found.people.grouped) of \(found.everybody.counted("person", "people")): \(found.words).\n"
                    .withoutTerminalControl
                guard !found.items.isEmpty else { return total }
                return total + "\n" + SegmentsCommand.people(found.items).text(width: Terminal.width)
            }
        }
    }

    struct Members: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists who is in a segment now, oldest first.",
            discussion: """
                EXAMPLES
                  gyre segments members regulars
                  gyre segments members regulars --purpose marketing --limit 1000
                """)

        @Argument(help: "Its key.")
        var key: String

        @Option(help: ArgumentHelp("Only people whose data may be used for it.", valueName: "purpose"))
        var purpose: String?

        @Option(help: "How many people to list at most.")
        var limit = 100

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("List at least one person.") }
        }

        func perform() async throws {
            let client = Segments.Client(try await caller.connect(suite))
            var people: [ActorProfile] = []
            var cursor: String?
            repeat {
                let page = try await client.members(
                    Segments.Members.Params(
                        key: key, purpose: purpose, cursor: cursor, limit: min(limit - people.count, 500)))
                people += page.items
                cursor = page.nextCursor
            } while cursor != nil && people.count < limit
            output.show(WholeList(items: people)) {
                guard !people.isEmpty else { return "Nobody.\n" }
                let more = cursor == nil ? "" : "There are more: give --limit.\n"
                return SegmentsCommand.people(people).text(width: Terminal.width) + more
            }
        }
    }

    struct Of: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says in which segments one person is now.",
            discussion: """
                EXAMPLES
                  gyre segments of 00042
                  gyre segments of ada@example.org --type email
                """)

        @Argument(help: "A value that points to the person.")
        var value: String

        @Option(help: "What the value is: customerId, email, phone …")
        var type = "customerId"

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let found = try await Segments.Client(try await caller.connect(suite)).memberships(
                Segments.Memberships.Params(identifier: Identifier(type: type, value: value)))
            output.show(found) {
                found.items.isEmpty
                    ? "In no segment.\n" : SegmentsCommand.table(found.items).text(width: Terminal.width)
            }
        }
    }

    struct Sizes: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says how many people were in a segment, day by day, newest first.",
            discussion: """
                EXAMPLE
                  gyre segments sizes regulars
                """)

        @Argument(help: "Its key.")
        var key: String

        @Option(help: "How many days to show at most.")
        var limit = 100

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let found = try await Segments.Client(try await caller.connect(suite)).sizes(
                Segments.Sizes.Params(key: key, limit: limit))
            output.show(found) {
                guard !found.items.isEmpty else { return "It was not counted yet; in a moment it is.\n" }
                var table = TextTable([.init("DAY"), .init("PEOPLE", .right), .init("OF", .right)])
                for size in found.items {
                    table.add(["\(size.date)", size.people.grouped, size.everybody.grouped])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    /// People by what points to them and what is stated of them.
    static func people(_ people: [ActorProfile]) -> TextTable {
        var table = TextTable([.init("PERSON"), .init("SIGNALS", .right), .init("LAST SEEN"), .init("TRAITS")])
        for person in people {
            let identifiers = person.identifiers.prefix(2).map(\.value).joined(separator: ", ")
            table.add([
                identifiers.isEmpty ? "\(person.id)" : identifiers, person.signals.grouped,
                person.lastSeenAt?.description, person.traits.description,
            ])
        }
        return table
    }
}
