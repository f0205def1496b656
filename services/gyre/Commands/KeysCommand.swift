import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import TenancyAPI

/// `gyre keys`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes, changes, rotates and revokes API keys.",
        subcommands: [
            Create.self, List.self, Show.self, Update.self, Rotate.self, Revoke.self,
        ], defaultSubcommand: List.self)

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key for a brand and shows it, this once.",
            discussion: """
                A scope is noun:verb, with * as a wildcard, such as signals:write or '*:read'.
                The key of a test brand is a test key.

                EXAMPLES
                  gyre keys create --brand Demo --name 'web shop' --scope signals:write
                  gyre keys create --brand Demo --name me --scope '*:*' --json | jq -r .key
                """)

        @Option(help: "The one brand it opens, by id or name.")
        var brand: String

        @Option(help: "What it is for.")
        var name: String

        @Option(name: .customLong("scope"), help: "What it may do; give it more than once for more.")
        var scopes: [String]

        @Option(help: ArgumentHelp("Cost units it may spend a second.", valueName: "n"))
        var rate = 1_000

        @Option(help: ArgumentHelp("Cost units it may spend at once.", valueName: "n"))
        var burst = 2_000

        @Option(
            help: ArgumentHelp("When it stops by itself, such as 2027-01-01T00:00:00Z.", valueName: "time"),
            transform: Timestamp.init(time:))
        var expires: Timestamp?

        @Option(name: .customLong("industry"), help: "An industry it may ask about; none given: all.")
        var industries: [Industry] = []

        @Option(
            name: .customLong("segment"),
            help: ArgumentHelp("A segment it may reach, by id; none given: all.", valueName: "id"))
        var segments: [String] = []

        @Option(help: ArgumentHelp("Cost units it may spend a day; without it no limit.", valueName: "n"))
        var dailyQuota: Int?

        @Option(help: ArgumentHelp("Cost units it may spend a month; without it no limit.", valueName: "n"))
        var monthlyQuota: Int?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if scopes.isEmpty { throw ValidationError("A key that may do nothing opens nothing: give --scope.") }
        }

        func perform() async throws {
            let keys = Keys.Client(try suite.admin())
            let made = try await keys.create(
                Keys.Create.Params(
                    brandId: try await suite.brandID(brand), name: name, scopes: scopes, allowedIndustries: industries,
                    allowedSegments: segments, ratePerSecond: rate, burst: burst, dailyQuota: dailyQuota,
                    monthlyQuota: monthlyQuota, expiresAt: expires))
            output.show(made) {
                """
                \(made.key)

                Nothing in Gyre can show this key again: keep it now.
                Use it:     GYRE_KEY=… \(suite.command("call signals.summarize"))
                Revoke it:  \(suite.command("keys revoke \(made.record.id)"))

                """
            }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists keys without their secrets.",
            discussion: """
                EXAMPLE
                  gyre keys list --brand 'Corner Shop'
                """)

        @Option(help: "Only this brand's, by id or name.")
        var brand: String?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            var brandID: UUIDv7?
            if let brand { brandID = try await suite.brandID(brand) }
            let client = Keys.Client(try suite.admin())
            let keys = try await allPages { [brandID] cursor throws(RPCError) in
                let page = try await client.list(Keys.List.Params(brandId: brandID, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: keys)) {
                guard !keys.isEmpty else {
                    let create = suite.command("keys create --brand BRAND --name NAME --scope '*:*'")
                    return "No keys yet. Make one: \(create)\n"
                }
                return KeysCommand.table(keys).text(width: Terminal.width)
            }
        }
    }

    struct Revoke: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key useless from the moment this returns.",
            discussion: """
                EXAMPLE
                  gyre keys revoke 01930000-0000-7000-8000-000000000021 --reason leaked
                """)

        @Argument(help: "The key's id, as `gyre keys list` shows it.")
        var id: UUIDv7

        @Option(help: "Why; kept in the audit trail.")
        var reason: String?

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let revocation = try await Keys.Client(try suite.admin()).revoke(Keys.Revoke.Params(id: id, reason: reason))
            output.show(revocation) { "Revoked at \(revocation.revokedAt): the key opens nothing any more.\n" }
        }
    }

    static func table(_ keys: [Key]) -> TextTable {
        var table = TextTable([
            .init("KEY"), .init("NAME"), .init("BRAND"), .init("SCOPES"), .init("UNITS/S", .right),
            .init("REQUESTS", .right), .init("LAST USED"), .init("STATUS"), .init("BEGINS WITH"),
        ])
        for key in keys {
            table.add([
                key.id.description, key.name, key.brandId.description, key.scopes.joined(separator: " "),
                key.ratePerSecond.grouped, key.requests.grouped, key.lastUsedAt?.description ?? "never",
                key.status.rawValue, "gy_\(key.mode.rawValue)_\(key.kid)_…",
            ])
        }
        return table
    }
}
