public import ArgumentParser
public import CommonAPI
import JSON
import JSONRPC
import ResultWords
import SignalsAPI

/// `gyre beliefs`
struct BeliefsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "beliefs",
        abstract: "Says how likely people respond to offers, how sure that is, and why.",
        subcommands: [Show.self, List.self, Log.self, Rules.self], defaultSubcommand: Show.self)

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is believed of one person, likeliest first.",
            discussion: """
                The bar goes from 0; ├──┤ is where the true probability lies with a probability of 95 %.

                EXAMPLES
                  gyre beliefs show customerId=00001
                  gyre beliefs show customerId=00001 --offer gift --channel email
                  gyre beliefs show customerId=00001 --as-of 2026-01-01T00:00:00Z
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: "Only this kind of offer.")
        var offer: OfferKind?

        @Option(help: "Only this channel.")
        var channel: MessageChannel?

        @Option(
            help: ArgumentHelp("What was to be believed then; now if left out.", valueName: "time"),
            transform: Timestamp.init(time:))
        var asOf: Timestamp?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await Beliefs.Client(try await caller.connect(suite)).get(
                Beliefs.Get.Params(
                    actorId: person.id, identifier: person.identifier, offerKind: offer, channel: channel, asOf: asOf))
            output.show(reply) { BeliefsText.text(reply.items) }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists how likely people respond to one kind of offer in one channel.",
            discussion: """
                EXAMPLES
                  gyre beliefs list --offer percentOff --channel email
                  gyre beliefs list --offer percentOff --channel email --purpose marketing
                """)

        @Option(help: "The kind of offer.")
        var offer: OfferKind

        @Option(help: "The channel.")
        var channel: MessageChannel

        @Option(help: "Only people whose data may be used for this.")
        var purpose: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Beliefs.Client(try await caller.connect(suite))
            let found = try await allPages { [offer, channel, purpose] cursor throws(RPCError) in
                let page = try await client.list(
                    Beliefs.List.Params(offerKind: offer, channel: channel, purpose: purpose, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: found)) { BeliefsText.list(found) }
        }
    }

    struct Log: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what changed the beliefs about one person, oldest first.",
            discussion: """
                EXAMPLES
                  gyre beliefs log customerId=00001
                  gyre beliefs log customerId=00001 --offer gift --json
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: "Only this kind of offer.")
        var offer: OfferKind?

        @Option(help: "Only this channel.")
        var channel: MessageChannel?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Beliefs.Client(try await caller.connect(suite))
            let changes = try await allPages { [person, offer, channel] cursor throws(RPCError) in
                let page = try await client.log(
                    Beliefs.Log.Params(
                        actorId: person.id, identifier: person.identifier, offerKind: offer, channel: channel,
                        cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: changes)) { BeliefsText.log(changes) }
        }
    }

    struct Rules: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what beliefs start from and how fast they forget, or changes that.",
            discussion: """
                --responses of --offers is what is believed of somebody of whom nothing is known, and how much evidence \
                that counts as. --half-life is the age in days at which evidence counts half. With --offer and --channel \
                it is said of these alone.

                EXAMPLES
                  gyre beliefs rules
                  gyre beliefs rules --responses 1 --offers 20 --half-life 180
                  gyre beliefs rules --offer content --channel email --responses 2 --offers 10 --half-life 30
                  gyre beliefs rules --offer content --channel email --remove
                """)

        @Option(help: "Only this kind of offer.")
        var offer: OfferKind?

        @Option(help: "Only this channel.")
        var channel: MessageChannel?

        @Option(help: "Responses before there is any evidence.")
        var responses: Double?

        @Option(help: "Offers before there is any evidence.")
        var offers: Double?

        @Option(help: ArgumentHelp("Age at which evidence counts half.", valueName: "days"))
        var halfLife: Double?

        @Flag(help: "This kind of offer and channel are like the others again.")
        var remove = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (offer == nil) == (channel == nil) else {
                throw ValidationError("An exception is of a kind of offer in a channel: give --offer and --channel.")
            }
            if remove, offer == nil || responses != nil || offers != nil || halfLife != nil {
                throw ValidationError("--remove takes --offer and --channel, and nothing else.")
            }
            if offer != nil, !remove, responses == nil && offers == nil && halfLife == nil {
                throw ValidationError("Say what holds of them: --responses, --offers or --half-life, or --remove.")
            }
            if let responses, let offers, responses >= offers {
                throw ValidationError("There are more --offers than --responses to them.")
            }
        }

        func perform() async throws {
            let client = BeliefRules.Client(try await caller.connect(suite))
            var rules = try await client.get(BeliefRules.Get.Params())
            if remove || responses != nil || offers != nil || halfLife != nil {
                rules = try await client.set(try changed(rules))
            }
            output.show(rules) { BeliefsText.text(rules) }
        }

        /// What there is, with what the options say.
        private func changed(_ rules: LearningRules) throws -> BeliefRules.Set.Params {
            var (alpha, beta, days) = (rules.priorAlpha, rules.priorBeta, rules.halfLifeDays)
            var exceptions = rules.exceptions
            if let offer, let channel {
                if let rule = exceptions.first(where: { $0.offerKind == offer && $0.channel == channel }) {
                    (alpha, beta, days) = (rule.priorAlpha, rule.priorBeta, rule.halfLifeDays)
                }
                exceptions.removeAll { $0.offerKind == offer && $0.channel == channel }
            }
            let total = offers ?? alpha + beta
            alpha = responses ?? alpha
            beta = total - alpha
            days = halfLife ?? days
            guard beta > 0 else {
                throw CommandFailure(
                    "There would be \(total) offers and \(alpha) responses.", remedy: "Give --responses and --offers.")
            }
            guard let offer, let channel else {
                return BeliefRules.Set.Params(
                    version: rules.version, priorAlpha: alpha, priorBeta: beta, halfLifeDays: days,
                    exceptions: exceptions)
            }
            if !remove {
                exceptions.append(
                    LearningRule(
                        offerKind: offer, channel: channel, priorAlpha: alpha, priorBeta: beta, halfLifeDays: days))
            }
            return BeliefRules.Set.Params(
                version: rules.version, priorAlpha: rules.priorAlpha, priorBeta: rules.priorBeta,
                halfLifeDays: rules.halfLifeDays, exceptions: exceptions)
        }
    }
}

