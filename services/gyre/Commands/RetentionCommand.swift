import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

/// `gyre privacy retention`
struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Says how long data stays, what would go, and lets it go.",
        subcommands: [List.self, Set.self, Preview.self, Apply.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tables that a brand's data lies in, and how long rows stay there.",
            discussion: """
                EXAMPLE
                  gyre privacy retention list --brand 'Corner Shop'
                """)

        @Flag(help: "Also those whose rows have no age.")
        var all = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = RetentionRules.Client(try await caller.connect(suite))
            let reply = try await client.list(RetentionRules.List.Params())
            output.show(reply) {
                RetentionCommand.table(reply.items.filter { all || $0.canExpire }).text(width: Terminal.width)
            }
        }
    }

    struct Set: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says how long the rows of a table stay.",
            discussion: """
                Carried out once a day from then on. See what would go before: gyre privacy retention preview

                EXAMPLES
                  gyre privacy retention set signals.signals 730
                  gyre privacy retention set signals.actors 1095      # people without a sign for three years
                  gyre privacy retention set signals.signals none
                """)

        @Argument(
            help: ArgumentHelp(
                "The table, as `gyre privacy retention preview` shows it, such as signals.signals.",
                valueName: "service.table"))
        var place: TablePlace

        @Argument(help: ArgumentHelp("How many days, or 'none'.", valueName: "days"))
        var days: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard days == "none" || (Int(days).map { (1...36_500).contains($0) } ?? false) else {
                throw ValidationError("The days are a number from 1 to 36500, or none.")
            }
        }

        func perform() async throws {
            let rule = try await RetentionRules.Client(try await caller.connect(suite)).set(
                RetentionRules.Set.Params(service: place.service, table: place.table, days: Int(days)))
            output.show(rule) { RetentionCommand.table([rule]).text(width: Terminal.width) }
        }
    }

    struct Preview: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what would go if the rules were carried out now, and deletes nothing.",
            discussion: """
                EXAMPLES
                  gyre privacy retention preview
                  gyre privacy retention preview signals.signals --days 365      # as if that were the rule
                """)

        @Argument(help: ArgumentHelp("Only this table.", valueName: "service.table"))
        var place: TablePlace?

        @Option(help: ArgumentHelp("As if this were the rule.", valueName: "days"))
        var days: Int?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if days != nil, place == nil { throw ValidationError("--days is for one table: name it.") }
        }

        func perform() async throws {
            let client = RetentionRules.Client(try await caller.connect(suite))
            let reply = try await client.preview(
                RetentionRules.Preview.Params(service: place?.service, table: place?.table, days: days))
            output.show(reply) {
                guard !reply.items.isEmpty else { return "There is no rule: nothing would go.\n" }
                var table = TextTable([
                    .init("TABLE"), .init("DAYS", .right), .init("WOULD GO", .right), .init("HELD", .right),
                    .init("OLDEST"), .init("NEWEST"),
                ])
                for rule in reply.items {
                    table.add([
                        "\(rule.service).\(rule.table)", rule.days?.grouped ?? "none", rule.rows?.grouped,
                        rule.held?.grouped, rule.oldest?.description, rule.newest?.description,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Apply: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes what the rules no longer keep, and waits until it is gone.",
            discussion: """
                EXAMPLE
                  gyre privacy retention apply --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let begun = try await RetentionRules.Client(client).apply(RetentionRules.Apply.Params())
            var ended: [Job] = []
            for job in begun.jobs { ended.append(try await JobProgress(Jobs.Client(client), output).end(of: job.id)) }
            output.show(WholeList(items: ended)) {
                ended.isEmpty ? "There is no rule: nothing goes.\n" : ended.map(JobsCommand.outcome).joined()
            }
            if ended.contains(where: { $0.status == .failed }) { throw ExitCode.failure }
        }
    }

    static func table(_ rules: [RetentionRule]) -> TextTable {
        var table = TextTable([
            .init("TABLE"), .init("HOLDS"), .init("KEPT"), .init("LAST APPLIED"), .init("ROWS", .right),
        ])
        for rule in rules {
            table.add([
                "\(rule.service).\(rule.table)", rule.holds, rule.days.map { "\($0.grouped) days" } ?? rule.kept,
                rule.lastAppliedAt?.description, rule.lastRows?.grouped,
            ])
        }
        return table
    }
}

/// A table of a service: `signals.traits`.
struct TablePlace: ExpressibleByArgument {
    let service: String
    let table: String

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        (service, table) = (parts[0], parts[1])
    }
}
