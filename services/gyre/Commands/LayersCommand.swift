import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre layers`
struct LayersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "layers", abstract: "Makes and shows layers, whose experiments exclude each other.",
        subcommands: [List.self, Create.self, Show.self, Archive.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the layers in use.",
            discussion: """
                EXAMPLE
                  gyre layers list
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Layers.Client(try await caller.connect(suite))
            let layers = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Layers.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: layers)) {
                guard !layers.isEmpty else {
                    return "No layers. Make one: \(caller.command("layers create KEY", suite))\n"
                }
                var table = TextTable([.init("KEY"), .init("NAME"), .init("FREE", .right), .init("EXPERIMENTS")])
                for layer in layers {
                    table.add([
                        layer.key, layer.name, layer.free.asPercent,
                        layer.slots.map { "\($0.experiment) \($0.share.asPercent)" }.joined(separator: ", "),
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a layer.",
            discussion: """
                An experiment takes part in it with `slot: {layer: KEY, share: 2500}` in its file, which is a quarter.

                EXAMPLE
                  gyre layers create checkout-page --name 'The checkout page'
                """)

        @Argument(help: "What experiments name.")
        var key: String

        @Option(help: "What people read; else the key.")
        var name: String?

        @Option(name: .customLong("attribute"), help: "The attribute that names the unit.")
        var hashAttribute = "id"

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let layer = try await Layers.Client(try await caller.connect(suite)).create(
                Layers.Create.Params(key: key, name: name ?? key, hashAttribute: hashAttribute))
            output.show(layer) { LayersCommand.description(of: layer) }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whose the buckets of a layer are.",
            discussion: """
                EXAMPLE
                  gyre layers show front-page
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let layer = try await Layers.Client(try await caller.connect(suite)).get(Layers.Get.Params(key: key))
            output.show(layer) { LayersCommand.description(of: layer) }
        }
    }

    struct Archive: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a layer out of use that nothing uses.",
            discussion: """
                EXAMPLE
                  gyre layers archive front-page
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Layers.Client(try await caller.connect(suite))
            let before = try await client.get(Layers.Get.Params(key: key))
            let layer = try await client.archive(Layers.Archive.Params(id: before.id, version: before.version))
            output.show(layer) { "\(layer.key) is archived.\n" }
        }
    }

    /// A layer, and each range of its buckets.
    static func description(of layer: Layer) -> String {
        var table = TextTable([.init("BUCKETS"), .init("SHARE", .right), .init("EXPERIMENT")])
        let ranges = layer.slots.flatMap { slot in slot.ranges.map { (range: $0, experiment: slot.experiment) } }
        for (range, experiment) in ranges.sorted(by: { $0.range.lower < $1.range.lower }) {
            table.add([
                "\(range.lower) to \(range.upper - 1)", (range.upper - range.lower).asPercent, experiment,
            ])
        }
        let free = "\(layer.key): \(layer.free.asPercent) free.\n"
        return layer.slots.isEmpty ? free : free + "\n" + table.text(width: Terminal.width)
    }
}
