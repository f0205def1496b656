import ArgumentParser
import GatewayAPI
import JSON
import JSONRPC

extension PrivacyCommand {
    struct Callbacks: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the changes of privacy requests that were or will be told to others, newest first.",
            discussion: """
                A change that nobody took is told again for three days, and then given up; `gyre privacy resend` \
                tells it anew.

                EXAMPLES
                  gyre privacy callbacks --brand 'Corner Shop' --state waiting
                  gyre privacy callbacks --request 01930000-0000-7000-8000-000000000051
                """)

        @Option(help: "Only those of this request.")
        var request: UUIDv7?

        @Option(help: "Only those that are so far.")
        var state: CallbackState?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = PrivacyCallbacks.Client(try await caller.connect(suite))
            let callbacks = try await allPages { [request, state] cursor throws(RPCError) in
                let page = try await client.list(
                    PrivacyCallbacks.List.Params(cursor: cursor, requestId: request, state: state))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: callbacks)) {
                callbacks.isEmpty
                    ? "Nothing was or is to be told.\n" : Self.table(callbacks).text(width: Terminal.width)
            }
        }

        static func table(_ callbacks: [PrivacyCallback]) -> TextTable {
            var table = TextTable([
                .init("NUMBER", .right), .init("REQUEST"), .init("STATUS"), .init("TO"), .init("STATE"),
                .init("TRIED", .right),
                .init("NEXT OR END"), .init("PROBLEM"),
            ])
            for callback in callbacks {
                table.add([
                    callback.number.grouped, callback.requestId.description, callback.status.rawValue, callback.origin,
                    callback.state == .givenUp ? "given up" : callback.state.rawValue, callback.attempts.grouped,
                    (callback.endedAt ?? callback.nextAttemptAt)?.description, callback.problem,
                ])
            }
            return table
        }
    }

    struct Resend: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells others again what was given up of a privacy request.",
            discussion: """
                The same changes in the same words, signed alike, for three days more. Possible for 30 days after \
                they were given up: then it is forgotten where to tell them.

                EXAMPLES
                  gyre privacy resend 01930000-0000-7000-8000-000000000051
                  gyre privacy resend 01930000-0000-7000-8000-000000000051 --number 7
                """)

        @Argument(help: "The request, as `gyre privacy callbacks --state givenUp` shows it.")
        var request: UUIDv7

        @Option(help: "Only the callback with this number.")
        var number: Int?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = PrivacyCallbacks.Client(try await caller.connect(suite))
            let reply = try await client.resend(PrivacyCallbacks.Resend.Params(requestId: request, number: number))
            output.show(reply) { Callbacks.table(reply.items).text(width: Terminal.width) }
        }
    }
}
