import ArgumentParser
import ExperimentsAPI
import JSON
import JSONRPC

/// `gyre flows`
struct FlowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flows", abstract: "Keeps flows, state machines for conversations, in versions that never change.",
        subcommands: [List.self, Add.self, Show.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists versions of flows, oldest first.",
            discussion: """
                EXAMPLES
                  gyre flows
                  gyre flows list onboarding
                """)

        @Argument(help: "Only this flow's.")
        var name: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Flows.Client(try await caller.connect(suite))
            let flows = try await allPages { [name] cursor throws(RPCError) in
                let page = try await client.list(Flows.List.Params(name: name, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: flows)) {
                guard !flows.isEmpty else {
                    return "No flows yet. Write one: \(caller.command("flows add NAME FILE", suite))\n"
                }
                var table = TextTable([
                    .init("FLOW"), .init("BEGINS"), .init("STATES", .right), .init("TRANSITIONS", .right),
                    .init("HASH"), .init("ID"),
                ])
                for flow in flows {
                    table.add([
                        flow.flowId, flow.initialState, flow.states.count.grouped, flow.transitions.count.grouped,
                        String(flow.hash.prefix(12)), flow.id.description,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Add: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Writes the next version of a flow, from a JSON file; the same content again is the same version.",
            discussion: """
                The file has `initialState`, `states` and `transitions`:

                  {"initialState": "welcome",
                   "states": [{"name": "welcome"}, {"name": "done", "isTerminal": true}],
                   "transitions": [{"from": "welcome", "event": "answered", "to": "done"}]}

                EXAMPLE
                  gyre flows add onboarding onboarding.json
                """)

        @Argument(help: "The flow's name.")
        var name: String

        @Argument(help: "The flow as JSON; - for standard input.", completion: .file())
        var file: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let params = try Self.params(name: name, text: try TextInput.read(file), file: file)
            let flow = try await Flows.Client(try await caller.connect(suite)).create(params)
            output.show(flow) { FlowsCommand.steps(flow) }
        }

        /// The flow that a file says, under a name.
        static func params(name: String, text: String, file: String) throws(CommandFailure) -> Flows.Create.Params {
            do {
                var object = try JSONObject(json: text)
                object["name"] = .string(name)
                return try Flows.Create.Params(json: JSONRaw(object).bytes)
            } catch {
                throw CommandFailure(
                    "\(file) is no flow: \(error.pointer.isEmpty ? "it" : error.pointer) \(error.message).",
                    remedy: "gyre flows add --help shows one.")
            }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the steps of a flow.",
            discussion: """
                EXAMPLES
                  gyre flows show onboarding       # the newest version
                  gyre flows show onboarding_v1
                """)

        @Argument(help: "The flow's name, or its name and version.")
        var flow: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Flows.Client(try await caller.connect(suite))
            let found: FlowVersion
            do throws(RPCError) {
                found = try await client.get(Flows.Get.Params(flowId: flow))
            } catch {
                guard error.code == RPCError.Code.notFound || error.code == RPCError.Code.invalidParams else {
                    throw error
                }
                found = try await client.get(Flows.Get.Params(name: flow))
            }
            output.show(found) { FlowsCommand.steps(found) }
        }
    }

    static func steps(_ flow: FlowVersion) -> String {
        var table = TextTable([.init("FROM"), .init("EVENT"), .init("TO"), .init("WHEN")])
        for transition in flow.transitions {
            table.add([transition.from, transition.event, transition.to, transition.condition?.description])
        }
        let ends = flow.states.filter(\.isTerminal).map(\.name).joined(separator: ", ")
        return "\(flow.flowId) begins at \(flow.initialState) and ends at \(ends).\n"
            + (flow.transitions.isEmpty ? "" : table.text(width: Terminal.width))
    }
}
