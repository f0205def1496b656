import ArgumentParser
import JSON
import JSONRPC
import TenancyAPI

/// `gyre parameters`
struct ParametersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parameters", abstract: "Lists and sets settings of the whole installation.",
        subcommands: [List.self, Set.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what is set.",
            discussion: """
                EXAMPLE
                  gyre parameters list
                """)

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let parameters = try await ParametersCommand.all(SystemParameters.Client(try suite.admin()))
            output.show(WholeList(items: parameters)) {
                parameters.isEmpty ? "Nothing is set.\n" : ParametersCommand.table(parameters)
            }
        }
    }

    struct Set: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets one parameter, a JSON value.",
            discussion: """
                EXAMPLE
                  gyre parameters set newsletter.images true
                """)

        @Argument(help: "Its name.")
        var name: String

        @Argument(help: "Its value, as JSON: true, 12, '\"text\"'.")
        var value: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            guard let json = try? JSONRaw(validating: value) else {
                throw CommandFailure("'\(value)' is no JSON value.", remedy: "Put a text in quotes: '\"\(value)\"'")
            }
            let client = SystemParameters.Client(try suite.admin())
            let version = try await ParametersCommand.all(client).first { $0.name == name }?.version
            let parameter = try await client.set(
                SystemParameters.Set.Params(name: name, value: json, version: version))
            output.show(parameter) { ParametersCommand.table([parameter]) }
        }
    }

    static func all(_ client: SystemParameters.Client) async throws(RPCError) -> [SystemParameter] {
        try await allPages { cursor throws(RPCError) in
            let page = try await client.list(SystemParameters.List.Params(cursor: cursor))
            return (page.items, page.nextCursor)
        }
    }

    static func table(_ parameters: [SystemParameter]) -> String {
        var table = TextTable([.init("PARAMETER"), .init("VALUE"), .init("SET AT")])
        for parameter in parameters {
            table.add([parameter.name, parameter.value.description, parameter.updatedAt.description])
        }
        return table.text(width: Terminal.width)
    }
}
