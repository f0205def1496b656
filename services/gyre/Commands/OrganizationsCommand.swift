import ArgumentParser
import JSON
import JSONRPC
import TenancyAPI

/// `gyre organizations`
struct OrganizationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organizations", abstract: "Makes, lists and renames organisations, which own brands.",
        subcommands: [Create.self, List.self, Rename.self], defaultSubcommand: List.self)

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an organisation, for more brands than one.",
            discussion: """
                EXAMPLE
                  gyre organizations create 'Corner Shops Ltd'
                """)

        @Argument(help: "What people call it.")
        var name: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Organizations.Client(try suite.admin())
            let organization = try await client.create(Organizations.Create.Params(name: name))
            output.show(organization) {
                """
                \(OrganizationsCommand.table([organization]).text(width: Terminal.width))
                Next, a brand of it:
                  \(suite.command("brands provision NAME --organization \(organization.id)"))

                """
            }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the organisations.",
            discussion: """
                EXAMPLE
                  gyre organizations list
                """)

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let organizations = try await suite.organizations()
            output.show(WholeList(items: organizations)) {
                guard !organizations.isEmpty else {
                    return "No organisations yet. Make one: \(suite.command("organizations create NAME"))\n"
                }
                return OrganizationsCommand.table(organizations).text(width: Terminal.width)
            }
        }
    }

    struct Rename: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives an organisation another name.",
            discussion: """
                EXAMPLE
                  gyre organizations rename 'Corner Shop' 'Corner Shops'
                """)

        @Argument(help: "The organisation, by id or name.")
        var organization: String

        @Argument(help: "What people call it from now on.")
        var name: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Organizations.Client(try suite.admin())
            let id = try await suite.organizationID(organization)
            let version = try await client.get(Organizations.Get.Params(id: id)).version
            let renamed = try await client.update(Organizations.Update.Params(id: id, version: version, name: name))
            output.show(renamed) { OrganizationsCommand.table([renamed]).text(width: Terminal.width) }
        }
    }

    static func table(_ organizations: [Organization]) -> TextTable {
        var table = TextTable([.init("ORGANISATION"), .init("NAME"), .init("CREATED")])
        for organization in organizations {
            table.add([organization.id.description, organization.name, organization.createdAt.description])
        }
        return table
    }
}

extension SuiteOptions {
    fileprivate func organizations() async throws -> [Organization] {
        let client = Organizations.Client(try admin())
        return try await allPages { cursor throws(RPCError) in
            let page = try await client.list(Organizations.List.Params(cursor: cursor))
            return (page.items, page.nextCursor)
        }
    }

    /// The id of an organisation that a person named by id or by name.
    func organizationID(_ given: String) async throws -> UUIDv7 {
        if let id = UUIDv7(given) { return id }
        let matches = try await organizations().filter { $0.name == given }
        switch matches.count {
        case 1: return matches[0].id
        case 0:
            throw CommandFailure(
                "There is no organisation called '\(given)'.", remedy: "List them: \(command("organizations list"))")
        default:
            let ids = matches.map(\.id.description).joined(separator: ", ")
            throw CommandFailure(
                "\(matches.count) organisations are called '\(given)'.", remedy: "Name one by its id: \(ids)")
        }
    }
}
