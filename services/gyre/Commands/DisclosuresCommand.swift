public import ArgumentParser
import JSON
import JSONRPC
public import SignalsAPI

/// `gyre disclosures`
struct DisclosuresCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disclosures",
        abstract: "Records to whom people's data was given.",
        subcommands: [List.self, Record.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists to whom people's data was given, oldest record first.",
            discussion: """
                EXAMPLES
                  gyre disclosures list email=a@example.org
                  gyre disclosures list --to 01930000-0000-7000-8000-000000000061
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id; else everybody.", valueName: "type=value"))
        var person: Person?

        @Option(name: .customLong("to"), help: ArgumentHelp("Only to this recipient.", valueName: "recipient"))
        var recipient: UUIDv7?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Disclosures.Client(try await caller.connect(suite))
            let disclosures = try await allPages { [person, recipient] cursor throws(RPCError) in
                let page = try await client.list(
                    Disclosures.List.Params(
                        actorId: person?.id, identifier: person?.identifier, recipientId: recipient, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: disclosures)) {
                disclosures.isEmpty
                    ? "Nothing was given to anybody.\n"
                    : DisclosuresCommand.table(disclosures).text(width: Terminal.width)
            }
        }
    }

    struct Record: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Records that a person's data was given to a recipient.",
            discussion: """
                --accounting says whether HIPAA asks to account for it: due; notCovered where HIPAA does not apply; \
                or the exemption of 45 CFR 164.528(a)(1). What is due stays for six years, also when the person is \
                erased. Several to one recipient for one purpose are one record: --times and --last.

                EXAMPLES
                  gyre disclosures record email=a@example.org --to 01930000-0000-7000-8000-000000000061 \\
                      --what 'e-mail address' --purpose newsletters --accounting notCovered --reference C-1042
                  gyre disclosures record customerId=00001 --to 01930000-0000-7000-8000-000000000061 \\
                      --what 'blood group' --purpose 'a public health study' --accounting due \\
                      --at 2026-10-01T09:00:00Z --times 4 --last 2026-10-22T09:00:00Z
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(name: .customLong("to"), help: ArgumentHelp("The recipient's id.", valueName: "recipient"))
        var recipient: UUIDv7

        @Option(name: .customLong("what"), help: "What was given, in brief.")
        var what: String

        @Option(help: "What for, or the request for it.")
        var purpose: String

        @Option(help: "Whether it is accounted for.")
        var accounting: AccountingRule

        @Option(help: "What the recipient calls the person; notices then name nothing else.")
        var reference: String?

        @Option(
            name: .customLong("at"), help: ArgumentHelp("When; now if left out.", valueName: "time"),
            transform: Timestamp.init(time:))
        var disclosedAt: Timestamp?

        @Option(help: "How many this sums up.")
        var times = 1

        @Option(
            name: .customLong("last"), help: ArgumentHelp("Of several, when the last one was.", valueName: "time"),
            transform: Timestamp.init(time:))
        var lastDisclosedAt: Timestamp?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let disclosure = try await Disclosures.Client(try await caller.connect(suite)).record(
                Disclosures.Record.Params(
                    recipientId: recipient, description: what, purpose: purpose, accounting: accounting,
                    actorId: person.id, identifier: person.identifier, disclosedAt: disclosedAt, times: times,
                    lastDisclosedAt: lastDisclosedAt, reference: reference))
            output.show(disclosure) { DisclosuresCommand.table([disclosure]).text(width: Terminal.width) }
        }
    }

    static func table(_ disclosures: [Disclosure]) -> TextTable {
        var table = TextTable([
            .init("NUMBER", .right), .init("PERSON"), .init("TO"), .init("AT"), .init("TIMES", .right), .init("WHAT"),
            .init("PURPOSE"), .init("ACCOUNTING"),
        ])
        for disclosure in disclosures {
            table.add([
                disclosure.number.grouped, disclosure.actorId?.description ?? "erased", disclosure.recipient,
                disclosure.disclosedAt.description, disclosure.times.grouped, disclosure.description,
                disclosure.purpose, disclosure.accounting.rawValue,
            ])
        }
        return table
    }
}

extension AccountingRule: ExpressibleByArgument {}
