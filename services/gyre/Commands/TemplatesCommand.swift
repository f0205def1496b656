import ArgumentParser
import JSON
import JSONRPC
import StimuliAPI

/// `gyre templates`
struct TemplatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "templates", abstract: "Keeps the sources of messages, in versions that never change.",
        subcommands: [List.self, Add.self, Show.self, Preview.self], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists versions of templates, oldest first.",
            discussion: """
                EXAMPLES
                  gyre templates
                  gyre templates list spring
                """)

        @Argument(help: "Only of this template.")
        var key: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Templates.Client(try await caller.connect(suite))
            let templates = try await allPages { [key] cursor throws(RPCError) in
                let page = try await client.list(Templates.List.Params(key: key, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: templates)) {
                templates.isEmpty
                    ? "No templates. Write one: \(caller.command("templates add KEY FILE", suite))\n"
                    : TemplatesCommand.table(templates).text(width: Terminal.width)
            }
        }
    }

    struct Add: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the next version of a template, from a file; the same content again is the same version.",
            discussion: """
                The language is Mustache's. Names begin with person., offer. or campaign.: {{person.firstName}} is a \
                trait. A name without a value holds a message back; a section goes without:
                {{#person.firstName}}Dear {{person.firstName}}{{/person.firstName}}.

                EXAMPLES
                  gyre templates add spring spring.txt --subject 'Spring, {{person.firstName}}'
                  gyre templates add spring-mail spring.html --channel email --html --subject 'Spring is here'
                """)

        @Argument(help: "The template's key.")
        var key: String

        @Argument(help: "The message, in UTF-8; - for standard input.", completion: .file())
        var file: String

        @Option(help: "Where its messages go.")
        var channel = Channel.mailbox

        @Option(help: "What stands above it; a template too.")
        var subject: String?

        @Flag(help: "It is HTML: values are written with the characters that mean something in it replaced.")
        var html = false

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let template = try await Templates.Client(try await caller.connect(suite)).create(
                Templates.Create.Params(
                    key: key, channel: channel, body: try TextInput.read(file), subject: subject,
                    contentType: html ? .html : .text))
            output.show(template) { TemplatesCommand.table([template]).text(width: Terminal.width) }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the source of a template.",
            discussion: """
                EXAMPLES
                  gyre templates show spring
                  gyre templates show spring 1
                """)

        @Argument(help: "The template's key.")
        var key: String

        @Argument(help: "The version's number; else the newest.")
        var version: Int?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let template = try await Templates.Client(try await caller.connect(suite)).get(
                Templates.Get.Params(key: key, version: version))
            output.show(template) { TemplatesCommand.message(template.subject, template.body) }
        }
    }

    struct Preview: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the message as some people would get it, and sends nothing.",
            discussion: """
                EXAMPLE
                  gyre templates preview spring 01930000-0000-7000-8000-000000000071 --offer spring-10
                """)

        @Argument(help: "The template's key.")
        var key: String

        @Argument(help: ArgumentHelp("People, by id, as `gyre call actors.list` shows them.", valueName: "person"))
        var people: [UUIDv7]

        @Option(help: "The version's number; else the newest.")
        var version: Int?

        @Option(help: "The offer that it speaks of, by key.")
        var offer: String?

        @Option(help: "The campaign that it is for, by key.")
        var campaign: String?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let reply = try await Templates.Client(try await caller.connect(suite)).preview(
                Templates.Preview.Params(
                    actorIds: people, key: key, version: version, offer: offer, campaign: campaign))
            output.show(reply) {
                guard !reply.items.isEmpty else { return "None of them is here, or may be written to.\n" }
                return reply.items.map { preview in
                    let text =
                        preview.missing.isEmpty
                        ? TemplatesCommand.message(preview.subject, preview.body ?? "")
                        : "Not sent: there is no \(preview.missing.joined(separator: ", ")).\n"
                    return "── \(preview.actorId)\n" + text
                }.joined(separator: "\n")
            }
        }
    }

    private static func message(_ subject: String?, _ body: String) -> String {
        let head = subject.map { $0.withoutTerminalControl + "\n\n" } ?? ""
        return head + body.withoutTerminalControl + (body.hasSuffix("\n") ? "" : "\n")
    }

    static func table(_ templates: [Template]) -> TextTable {
        var table = TextTable([
            .init("TEMPLATE"), .init("VERSION", .right), .init("CHANNEL"), .init("SUBJECT"), .init("OF A PERSON"),
            .init("ID"),
        ])
        for template in templates {
            table.add([
                template.key, template.version.description, template.channel.rawValue, template.subject,
                template.fields.joined(separator: ", "), template.id.description,
            ])
        }
        return table
    }
}
