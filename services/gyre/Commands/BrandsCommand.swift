import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import TenancyAPI

/// `gyre brands`
struct BrandsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brands", abstract: "Makes, lists, changes, suspends and erases brands, the tenants of a suite.",
        subcommands: [
            Provision.self, List.self, Update.self, Suspend.self, Resume.self, Erase.self,
        ], defaultSubcommand: List.self)

    struct Provision: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a brand with a database in every service, or finishes what an earlier call began.",
            discussion: """
                EXAMPLES
                  gyre brands provision 'Corner Shop'
                  gyre brands provision 'Corner Shop' --industry retail --currency EUR
                """)

        @Argument(help: "What people call it.")
        var name: String

        @Option(help: "What it sells.")
        var industry = Industry.other

        @Option(help: ArgumentHelp("The zone its days are counted in, such as Europe/Berlin.", valueName: "zone"))
        var timeZone = "UTC"

        @Option(help: ArgumentHelp("The currency of amounts that name none, such as EUR.", valueName: "code"))
        var currency = Brands.Provision.Params.defaultCurrency

        @Flag(help: "A test brand, for trying things out; only test keys open it.")
        var test = false

        @Option(help: "Its owner, by id or name; without it an organisation of the same name is made.")
        var organization: String?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let brands = Brands.Client(try suite.admin())
            var owner: UUIDv7?
            if let organization { owner = try await suite.organizationID(organization) }
            let params = Brands.Provision.Params(
                name: name, organizationId: owner, industry: industry, mode: test ? .test : .live,
                timeZone: timeZone, currency: currency)
            let brand = try await brands.provision(params)
            output.show(brand) {
                """
                \(BrandsCommand.table([brand]).text(width: Terminal.width))
                Next, a key for it:
                  \(suite.command("keys create --brand \(brand.id) --name NAME --scope '*:*'"))

                """
            }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the brands.",
            discussion: """
                EXAMPLE
                  gyre brands list --all
                """)

        @Flag(help: "Those that were erased too.")
        var all = false

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let brands = try await suite.brands().filter { all || $0.status != .erased }
            output.show(WholeList(items: brands)) {
                guard !brands.isEmpty else {
                    return "No brands yet. Make one: \(suite.command("brands provision NAME"))\n"
                }
                return BrandsCommand.table(brands).text(width: Terminal.width)
            }
        }
    }

    static func table(_ brands: [Brand]) -> TextTable {
        var table = TextTable([
            .init("BRAND"), .init("NAME"), .init("INDUSTRY"), .init("MODE"), .init("TIME ZONE"), .init("CURRENCY"),
            .init("STATUS"),
        ])
        for brand in brands {
            table.add([
                brand.id.description, brand.name, brand.industry.rawValue, brand.mode.rawValue, brand.timeZone,
                brand.currency.code,
                brand.status.rawValue,
            ])
        }
        return table
    }
}

extension SuiteOptions {
    func brands() async throws -> [Brand] { try await admin().brands() }

    /// The id of a brand that a person named by id or by name.
    func brandID(_ given: String) async throws -> UUIDv7 {
        if let id = UUIDv7(given) { return id }
        let matches = try await brands().filter { $0.name == given }
        switch matches.count {
        case 1: return matches[0].id
        case 0:
            throw CommandFailure("There is no brand called '\(given)'.", remedy: "List them: \(command("brands list"))")
        default:
            let ids = matches.map(\.id.description).joined(separator: ", ")
            throw CommandFailure("\(matches.count) brands are called '\(given)'.", remedy: "Name one by its id: \(ids)")
        }
    }
}

extension SuiteClient {
    /// All brands of the suite, through the platform's own door.
    func brands() async throws(RPCError) -> [Brand] {
        let client = Brands.Client(self)
        return try await allPages { cursor throws(RPCError) in
            let page = try await client.list(Brands.List.Params(cursor: cursor))
            return (page.items, page.nextCursor)
        }
    }
}
