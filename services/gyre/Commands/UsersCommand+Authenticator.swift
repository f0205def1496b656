import ArgumentParser
import JSON
import JSONRPC
import TenancyAPI

extension UsersCommand {
    /// `gyre users authenticator`
    struct Authenticator: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pairs you with an authenticator app, whose code signing in takes from then on.",
            subcommands: [Enroll.self, Confirm.self, Remove.self])

        struct Enroll: SuiteCommand {
            static let configuration = CommandConfiguration(
                abstract: "Shows what to give to the app; it counts once a code has confirmed it.",
                discussion: """
                    EXAMPLE
                      gyre users authenticator enroll --key gy_sess_…
                    """)

            @OptionGroup var caller: CallerOptions
            @OptionGroup var suite: SuiteOptions
            @OptionGroup var output: OutputOptions

            func perform() async throws {
                let client = Authenticators.Client(try await caller.connect(suite))
                let reply = try await client.enroll(Authenticators.Enroll.Params())
                output.show(reply) {
                    """
                    \(reply.secret)
                    \(reply.uri)

                    Give either to the app, then the code that it shows:
                      gyre users authenticator confirm CODE

                    """
                }
            }
        }

        struct Confirm: SuiteCommand {
            static let configuration = CommandConfiguration(
                abstract: "Pairs you with the app that shows this code, and shows recovery codes, this once.",
                discussion: """
                    EXAMPLE
                      gyre users authenticator confirm 493021 --key gy_sess_…
                    """)

            @Argument(help: "What the app shows.")
            var code: String

            @OptionGroup var caller: CallerOptions
            @OptionGroup var suite: SuiteOptions
            @OptionGroup var output: OutputOptions

            var needsNoKey: Bool { true }

            func perform() async throws {
                let client = Authenticators.Client(try await caller.connect(suite))
                let reply = try await client.confirm(Authenticators.Confirm.Params(code: code))
                output.show(reply) {
                    reply.recoveryCodes.map { $0 + "\n" }.joined()
                        + "\nEach takes the place of a code once. Keep them where the app is not.\n"
                }
            }
        }

        struct Remove: SuiteCommand {
            static let configuration = CommandConfiguration(
                abstract: "Takes the app away, and the recovery codes with it.",
                discussion: """
                    EXAMPLE
                      gyre users authenticator remove 493021 --key gy_sess_…
                    """)

            @Argument(help: "A code of the app, or a recovery code.")
            var code: String

            @OptionGroup var caller: CallerOptions
            @OptionGroup var suite: SuiteOptions
            @OptionGroup var output: OutputOptions

            var needsNoKey: Bool { true }

            func perform() async throws {
                let client = Authenticators.Client(try await caller.connect(suite))
                let reply = try await client.remove(Authenticators.Remove.Params(code: code))
                output.show(reply) { "Since \(reply.removedAt) the password alone signs you in.\n" }
            }
        }
    }
}
