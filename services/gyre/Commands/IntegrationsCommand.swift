import ArgumentParser
import JSON
import JSONRPC
import TenancyAPI

/// `gyre integrations`
struct IntegrationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "integrations", abstract: "Connects a brand to systems of others.",
        subcommands: [Create.self, List.self, Delete.self], defaultSubcommand: List.self)

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an integration; its credentials are read from standard input, as a JSON object of texts.",
            discussion: """
                Credentials are sealed, and nothing shows them again. They come from standard input, so that they stay
                out of the shell's history.

                EXAMPLE
                  gyre integrations create smtp newsletter --brand 'Corner Shop' < credentials.json
                """)

        @Argument(help: "What it connects to, such as smtp or webhook.")
        var kind: String

        @Argument(help: "What people call it.")
        var name: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            var text = ""
            while let line = readLine(strippingNewline: false) { text += line }
            guard let credentials = try? [String: String](json: text) else {
                throw CommandFailure(
                    "Standard input is no JSON object of texts.",
                    remedy: "Give it like this: {\"user\": \"…\", \"password\": \"…\"}")
            }
            let client = Integrations.Client(try await caller.connect(suite))
            let made = try await client.create(
                Integrations.Create.Params(kind: kind, name: name, credentials: credentials))
            output.show(made) { IntegrationsCommand.table([made]) }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's integrations, without their credentials.",
            discussion: """
                EXAMPLE
                  gyre integrations list --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Integrations.Client(try await caller.connect(suite))
            let integrations = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Integrations.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: integrations)) {
                integrations.isEmpty ? "No integrations yet.\n" : IntegrationsCommand.table(integrations)
            }
        }
    }

    struct Delete: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes an integration with its credentials.",
            discussion: """
                EXAMPLE
                  gyre integrations delete 019a0000-0000-7000-8000-000000000001
                """)

        @Argument(help: "The integration's id, as `gyre integrations list` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Integrations.Client(try await caller.connect(suite))
            let reply = try await client.delete(Integrations.Delete.Params(id: id))
            output.show(reply) { "Deleted at \(reply.deletedAt).\n" }
        }
    }

    static func table(_ integrations: [Integration]) -> String {
        var table = TextTable([.init("INTEGRATION"), .init("KIND"), .init("NAME"), .init("CREATED")])
        for integration in integrations {
            table.add([
                integration.id.description, integration.kind, integration.name, integration.createdAt.description,
            ])
        }
        return table.text(width: Terminal.width)
    }
}
