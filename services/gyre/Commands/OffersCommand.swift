import ArgumentParser
import JSON
import JSONRPC
import StimuliAPI

/// `gyre offers`
struct OffersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offers", abstract: "Keeps what is promised to people, in terms that never change.",
        subcommands: [List.self, Create.self, Archive.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the offers in use, oldest first.",
            discussion: """
                EXAMPLES
                  gyre offers
                  gyre offers list --archived
                """)

        @Flag(help: "Those out of use, in place of the others.")
        var archived = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Offers.Client(try await caller.connect(suite))
            let offers = try await allPages { [archived] cursor throws(RPCError) in
                let page = try await client.list(Offers.List.Params(isArchived: archived, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: offers)) {
                offers.isEmpty
                    ? "No offers. Make one: \(caller.command("offers create KEY --name NAME --terms JSON", suite))\n"
                    : OffersCommand.table(offers).text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an offer.",
            discussion: """
                Terms are one of
                  {"kind": "percentOff", "share": 1000}                      1000 ten-thousandths are 10 %
                  {"kind": "amountOff", "amount": "5.00", "currency": "USD"}
                  {"kind": "freeShipping"}
                  {"kind": "gift", "gift": "A tote bag"}
                  {"kind": "loyaltyPoints", "points": 500}
                  {"kind": "trial", "days": 30}
                  {"kind": "content", "about": "A recipe for spring"}

                EXAMPLE
                  gyre offers create spring-10 --name 'Ten percent off' --terms '{"kind": "percentOff", "share": 1000}' --code SPRING
                """)

        @Argument(help: "What campaigns name.")
        var key: String

        @Option(help: "What people read.")
        var name: String

        @Option(help: ArgumentHelp("What is promised.", valueName: "json"))
        var terms: JSONArgument

        @Option(help: "What people enter to get it.")
        var code: String?

        @Option(help: "What it is for.")
        var description: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let read: OfferTerms
            do {
                read = try OfferTerms(json: terms.json.bytes)
            } catch {
                throw CommandFailure("--terms\(error.pointer.isEmpty ? "" : " at \(error.pointer)"): \(error.message).")
            }
            let offer = try await Offers.Client(try await caller.connect(suite)).create(
                Offers.Create.Params(key: key, name: name, terms: read, description: description, code: code))
            output.show(offer) { OffersCommand.table([offer]).text(width: Terminal.width) }
        }
    }

    struct Archive: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts an offer out of use; campaigns that were approved keep it.",
            discussion: """
                EXAMPLE
                  gyre offers archive spring-10
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Offers.Client(try await caller.connect(suite))
            let offer = try await client.get(Offers.Get.Params(key: key))
            let archived = try await client.archive(Offers.Archive.Params(id: offer.id, version: offer.version))
            output.show(archived) { "\(archived.key) is out of use.\n" }
        }
    }

    static func table(_ offers: [Offer]) -> TextTable {
        var table = TextTable([.init("OFFER"), .init("NAME"), .init("TERMS"), .init("CODE"), .init("CREATED")])
        for offer in offers {
            table.add([offer.key, offer.name, offer.terms.words, offer.code, "\(offer.createdAt)"])
        }
        return table
    }
}

extension OfferTerms {
    /// As people say it.
    var words: String {
        switch self {
        case .percentOff(let terms): "\(terms.share.asPercent) off"
        case .amountOff(let terms): "\(terms.amount) \(terms.currency) off"
        case .freeShipping: "free shipping"
        case .gift(let terms): "gift: \(terms.gift)"
        case .loyaltyPoints(let terms): "\(terms.points) points"
        case .trial(let terms): terms.days == 1 ? "1 day to try" : "\(terms.days) days to try"
        case .content(let terms): terms.about
        }
    }
}
