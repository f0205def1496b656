import ArgumentParser
import GatewayAPI
import JSON
import JSONRPC

/// `gyre limits`
struct LimitsCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Shows the limits and quotas of a key, and how much is left of each.",
        discussion: """
            Without a key it shows the limits that all callers share. A key's own limits are set with `gyre keys \
            create` and `gyre keys update`, the others with GYRE_BRAND_RATE, GYRE_READ_RATE and their like.

            EXAMPLES
              gyre limits
              gyre limits 01930000-0000-7000-8000-000000000021
            """)

    @Argument(help: "The key's id, as `gyre keys list` shows it.")
    var key: UUIDv7?

    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func perform() async throws {
        let client = try suite.admin()
        let standings = try await GatewayAPI.Limits.Client(client).get(
            GatewayAPI.Limits.Get.Params(keyId: key), for: CallContext(principal: "admin"))
        await client.close()
        output.show(standings) {
            Self.table(standings).text(width: Terminal.width)
        }
    }

    private static func table(_ standings: LimitStandings) -> TextTable {
        var table = TextTable([
            .init("LIMIT"), .init("LEFT", .right), .init("OF", .right), .init("COMES BACK"),
        ])
        for limit in standings.limits {
            table.add([
                limit.policy, limit.remaining.grouped, limit.burst.grouped, "\(limit.ratePerSecond.grouped) a second",
            ])
        }
        for quota in standings.quotas {
            table.add([quota.policy, quota.remaining.grouped, quota.units.grouped, "\(quota.resetsAt)"])
        }
        return table
    }
}
