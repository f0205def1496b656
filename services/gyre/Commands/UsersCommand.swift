import ArgumentParser
import JSON
import JSONRPC
import TenancyAPI

/// `gyre users`
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users", abstract: "Invites, lists, changes and removes the staff of a brand, and signs them in.",
        subcommands: [
            Invite.self, Accept.self, SignIn.self, SessionsOf.self, EndSession.self, Authenticator.self, List.self,
            Update.self, Remove.self, Recover.self,
        ], defaultSubcommand: List.self)

    struct Invite: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Invites somebody to a brand and shows the token to give to them, this once.",
            discussion: """
                EXAMPLE
                  gyre users invite ada@example.org --role owner --brand 'Corner Shop'
                """)

        @Argument(help: "What they will sign in with.")
        var email: String

        @Option(help: "What they may do.")
        var role: Role

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Users.Client(try await caller.connect(suite))
            let invitation = try await client.invite(Users.Invite.Params(email: email, role: role))
            output.show(invitation) { UsersCommand.text(invitation, suite) }
        }
    }

    struct Accept: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes an invitation; the password is the first line of standard input.",
            discussion: """
                EXAMPLE
                  gyre users accept gy_invt_… --name Ada < password.txt
                """)

        @Argument(help: "The invitation's token.")
        var token: String

        @Option(help: "What people call you.")
        var name: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        var needsNoKey: Bool { true }

        func perform() async throws {
            let client = Users.Client(try suite.admin())
            let accepted = try await client.accept(
                Users.Accept.Params(token: token, name: name, password: try UsersCommand.readPassword()))
            output.show(accepted) {
                "Accepted. Sign in: \(suite.command("users sign-in EMAIL --brand \(accepted.brandId)"))\n"
            }
        }
    }

    struct SignIn: SuiteCommand {
        static let configuration = CommandConfiguration(
            commandName: "sign-in",
            abstract: "Signs a user in and shows the session's token, this once; the password is read from input.",
            discussion: """
                The token is used like an API key: GYRE_KEY=gy_sess_… gyre call signals.summarize

                EXAMPLE
                  gyre users sign-in ada@example.org --brand 'Corner Shop' < password.txt
                """)

        @Argument(help: "The address.")
        var email: String

        @Option(help: "Where to sign in, by id or name.")
        var brand: String

        @Option(help: "What the authenticator app shows, or a recovery code.")
        var code: String?

        @Option(name: .customLong("scope"), help: "All that the session is to be good for; none given: all you may.")
        var scopes: [String] = []

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        var needsNoKey: Bool { true }

        func perform() async throws {
            let client = Sessions.Client(try suite.admin())
            let session = try await client.create(
                Sessions.Create.Params(
                    brandId: try await suite.brandID(brand), email: email, password: try UsersCommand.readPassword(),
                    code: code, scopes: scopes))
            output.show(session) { "\(session.token)\n\nIt ends at \(session.record.expiresAt).\n" }
        }
    }

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the staff of a brand.",
            discussion: """
                EXAMPLE
                  gyre users list --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Users.Client(try await caller.connect(suite))
            let users = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Users.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: users)) { users.isEmpty ? "No users yet.\n" : UsersCommand.table(users) }
        }
    }

    struct Update: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a user another role or name.",
            discussion: """
                EXAMPLE
                  gyre users update 019a0000-0000-7000-8000-000000000001 --version 1 --role analyst
                """)

        @Argument(help: "The user's id, as `gyre users list` shows it.")
        var id: UUIDv7

        @Option(help: "The version that it was read at, as `gyre users list` shows it.")
        var version: Int

        @Option(help: "What they may do.")
        var role: Role?

        @Option(help: "What people call them.")
        var name: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Users.Client(try await caller.connect(suite))
            let user = try await client.update(
                Users.Update.Params(id: id, version: version, name: name, role: role))
            output.show(user) { UsersCommand.table([user]) }
        }
    }

    struct Remove: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a user, who is signed out from the moment this returns.",
            discussion: """
                EXAMPLE
                  gyre users remove 019a0000-0000-7000-8000-000000000001
                """)

        @Argument(help: "The user's id, as `gyre users list` shows it.")
        var id: UUIDv7

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Users.Client(try await caller.connect(suite))
            let reply = try await client.remove(Users.Remove.Params(id: id))
            output.show(reply) { "Removed at \(reply.removedAt).\n" }
        }
    }

    struct Recover: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets somebody in again who lost password or authenticator; for who runs the suite.",
            discussion: """
                EXAMPLE
                  gyre users recover 01930000-0000-7000-8000-000000000051 --brand 'Corner Shop'
                """)

        @Argument(help: "The user's id, as `gyre users list` shows it.")
        var id: UUIDv7

        @Option(help: "The user's brand, by id or name.")
        var brand: String

        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Users.Client(try suite.admin(brand: try await suite.brandID(brand)))
            let invitation = try await client.recover(Users.Recover.Params(id: id))
            output.show(invitation) { UsersCommand.text(invitation, suite) }
        }
    }

    static func text(_ invitation: Invitation, _ suite: SuiteOptions) -> String {
        """
        \(invitation.token)

        Give it to them: nothing in Gyre can show it again. It is good until \(invitation.expiresAt).
        They take it: \(suite.command("users accept TOKEN --name NAME"))

        """
    }

    static func readPassword() throws(CommandFailure) -> String {
        guard let line = readLine(), !line.isEmpty else {
            throw CommandFailure("There is no password.", remedy: "Give it as the first line of standard input.")
        }
        return line
    }

    static func table(_ users: [User]) -> String {
        var table = TextTable([
            .init("USER"), .init("E-MAIL"), .init("NAME"), .init("ROLE"), .init("STATUS"), .init("AUTHENTICATOR"),
            .init("VERSION", .right),
        ])
        for user in users {
            table.add([
                user.id.description, user.email, user.name, user.role.rawValue, user.status.rawValue,
                user.hasAuthenticator ? "yes" : "no", "\(user.version)",
            ])
        }
        return table.text(width: Terminal.width)
    }
}
