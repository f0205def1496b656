import ArgumentParser
import Glibc
import JSON
import JSONRPC

/// `gyre call`
struct CallCommand: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Calls any method and prints its reply.",
        discussion: """
            Speaks as everybody does, with a key, when there is one and neither --admin nor --brand is given; else \
            through the platform's own door, as do methods that are for that door only. gyre methods lists them all.

            EXAMPLES
              gyre call rpc.discover
              gyre call signals.summarize '{"by": "month"}'
              gyre call signals.track '{"event": "Signed Up", "userId": "00001"}'
              gyre call actors.count --brand 'Corner Shop'
              gyre call signals.batch - < batch.json
              gyre call signals.batch @batch.json --json
            """)

    @Argument(help: "The method, such as signals.track.", completion: .list(ContractMethods.names))
    var method: String

    @Argument(help: "Its parameters as a JSON object; - reads standard input, @FILE a file.")
    var parameters = "{}"

    @Flag(help: "Use the platform's own door, for the user who runs the suite.")
    var admin = false

    @Option(
        help: ArgumentHelp(
            "Names the effect: a repetition within 24 hours gets the first reply again.", valueName: "name"))
    var idempotencyKey: String?

    @OptionGroup var caller: CallerOptions
    @OptionGroup var suite: SuiteOptions
    @OptionGroup var output: OutputOptions

    func perform() async throws {
        let params = try readParameters()
        let context = idempotencyKey.map { CallContext(principal: "admin", idempotencyKey: $0) }
        let reply = try await connect().call(method, params, context: context, returning: JSONValue.self)
        output.show(reply) { reply.pretty(width: Terminal.width ?? 100).withoutTerminalControl + "\n" }
    }

    private func connect() async throws -> SuiteClient {
        if caller.brand != nil { return try await caller.connect(suite) }
        if admin || (caller.key == nil && ContractMethods.isForAdminOnly(method)) { return try suite.admin() }
        if let client = try suite.gateway(key: caller.key) { return client }
        return try suite.admin()
    }

    private func readParameters() throws -> JSONValue {
        let value: JSONValue
        do {
            if parameters == "-" || parameters.hasPrefix("@") {
                let path = parameters == "-" ? "/dev/stdin" : String(parameters.dropFirst())
                guard let bytes = SmallFile.read(path) else {
                    throw CommandFailure("\(path) cannot be read: \(lastSystemError).")
                }
                value = try JSONValue(parsing: bytes)
            } else {
                value = try JSONValue(json: parameters)
            }
        } catch let error as JSONError {
            throw CommandFailure(
                "The parameters are no valid JSON: byte \(error.offset) \(error.message).",
                remedy: "Put them into single quotes: '{\"by\": \"month\"}'")
        }
        guard value.object != nil else { throw CommandFailure("Parameters are a JSON object: {\"name\": value, …}") }
        return value
    }
}
