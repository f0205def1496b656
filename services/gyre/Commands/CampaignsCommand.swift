import ArgumentParser
import JSON
import JSONRPC
import ServiceContract
import StimuliAPI

/// `gyre campaigns`
struct CampaignsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaigns", abstract: "Plans who gets what, when, and within which limits.",
        subcommands: [
            List.self, Create.self, Show.self, Update.self, Approve.self, Reopen.self, Archive.self,
        ], defaultSubcommand: List.self)

    struct List: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists campaigns, oldest first.",
            discussion: """
                EXAMPLES
                  gyre campaigns
                  gyre campaigns list --status approved
                """)

        @Option(help: "Only those; else all but archived ones.")
        var status: CampaignStatus?

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Campaigns.Client(try await caller.connect(suite))
            let campaigns = try await allPages { [status] cursor throws(RPCError) in
                let page = try await client.list(Campaigns.List.Params(status: status, cursor: cursor))
                return (page.items, page.nextCursor)
            }
            output.show(WholeList(items: campaigns)) {
                guard !campaigns.isEmpty else {
                    return "No campaigns. Plan one: \(caller.command("campaigns create FILE.yaml", suite))\n"
                }
                var table = TextTable([
                    .init("CAMPAIGN"), .init("NAME"), .init("STATUS"), .init("AUDIENCE"), .init("ARMS"),
                    .init("HELD OUT", .right),
                ])
                for campaign in campaigns {
                    table.add([
                        campaign.key, campaign.name, campaign.status.rawValue, campaign.audience.words,
                        campaign.arms.map { "\($0.key) \($0.share.asPercent)" }.joined(separator: ", "),
                        campaign.holdout.asPercent,
                    ])
                }
                return table.text(width: Terminal.width)
            }
        }
    }

    struct Create: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a draft of what a file of YAML or JSON says.",
            discussion: """
                The file has the parameters of campaigns.create. Shares are ten-thousandths of the audience; those of \
                the arms and of the holdout are 10000 together. A template is named by its key, which means the newest \
                version now, by key@version, or by id.

                EXAMPLE
                  gyre campaigns create spring.yaml

                  key: spring
                  name: Spring for regulars
                  category: retention
                  audience: {include: [regulars], exclude: [staff]}
                  channels: [mailbox]
                  holdout: 2000
                  arms:
                    - {key: ten-percent, share: 8000, offer: spring-10, templates: [spring]}
                  limits: {budget: "500", currency: USD, costPerMessage: "0.05", minimumDaysBetween: 3}
                  quietHours: {from: "21:00", until: "08:00"}
                  outcome: {event: order, windowDays: 14}
                """)

        @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let campaign = try await CampaignFile(path: file).send(
                Campaigns.Create.method.name, through: try await caller.connect(suite))
            output.show(campaign) {
                """
                \(CampaignsCommand.description(of: campaign))
                Next, answer for it:
                  \(caller.command("campaigns approve \(campaign.key)", suite))

                """
            }
        }
    }

    struct Show: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says all of one campaign.",
            discussion: """
                EXAMPLE
                  gyre campaigns show spring
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let campaign = try await Campaigns.Client(try await caller.connect(suite)).get(
                Campaigns.Get.Params(key: key))
            output.show(campaign) { CampaignsCommand.description(of: campaign) }
        }
    }

    struct Update: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a draft as a file says; what is left out stays.",
            discussion: """
                EXAMPLE
                  gyre campaigns update spring changes.yaml

                  holdout: 1000
                  arms:
                    - {key: ten-percent, share: 9000, offer: spring-10, templates: [spring@2]}
                """)

        @Argument(help: "Its key.")
        var key: String

        @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = try await caller.connect(suite)
            let old = try await Campaigns.Client(client).get(Campaigns.Get.Params(key: key))
            let campaign = try await CampaignFile(path: file).send(
                Campaigns.Update.method.name,
                with: ["id": .string("\(old.id)"), "version": .number(JSONNumber(old.version))], through: client)
            output.show(campaign) { CampaignsCommand.description(of: campaign) }
        }
    }

    struct Approve: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Answers for a draft: from now on it does not change.",
            discussion: """
                EXAMPLE
                  gyre campaigns approve spring
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Campaigns.Client(try await caller.connect(suite))
            let old = try await client.get(Campaigns.Get.Params(key: key))
            let campaign = try await client.approve(Campaigns.Approve.Params(id: old.id, version: old.version))
            output.show(campaign) { "\(campaign.key) is approved by \(campaign.approvedBy ?? "").\n" }
        }
    }

    struct Reopen: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a draft of an approved campaign again.",
            discussion: """
                EXAMPLE
                  gyre campaigns reopen spring
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Campaigns.Client(try await caller.connect(suite))
            let old = try await client.get(Campaigns.Get.Params(key: key))
            let campaign = try await client.reopen(Campaigns.Reopen.Params(id: old.id, version: old.version))
            output.show(campaign) { "\(campaign.key) is a draft again.\n" }
        }
    }

    struct Archive: SuiteCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a campaign out of sight.",
            discussion: """
                EXAMPLE
                  gyre campaigns archive spring
                """)

        @Argument(help: "Its key.")
        var key: String

        @OptionGroup var caller: CallerOptions
        @OptionGroup var suite: SuiteOptions
        @OptionGroup var output: OutputOptions

        func perform() async throws {
            let client = Campaigns.Client(try await caller.connect(suite))
            let old = try await client.get(Campaigns.Get.Params(key: key))
            let campaign = try await client.archive(Campaigns.Archive.Params(id: old.id, version: old.version))
            output.show(campaign) { "\(campaign.key) is archived.\n" }
        }
    }

    static func description(of campaign: Campaign) -> String {
        var facts = TextTable([.init("CAMPAIGN"), .init(campaign.key)])
        facts.add(["name", campaign.name])
        facts.add([
            "status", campaign.approvedBy.map { "\(campaign.status.rawValue), by \($0)" } ?? campaign.status.rawValue,
        ])
        facts.add(["audience", campaign.audience.words])
        facts.add(["purpose", campaign.purpose])
        facts.add(["channels", campaign.channels.map(\.rawValue).joined(separator: ", then ")])
        switch campaign.schedule {
        case .immediate: facts.add(["goes out", "as soon as it is started"])
        case .scheduled(let schedule): facts.add(["goes out", "\(schedule.at)"])
        }
        if let start = campaign.startAt { facts.add(["not before", "\(start)"]) }
        if let end = campaign.endAt { facts.add(["until", "\(end)"]) }
        if let quiet = campaign.quietHours {
            facts.add(["quiet", "\(quiet.from) to \(quiet.until), in each person's time"])
        }
        if let budget = campaign.limits.budget {
            facts.add(["budget", "\(budget) \(campaign.limits.currency.map { "\($0)" } ?? "")"])
        }
        if let cost = campaign.limits.costPerMessage {
            facts.add(["a message", "\(cost) \(campaign.limits.currency.map { "\($0)" } ?? "")"])
        }
        facts.add([
            "a person gets",
            campaign.limits.maximumExposures == 1
                ? "1 message" : "\(campaign.limits.maximumExposures) messages at most",
        ])
        if campaign.limits.minimumDaysBetween > 0 {
            facts.add(["between two", "\(campaign.limits.minimumDaysBetween) days at least"])
        }
        facts.add(["judged by", "\(campaign.outcome.event) within \(campaign.outcome.windowDays) days"])
        var arms = TextTable([.init("ARM"), .init("SHARE", .right), .init("OFFER"), .init("TEMPLATES")])
        for arm in campaign.arms {
            arms.add([arm.key, arm.share.asPercent, arm.offer, arm.templates.map { "\($0)" }.joined(separator: ", ")])
        }
        if campaign.holdout > 0 { arms.add(["held out", campaign.holdout.asPercent, nil, nil]) }
        return facts.text(width: Terminal.width) + "\n" + arms.text(width: Terminal.width)
    }
}

/// A file of YAML or JSON that says what a campaign is.
struct CampaignFile {
    let path: String

    /// Sends it as the parameters of a method.
    ///
    /// - Parameter members: what the file does not say.
    /// - Throws: what is wrong with the file, with its line; whatever else the service refuses.
    func send(
        _ method: String, with members: KeyValuePairs<String, JSONValue> = [:], through client: SuiteClient
    ) async throws -> Campaign {
        let document = try MappingFile.read(path)
        guard var object = document.json.object else { throw CommandFailure("\(path) is no mapping.") }
        if let arms = object["arms"]?.array {
            object["arms"] = .array(try await resolved(arms, document, Templates.Client(client)))
        }
        for (name, value) in members { object[name] = value }
        let bytes: [UInt8]
        do throws(RPCError) {
            bytes = try await client.call(method, params: JSONValue.object(object).json(), context: nil)
        } catch {
            throw document.failure(of: error, under: "/params") ?? error as any Error
        }
        return try Campaign(json: bytes)
    }

    /// Arms with the ids of templates that are named by key, or by key and version.
    private func resolved(
        _ arms: [JSONValue], _ document: MappingFile, _ client: Templates.Client
    ) async throws -> [JSONValue] {
        var resolved: [JSONValue] = []
        for (place, arm) in arms.enumerated() {
            guard var object = arm.object, let names = object["templates"]?.array else {
                resolved.append(arm)
                continue
            }
            var ids: [JSONValue] = []
            for (index, name) in names.enumerated() {
                guard let text = name.string, UUIDv7(text) == nil else {
                    ids.append(name)
                    continue
                }
                let parts = text.split(separator: "@", maxSplits: 1)
                let version = parts.count > 1 ? Int(parts[1]) : nil
                do throws(RPCError) {
                    let template = try await client.get(
                        Templates.Get.Params(key: String(parts.first ?? ""), version: version))
                    ids.append(.string("\(template.id)"))
                } catch {
                    guard error.code == RPCError.Code.notFound else { throw error }
                    throw CommandFailure("\(document.place(of: "/arms/\(place)/templates/\(index)")): \(error.message)")
                }
            }
            object["templates"] = .array(ids)
            resolved.append(.object(object))
        }
        return resolved
    }
}

extension CampaignAudience {
    /// As people say it.
    fileprivate var words: String {
        let included = include.joined(separator: " or ")
        return exclude.isEmpty ? included : "\(included), but not \(exclude.joined(separator: " nor "))"
    }
}
