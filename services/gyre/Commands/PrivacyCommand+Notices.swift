import ArgumentParser
import CommonAPI
import GatewayAPI
import JSON
import JSONRPC

extension PrivacyCommand {
    struct Notices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "notices",
            abstract: "Shows who is told that a person's data was erased, corrected or restricted.",
            subcommands: [List.self, Sent.self], defaultSubcommand: List.self)

        struct List: SuiteCommand {
            static let configuration = CommandConfiguration(
                abstract: "Lists notices to recipients of people's data, newest first.",
                discussion: """
                    A notice that nobody took is told again for three days, and then given up. Those that are byHand or \
                    givenUp are yours to send: `gyre privacy notices sent` crosses them out.

                    EXAMPLES
                      gyre privacy notices --brand 'Corner Shop' --state byHand
                      gyre privacy notices --request 01930000-0000-7000-8000-000000000051
                    """)

            @Option(help: "Only those of this request.")
            var request: UUIDv7?

            @Option(help: "Only those that are so far.")
            var state: NoticeState?

            @OptionGroup var caller: CallerOptions
            @OptionGroup var suite: SuiteOptions
            @OptionGroup var output: OutputOptions

            func perform() async throws {
                let client = PrivacyNotices.Client(try await caller.connect(suite))
                let notices = try await allPages { [request, state] cursor throws(RPCError) in
                    let page = try await client.list(
                        PrivacyNotices.List.Params(cursor: cursor, requestId: request, state: state))
                    return (page.items, page.nextCursor)
                }
                output.show(WholeList(items: notices)) {
                    notices.isEmpty
                        ? "Nobody was or is to be told.\n" : Notices.table(notices).text(width: Terminal.width)
                }
            }
        }

        struct Sent: SuiteCommand {
            static let configuration = CommandConfiguration(
                abstract: "Says that a notice was sent by hand, and forgets whom it is about.",
                discussion: """
                    EXAMPLE
                      gyre privacy notices sent 3 --brand 'Corner Shop'
                    """)

            @Argument(help: "The notice's number, as `gyre privacy notices` shows it.")
            var number: Int

            @OptionGroup var caller: CallerOptions
            @OptionGroup var suite: SuiteOptions
            @OptionGroup var output: OutputOptions

            func perform() async throws {
                let sent = try await PrivacyNotices.Client(try await caller.connect(suite)).markSent(
                    PrivacyNotices.MarkSent.Params(number: number))
                output.show(sent) { Notices.table([sent]).text(width: Terminal.width) }
            }
        }

        static func table(_ notices: [PrivacyNotice]) -> TextTable {
            var table = TextTable([
                .init("NUMBER", .right), .init("KIND"), .init("TO"), .init("STATE"), .init("ABOUT"), .init("REACH"),
                .init("TRIED", .right), .init("NEXT OR END"), .init("PROBLEM"),
            ])
            for notice in notices {
                let about =
                    (notice.references ?? []) + (notice.identifiers ?? []).map { "\($0.type)=\($0.value)" }
                    + (notice.actorIds ?? []).map(\.description)
                table.add([
                    notice.number.grouped, notice.kind.rawValue, notice.recipient, word(notice.state),
                    about.joined(separator: ", "), notice.origin ?? notice.contact ?? notice.address,
                    notice.attempts.grouped, (notice.endedAt ?? notice.nextAttemptAt)?.description, notice.problem,
                ])
            }
            return table
        }

        static func word(_ state: NoticeState) -> String {
            switch state {
            case .queued: "queued"
            case .delivered: "delivered"
            case .givenUp: "given up"
            case .byHand: "by hand"
            }
        }
    }
}
