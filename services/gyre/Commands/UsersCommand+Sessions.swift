import ArgumentParser
import JSON
import JSONRPC
import TenancyAPI

extension UsersCommand {
    struct SessionsOf: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "sessions", abstract: "Lists where you are signed in, oldest first.",
            discussion: """
                Speaks as you: the token that `gyre users sign-in` printed is the key.

                EXAMPLE
                  gyre users sessions --key gy_sess_…
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let sessions = try await Sessions.Client(try await caller.connect(suite)).list(Sessions.List.Params()).items
            output.show(WholeList(items: sessions)) {
                var table = TextTable([.init("SESSION"), .init("BEGAN"), .init("ENDS"), .init("ASKED FOR")])
                for session in sessions {
                    table.add([
                        "\(session.id)", "\(session.createdAt)", "\(session.expiresAt)",
                        session.scopes.isEmpty ? "all that the role may" : session.scopes.joined(separator: " "),
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct EndSession: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "end-session",
            abstract: "Ends one of your sessions: its token is useless from the moment this returns.",
            discussion: """
                EXAMPLE
                  gyre users end-session 019a0000-0000-7000-8000-000000000001 --key gy_sess_…
                """)

        @Argument(help: "The session's id, as `gyre users sessions` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await Sessions.Client(try await caller.connect(suite)).end(Sessions.End.Params(id: id))
            output.show(reply) { "Ended at \(reply.endedAt).\n" }
        }
    }
}
