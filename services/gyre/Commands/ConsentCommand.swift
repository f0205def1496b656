public import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
public import SignalsAPI

/// `gyre consent`
struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "Records and asks on what basis people's data is used.",
        subcommands: [
            Record.self, Withdraw.self, List.self, History.self, Check.self, PurposesOf.self, SetPurpose.self,
            SpecialTraitsOf.self, SetSpecialTrait.self, SpecialPropertiesOf.self, SetSpecialProperty.self,
        ])

    struct Record: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Records on what basis a person's data is used for a purpose.",
            discussion: """
                A consent needs the version of the notice that the person saw, and how it can be shown that they agreed. \
                Specially protected data, such as health, needs a condition of its own (GDPR Art. 9(2)).

                EXAMPLES
                  gyre consent record email=a@example.org --purpose marketing --basis consent --notice 2026-01 \\
                      --method doubleOptIn --source shop.example/newsletter
                  gyre consent record customerId=00001 --purpose coaching --basis consent --notice 2026-01 \\
                      --method app --source onboarding/3 --special health --condition explicitConsent
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: ArgumentHelp("What the data is used for, such as marketing.", valueName: "purpose"))
        var purpose: String

        @Option(help: "What allows it (GDPR Art. 6(1)).")
        var basis: LegalBasis

        @Option(help: ArgumentHelp("The version of the privacy notice that they saw.", valueName: "version"))
        var notice: String?

        @Option(help: "How they agreed.")
        var method: ConsentProof.Method?

        @Option(
            help: ArgumentHelp("Where: a page, a screen, a form's number. Nothing of the person.", valueName: "place"))
        var source: String?

        @Option(help: ArgumentHelp("SHA-256 of the text that they saw.", valueName: "hash"))
        var textHash: String?

        @Option(name: .customLong("special"), help: "Specially protected data it covers; more than once for more.")
        var categories: [SpecialCategory] = []

        @Option(help: "What allows that to be used (GDPR Art. 9(2)).")
        var condition: SpecialCondition?

        @Option(
            name: .customLong("given"), help: ArgumentHelp("When it was given; else now.", valueName: "time"),
            transform: Timestamp.init(time:))
        var givenAt: Timestamp?

        @Option(
            name: .customLong("expires"), help: ArgumentHelp("Until when it holds.", valueName: "time"),
            transform: Timestamp.init(time:))
        var expiresAt: Timestamp?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if (method == nil) != (source == nil) {
                throw ValidationError("A proof says how and where: give --method and --source.")
            }
            if textHash != nil, method == nil { throw ValidationError("--text-hash belongs to --method and --source.") }
        }

        func perform() async throws {
            var proof: ConsentProof?
            if let method, let source { proof = ConsentProof(method: method, source: source, textHash: textHash) }
            let client = Consents.Client(try await caller.connect(suite))
            let consent = try await client.record(
                Consents.Record.Params(
                    purpose: purpose, legalBasis: basis, actorId: person.id, identifier: person.identifier,
                    specialCategories: categories, condition: condition, noticeVersion: notice, proof: proof,
                    givenAt: givenAt, expiresAt: expiresAt))
            output.show(consent) { ConsentCommand.table([consent]).text(width: Terminal.width) }
        }
    }

    struct Withdraw: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraws a person's consent to a purpose, from the next call on.",
            discussion: """
                EXAMPLE
                  gyre consent withdraw email=a@example.org --purpose marketing
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: ArgumentHelp("The purpose it was given for.", valueName: "purpose"))
        var purpose: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Consents.Client(try await caller.connect(suite))
            let consent = try await client.withdraw(
                Consents.Withdraw.Params(purpose: purpose, actorId: person.id, identifier: person.identifier))
            output.show(consent) { ConsentCommand.table([consent]).text(width: Terminal.width) }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what holds now, of one person or of all.",
            discussion: """
                EXAMPLES
                  gyre consent list email=a@example.org
                  gyre consent list --purpose marketing --brand 'Corner Shop'
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id; else everybody.", valueName: "type=value"))
        var person: Person?

        @Option(help: ArgumentHelp("Only this purpose.", valueName: "purpose"))
        var purpose: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Consents.Client(try await caller.connect(suite))
            let consents = try await allPages { [person, purpose] cursor throws(RPCError) in
                let page = try await client.list(
                    Consents.List.Params(
                        actorId: person?.id, identifier: person?.identifier, purpose: purpose, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: consents)) { ConsentCommand.text(consents) }
        }
    }

    struct History: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists all that was ever recorded of one person's consents, oldest first.",
            discussion: """
                EXAMPLE
                  gyre consent history email=jo@example.com --purpose newsletter --brand 'Corner Shop'
                """)

        @Argument(help: ArgumentHelp("Who, by an identifier or an id.", valueName: "type=value"))
        var person: Person

        @Option(help: ArgumentHelp("Only this purpose.", valueName: "purpose"))
        var purpose: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Consents.Client(try await caller.connect(suite))
            let consents = try await allPages { [person, purpose] cursor throws(RPCError) in
                let page = try await client.history(
                    Consents.History.Params(
                        actorId: person.id, identifier: person.identifier, purpose: purpose, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: consents)) { ConsentCommand.text(consents) }
        }
    }

    struct Check: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says of each person whether their data may be used for a purpose now, and why.",
            discussion: """
                The exit status is 0 when all of them may.

                EXAMPLE
                  gyre consent check --purpose marketing email=a@example.org customerId=00002
                """)

        @Argument(help: ArgumentHelp("Who, by identifiers.", valueName: "type=value"))
        var identifiers: [String]

        @Option(help: ArgumentHelp("What the data is to be used for.", valueName: "purpose"))
        var purpose: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let people = try identifiers.map { try Identifier(argument: $0) }
            let client = Consents.Client(try await caller.connect(suite))
            let reply = try await client.check(Consents.Check.Params(purpose: purpose, identifiers: people))
            output.show(reply) {
                var table = TextTable([.init("PERSON"), .init("MAY USE"), .init("WHY"), .init("BASIS"), .init("UNTIL")])
                for (identifier, decision) in zip(identifiers, reply.items) {
                    table.add([
                        identifier, decision.mayUse ? "yes" : "no", decision.reason.rawValue,
                        decision.legalBasis?.rawValue, decision.expiresAt?.description,
                    ])
                }
                return table.text(width: Terminal.width)
            }
            if !reply.items.allSatisfy(\.mayUse) { throw ExitCode.failure }
        }
    }

    static func text(_ consents: [Consent]) -> String {
        consents.isEmpty ? "Nothing is recorded.\n" : table(consents).text(width: Terminal.width)
    }

    static func table(_ consents: [Consent]) -> TextTable {
        var table = TextTable([
            .init("PERSON"), .init("PURPOSE"), .init("STATUS"), .init("BASIS"), .init("SPECIAL"), .init("NOTICE"),
            .init("HOW"), .init("SINCE"), .init("UNTIL"),
        ])
        for consent in consents {
            table.add([
                consent.actorId.description, consent.purpose, consent.status.rawValue, consent.legalBasis.rawValue,
                consent.specialCategories.map(\.rawValue).joined(separator: ", "), consent.noticeVersion,
                consent.proof.map { "\($0.method.rawValue), \($0.source)" }, consent.statedAt.description,
                consent.expiresAt?.description,
            ])
        }
        return table
    }
}

/// Who a command is about: `type=value`, or an id.
struct Person: ExpressibleByArgument {
    let id: UUIDv7?
    let identifier: Identifier?

    init?(argument: String) {
        id = UUIDv7(argument)
        identifier = id == nil ? try? Identifier(argument: argument) : nil
        if id == nil, identifier == nil { return nil }
    }
}

extension LegalBasis: ExpressibleByArgument {}

extension SpecialCategory: ExpressibleByArgument {}

extension SpecialCondition: ExpressibleByArgument {}

extension ConsentProof.Method: ExpressibleByArgument {}

extension RestrictionKind: ExpressibleByArgument {}
