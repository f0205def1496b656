public import ArgumentParser
import JSON
import JSONRPC
import ServiceContract
public import SignalsAPI

/// `gyre recipients`
struct RecipientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipients",
        abstract: "Keeps the outside parties to whom people's data is given.",
        subcommands: [List.self, Add.self, Change.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists a brand's recipients, oldest first.",
            discussion: """
                EXAMPLE
                  gyre recipients list --brand 'Corner Shop'
                """)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Recipients.Client(try await caller.connect(suite))
            let recipients = try await allPages { cursor throws(RPCError) in
                let page = try await client.list(Recipients.List.Params(cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: recipients)) {
                recipients.isEmpty
                    ? "Nobody's data was given to anybody yet.\n"
                    : RecipientsCommand.table(recipients).text(width: Terminal.width)
            }
        }
    }

    struct Add: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Records an outside party to whom people's data is given.",
            discussion: """
                With --notices, it is told by itself when somebody's data is erased, corrected or restricted; without, \
                `gyre privacy notices` says whom to tell.

                EXAMPLES
                  gyre recipients add 'Northern Laboratory' --kind controller --address '1 Harbour Road, Springfield' \\
                      --notices https://lab.example/notices
                  gyre recipients add Mailer --kind processor --contact privacy@mailer.example --brand 'Corner Shop'
                """)

        @Argument(help: "Their name.")
        var name: String

        @Option(help: "What they are.")
        var kind: RecipientKind

        @Option(help: "Their postal address.")
        var address: String?

        @Option(help: "How to reach them, for notices by hand.")
        var contact: String?

        @Option(name: .customLong("notices"), help: ArgumentHelp("Where notices are sent, signed.", valueName: "url"))
        var noticeURL: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let recipient = try await Recipients.Client(try await caller.connect(suite)).create(
                Recipients.Create.Params(
                    name: name, kind: kind, address: address, contact: contact, noticeUrl: noticeURL))
            output.show(recipient) { RecipientsCommand.table([recipient]).text(width: Terminal.width) }
        }
    }

    struct Change: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a recipient; what is left out stays.",
            discussion: """
                EXAMPLES
                  gyre recipients change 01930000-0000-7000-8000-000000000061 --address '2 Harbour Road, Springfield'
                  gyre recipients change 01930000-0000-7000-8000-000000000061 --notices none
                """)

        @Argument(help: "The recipient's id, as `gyre recipients` shows it.")
        var id: UUIDv7

        @Option(help: "Their name.")
        var name: String?

        @Option(help: "What they are.")
        var kind: RecipientKind?

        @Option(help: "Their postal address, or none.")
        var address: Clearable<String> = .init(.keep)

        @Option(help: "How to reach them, or none.")
        var contact: Clearable<String> = .init(.keep)

        @Option(
            name: .customLong("notices"),
            help: ArgumentHelp("Where notices are sent, or none: by hand.", valueName: "url"))
        var noticeURL: Clearable<String> = .init(.keep)

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Recipients.Client(try await caller.connect(suite))
            let before = try await client.get(Recipients.Get.Params(id: id))
            let recipient = try await client.update(
                Recipients.Update.Params(
                    id: id, version: before.version, name: name, kind: kind, address: address.patch,
                    contact: contact.patch, noticeUrl: noticeURL.patch))
            output.show(recipient) { RecipientsCommand.table([recipient]).text(width: Terminal.width) }
        }
    }

    static func table(_ recipients: [Recipient]) -> TextTable {
        var table = TextTable([
            .init("RECIPIENT"), .init("NAME"), .init("KIND"), .init("NOTICES"), .init("CONTACT"), .init("ADDRESS"),
        ])
        for recipient in recipients {
            table.add([
                recipient.id.description, recipient.name, recipient.kind.rawValue, recipient.noticeUrl ?? "by hand",
                recipient.contact, recipient.address,
            ])
        }
        return table
    }
}

extension RecipientKind: ExpressibleByArgument {}
