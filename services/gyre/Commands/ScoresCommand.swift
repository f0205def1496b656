public import ArgumentParser
import JSON
import JSONRPC
public import SignalsAPI

/// `gyre scores`
struct ScoresCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scores",
        abstract: "Shows where people stand as customers: lifecycle, purchases, value.",
        subcommands: [List.self, Show.self, Rules.self, SetRules.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists people with their scores, those known longest first.",
            discussion: """
                R, F and M compare the last purchase, the days with a purchase and the value with those of all \
                customers: 5 is the best fifth.

                EXAMPLES
                  gyre scores
                  gyre scores list --stage atRisk --first 20
                  gyre scores list --as-of 1997-09-30 --json
                """)

        @Option(help: "The last day that counts, in UTC; today unless it is given.")
        var asOf: CalendarDate?

        @Option(help: "Only people in this stage.")
        var stage: CustomerStage?

        @Option(help: "Only people whose data may be used for this now.")
        var purpose: String?

        @Option(help: ArgumentHelp("How many people at most.", valueName: "n"))
        var first = 100

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        /// The most that one page holds.
        private static let pageItems = 1_000

        func validate() throws {
            if first < 1 { throw ValidationError("--first is a number of people, at least 1.") }
        }

        func perform() async throws {
            let client = Scores.Client(try await caller.connect(suite))
            var found: [ActorScores] = []
            var page: Scores.List.Reply
            var cursor: String?
            repeat {
                page = try await client.list(
                    Scores.List.Params(
                        asOf: asOf, stage: stage, purpose: purpose, cursor: cursor, limit: Self.pageItems))
                found += page.items
                cursor = page.nextCursor
            } while cursor != nil && found.count < first
            let hasMore = cursor != nil || found.count > first
            let list = Scores.List.Reply(
                asOf: page.asOf, currency: page.currency, customers: page.customers, items: Array(found.prefix(first)))
            output.show(list) {
                guard !list.items.isEmpty else { return "Nobody is there.\n" }
                let all = list.customers.map { " Compared with \($0.counted("customer"))." } ?? ""
                let more = hasMore ? " There are more: --first \(first * 10)." : ""
                return ScoresCommand.table(list.items, list.currency).text(width: Terminal.width)
                    + "Up to \(list.asOf).\(all)\(more)\n"
            }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one person's scores.",
            discussion: """
                EXAMPLES
                  gyre scores show customerId=00001
                  gyre scores show email=a@example.org --as-of 2026-06-30
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: "The last day that counts, in UTC; today unless it is given.")
        var asOf: CalendarDate?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await Scores.Client(try await caller.connect(suite)).get(
                Scores.Get.Params(actorId: person.id, identifier: person.identifier, asOf: asOf))
            output.show(reply) { ScoresCommand.lines(reply) }
        }
    }

    struct Rules: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what counts as a purchase, and from when on customers are at risk or churned.",
            discussion: """
                EXAMPLE
                  gyre scores rules --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let rules = try await ScoreRules.Client(try await caller.connect(suite)).get(ScoreRules.Get.Params())
            output.show(rules) { ScoresCommand.lines(rules) }
        }
    }

    struct SetRules: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-rules",
            abstract: "Says what counts as a purchase, and from when on customers are at risk or churned.",
            discussion: """
                It replaces all rules: what is not given is as in a new brand.

                EXAMPLES
                  gyre scores set-rules --purchase 'Order Completed' --purchase 'Store Purchase' --currency EUR
                  gyre scores set-rules --at-risk-days 365 --churned-days 730 --brand 'Corner Shop'
                """)

        @Option(name: .customLong("purchase"), help: ArgumentHelp("An event that is a purchase.", valueName: "event"))
        var purchases: [String] = []

        @Option(help: "What amounts are summed in; else the currency of the first purchase that came in.")
        var currency: Currency?

        @Option(help: ArgumentHelp("Who bought first within so many days is new.", valueName: "days"))
        var newDays = 30

        @Option(help: ArgumentHelp("Who has not bought for more days is at risk.", valueName: "days"))
        var atRiskDays = 90

        @Option(help: ArgumentHelp("Who has not bought for more days has churned.", valueName: "days"))
        var churnedDays = 180

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let rules = try await ScoreRules.Client(try await caller.connect(suite)).set(
                ScoreRules.Set.Params(
                    purchaseEvents: purchases.isEmpty ? nil : purchases, currency: currency, newDays: newDays,
                    atRiskDays: atRiskDays, churnedDays: churnedDays))
            output.show(rules) { ScoresCommand.lines(rules) }
        }
    }

    private static func table(_ people: [ActorScores], _ currency: Currency?) -> TextTable {
        let value = "VALUE" + (currency.map { " \($0.code)" } ?? "")
        var table = TextTable([
            .init("PERSON"), .init("STAGE"), .init("TENURE", .right), .init("DAYS BOUGHT", .right),
            .init("LAST ON"), .init("ON AVERAGE", .right), .init(value, .right), .init("R F M"),
        ])
        for person in people {
            table.add([
                person.actorId.description, person.stage.rawValue, person.tenureDays.map { $0.counted("day") },
                person.purchases.map { ($0.frequency + 1).grouped } ?? "0", person.purchases?.lastOn.description,
                person.purchases?.monetaryValue?.description, person.value.description, person.quintiles?.words,
            ])
        }
        return table
    }

    private static func lines(_ reply: Scores.Get.Reply) -> String {
        let scores = reply.scores
        let currency = reply.currency.map { " \($0.code)" } ?? ""
        var table = TextTable([.init("UP TO"), .init(reply.asOf.description)])
        table.add(["Stage", scores.stage.rawValue])
        table.add(["Known for", scores.tenureDays.map { $0.counted("day") } ?? "no day yet"])
        if let bought = scores.purchases {
            table.add(["Bought first on", "\(bought.firstOn), \(bought.ageDays.counted("day")) before"])
            table.add(["Bought last on", "\(bought.lastOn), \(bought.daysSincePurchase.counted("day")) before"])
            table.add(["Bought again on", bought.frequency.counted("day")])
            if let average = bought.monetaryValue { table.add(["Paid then on average", "\(average)\(currency)"]) }
        }
        table.add(["Value", "\(scores.value)\(currency)"])
        if scores.unsummed > 0 {
            table.add(["In other currencies", scores.unsummed.counted("purchase or refund", "purchases or refunds")])
        }
        if let quintiles = scores.quintiles, let customers = reply.customers {
            table.add(["R F M", "\(quintiles.words) of 5, among \(customers.counted("customer"))"])
        }
        return table.text(width: Terminal.width)
    }

    private static func lines(_ rules: ScoringRules) -> String {
        var table = TextTable([.init("RULE"), .init("IS")])
        table.add(["purchases", rules.purchaseEvents.joined(separator: ", ")])
        table.add(["amounts in", rules.currency?.code ?? "the currency of the first purchase"])
        table.add(["new", "bought first within \(rules.newDays.counted("day"))"])
        table.add(["atRisk", "has not bought for more than \(rules.atRiskDays.counted("day"))"])
        table.add(["churned", "has not bought for more than \(rules.churnedDays.counted("day"))"])
        return table.text(width: Terminal.width)
    }
}

extension CustomerStage: ExpressibleByArgument {}

extension ActorScores.Quintiles {
    fileprivate var words: String { "\(recency) \(frequency) \(monetary)" }
}
