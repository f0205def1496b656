import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// `gyre metrics`
struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Defines what experiments measure.",
        discussion: """
            FIRST STEPS
              gyre metrics create orders.yaml
              gyre experiments plan checkout plan.yaml    # measure it in an experiment
            """,
        subcommands: [List.self, Create.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the metrics.",
            discussion: """
                EXAMPLE
                  gyre metrics list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = MetricDefinitions.Client(try await caller.connect(suite))
            let metrics = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(MetricDefinitions.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: metrics)) {
                guard !metrics.isEmpty else {
                    return "No metrics. Define one: \(caller.command("metrics create FILE.yaml", suite))\n"
                }
                var table = TextTable([
                    .init("METRIC"), .init("NAME"), .init("KIND"), .init("EVENT"), .init("FROM"), .init("VALUE"),
                ])
                for metric in metrics where !metric.isArchived {
                    table.add([
                        metric.key, metric.name, metric.kind.rawValue, metric.event, metric.source.rawValue,
                        metric.valueField,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Defines a metric as a file of YAML or JSON says.",
            discussion: """
                The file has the parameters of metricDefinitions.create.

                EXAMPLE
                  gyre metrics create spend.yaml

                  key: spend
                  name: What a customer spends in a week
                  kind: mean
                  event: Order Completed
                  source: signals
                  valueField: revenue
                  windowSeconds: 604800
                  lookBackSeconds: 2592000
                """)

        @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let document = try MappingFile.read(file)
            let client = try await caller.connect(suite)
            let bytes: [UInt8]
            do throws(RPCError) {
                bytes = try await client.call(
                    MetricDefinitions.Create.method.name, params: document.json.json(), context: nil)
            } catch {
                throw document.failure(of: error, under: "/params") ?? error as any Error
            }
            let metric = try MetricInfo(json: bytes)
            output.show(metric) { "The metric \(metric.key) is defined; what it counts is never changed.\n" }
        }
    }
}