/// Beliefs as a person reads them in a terminal.
enum BeliefsText {
    static func text(_ beliefs: [ResponseBelief]) -> String {
        guard !beliefs.isEmpty else {
            return "Nothing is known of how this person responds; name a kind of offer and a channel to see what is "
                + "assumed of anybody.\n"
        }
        return table(beliefs, heading: "OFFER") { "\($0.offerKind.rawValue) by \($0.channel.rawValue)" }
    }

    static func list(_ beliefs: [ResponseBelief]) -> String {
        guard !beliefs.isEmpty else { return "Nothing is known of anybody's response to this.\n" }
        return table(beliefs, heading: "PERSON") { $0.actorId.description }
    }

    private static func table(
        _ beliefs: [ResponseBelief], heading: String, _ name: (ResponseBelief) -> String
    ) -> String {
        let plot = IntervalPlot(upTo: beliefs.map(\.interval.upper))
        var table = TextTable([
            .init(heading), .init("RESPONDS", .right), .init("INTERVAL"), .init(""), .init("EVIDENCE", .right),
            .init("COUNTS AS", .right), .init("NEWEST"),
        ])
        for belief in beliefs {
            table.add([
                name(belief), percent(belief.mean),
                "\(percent(belief.interval.lower)) to \(percent(belief.interval.upper))",
                plot.line(belief.mean, (belief.interval.lower, belief.interval.upper)), belief.evidenceCount.grouped,
                tenths(belief.effectiveEvidence), belief.lastEvidenceAt?.description,
            ])
        }
        return table.text(width: nil)
    }

    static func log(_ changes: [BeliefChange]) -> String {
        guard !changes.isEmpty else { return "Nothing was ever learned of how this person responds.\n" }
        var table = TextTable([
            .init("TOLD"), .init("CHANGE"), .init("OFFER"), .init("RESPONDED"), .init("AT"), .init("VERSION", .right),
            .init("CAMPAIGN"), .init("CITES"), .init("BY"),
        ])
        for change in changes {
            table.add([
                change.changedAt.description, change.change.rawValue,
                "\(change.offerKind.rawValue) by \(change.channel.rawValue)", change.responded ? "yes" : "no",
                change.at.description, change.version.grouped, change.campaignId?.description,
                change.sources.map(\.description).joined(separator: ", "), change.changedBy,
            ])
        }
        return table.text(width: Terminal.width)
    }

    static func text(_ rules: LearningRules) -> String {
        var table = TextTable([
            .init("OFFER"), .init("CHANNEL"), .init("RESPONDS", .right), .init("COUNTS AS"), .init("HALF-LIFE"),
        ])
        func add(_ offer: String, _ channel: String, _ alpha: Double, _ beta: Double, _ days: Double) {
            table.add([
                offer, channel, percent(alpha / (alpha + beta)), "\(tenths(alpha + beta)) offers",
                "\(tenths(days)) days",
            ])
        }
        add("any", "any", rules.priorAlpha, rules.priorBeta, rules.halfLifeDays)
        for rule in rules.exceptions {
            add(rule.offerKind.rawValue, rule.channel.rawValue, rule.priorAlpha, rule.priorBeta, rule.halfLifeDays)
        }
        return table.text(width: Terminal.width)
    }

    /// A share with one decimal: `13.0 %`.
    private static func percent(_ share: Double) -> String { ResultWords.percent(share) }

    private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}

extension OfferKind: ExpressibleByArgument {}

extension MessageChannel: ExpressibleByArgument {}
