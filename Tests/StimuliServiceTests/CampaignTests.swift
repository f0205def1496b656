import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import StimuliAPI
import Testing

@testable import StimuliService

struct CampaignTests {
    @Test("A campaign is written, approved by somebody, and does not change any more")
    func lifecycle() async throws {
        try await withStimuli { stimuli in
            let offer = try await stimuli.offer()
            let template = try await stimuli.template()
            let draft = try await stimuli.draft(
                arms: [CampaignArm(key: "ten", share: 8_000, offer: offer.key, templates: [template.id])])
            #expect(draft.status == .draft && draft.createdBy == "user:ada" && draft.approvedBy == nil)
            let renamed = try await stimuli.campaigns.update(
                .init(
                    id: draft.id, version: 1, name: "Other", quietHours: .set(QuietHours(from: "21:00", until: "08:00"))
                ),
                for: stimuli.call)
            #expect(renamed.name == "Other" && renamed.arms == draft.arms && renamed.version == 2)
            let approved = try await stimuli.campaigns.approve(.init(id: draft.id, version: 2), for: stimuli.call)
            #expect(approved.status == .approved && approved.approvedBy == "user:ada")
            #expect(approved.approvedAt == StimuliUnderTest.start)
            let late = try await failure {
                try await stimuli.campaigns.update(.init(id: draft.id, version: 3, name: "Late"), for: stimuli.call)
            }
            #expect(late?.code == RPCError.Code.illegalTransition)
            #expect(late?.message.contains("it can be reopened") == true)
            let reopened = try await stimuli.campaigns.reopen(.init(id: draft.id, version: 3), for: stimuli.call)
            #expect(reopened.status == .draft && reopened.approvedBy == nil && reopened.approvedAt == nil)
            let archived = try await stimuli.campaigns.archive(.init(id: draft.id, version: 4), for: stimuli.call)
            #expect(archived.status == .archived)
            #expect(try await stimuli.campaigns.list(.init(), for: stimuli.call).items.isEmpty)
            #expect(
                try await stimuli.campaigns.list(.init(status: .archived), for: stimuli.call).items == [archived])
            #expect(try await stimuli.campaigns.get(.init(key: "spring"), for: stimuli.call) == archived)
        }
    }

    @Test("SQL refuses the same steps and changes as the program")
    func transitions() async throws {
        try await withStimuli { stimuli in
            let template = try await stimuli.template()
            let draft = try await stimuli.draft(
                arms: [CampaignArm(key: "a", share: 8_000, templates: [template.id])])
            _ = try await stimuli.campaigns.approve(.init(id: draft.id, version: 1), for: stimuli.call)
            let file = try #require(stimuli.runtime.databases.file(of: stimuli.brand))
            for sql: StaticString in [
                "UPDATE campaigns SET name = 'x'", "UPDATE campaigns SET holdout = 1",
                "UPDATE campaigns SET status = 'active'",
                "UPDATE templates SET body = 'x'",
            ] {
                let error = try await failure {
                    try await stimuli.runtime.write(file) { transaction throws(RPCError) in try transaction.run(sql) }
                }
                #expect(error != nil, "\(sql)")
            }
        }
    }

    @Test("What does not fit together is told with its place")
    func mistakes() async throws {
        try await withStimuli { stimuli in
            let template = try await stimuli.template()
            let mail = try await stimuli.template(
                "Hello", key: "mail", channel: .email, subject: "Hello")
            func arm(_ key: String = "a", _ share: Int = 8_000, offer: String? = nil, _ ids: [UUIDv7]? = nil)
                -> CampaignArm
            {
                CampaignArm(key: key, share: share, offer: offer, templates: ids ?? [template.id])
            }
            func refusal(_ body: () async throws -> Campaign) async throws -> String {
                let error = try await failure(body)
                #expect(error?.code == RPCError.Code.invalidParams, "\(error?.message ?? "taken")")
                return error?.message ?? ""
            }
            let start = StimuliUnderTest.start
            let later = Timestamp(microseconds: start.microseconds + 1)
            let found: [(String, String)] = [
                (try await refusal { try await stimuli.draft(arms: [arm("a", 7_999)]) }, "share 9999 ten-thousandths"),
                (
                    try await refusal { try await stimuli.draft(arms: [arm("a", 4_000), arm("a", 4_000)]) },
                    "the arm a twice"
                ),
                (try await refusal { try await stimuli.draft(arms: [arm(offer: "none")]) }, "/params/arms/0/offer"),
                (
                    try await refusal { try await stimuli.draft(arms: [arm("a", 8_000, [CountedIdentifiers.id(99)])]) },
                    "/params/arms/0/templates/0"
                ),
                (try await refusal { try await stimuli.draft(arms: [arm("a", 8_000, [mail.id])]) }, "is for email"),
                (
                    try await refusal { try await stimuli.draft(arms: [arm()], channels: [.mailbox, .email]) },
                    "has none for email"
                ),
                (
                    try await refusal { try await stimuli.draft(arms: [arm("a", 8_000, [template.id, template.id])]) },
                    "the second one for mailbox"
                ),
                (
                    try await refusal { try await stimuli.draft(arms: [arm()], channels: [.mailbox, .mailbox]) },
                    "mailbox twice"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(
                            arms: [arm()], audience: CampaignAudience(include: ["a", "b"], exclude: ["a"]))
                    }, "the segment a twice"
                ),
                (
                    try await refusal { try await stimuli.draft(arms: [arm()], startAt: start, endAt: start) },
                    "/params/endAt"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(arms: [arm()], schedule: .scheduled(.init(at: start)), startAt: later)
                    }, "/params/schedule/at"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(arms: [arm()], schedule: .scheduled(.init(at: later)), endAt: later)
                    }, "/params/schedule/at"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(
                            arms: [arm()], limits: CampaignLimits(budget: .zero, currency: Currency("USD")))
                    }, "/params/limits/budget"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(arms: [arm()], limits: CampaignLimits(budget: Amount("1")))
                    },
                    "/params/limits/currency"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(
                            arms: [arm()], limits: CampaignLimits(budget: Amount("1"), currency: Currency("USD")))
                    }, "/params/limits/costPerMessage"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(arms: [arm()], quietHours: QuietHours(from: "24:00", until: "08:00"))
                    }, "/params/quietHours/from"
                ),
                (
                    try await refusal {
                        try await stimuli.draft(arms: [arm()], quietHours: QuietHours(from: "08:00", until: "08:00"))
                    }, "nobody would ever be written to"
                ),
            ]
            for (message, says) in found { #expect(message.contains(says), "\(message)") }
            #expect(try await stimuli.campaigns.list(.init(), for: stimuli.call).items.isEmpty)
        }
    }

    @Test("An offer that a draft promises stays in use, and a campaign with an archived one is not approved")
    func offersInUse() async throws {
        try await withStimuli { stimuli in
            let offer = try await stimuli.offer()
            let template = try await stimuli.template()
            let draft = try await stimuli.draft(
                arms: [CampaignArm(key: "a", share: 8_000, offer: offer.key, templates: [template.id])])
            let refusal = try await failure {
                try await stimuli.offers.archive(.init(id: offer.id, version: 1), for: stimuli.call)
            }
            #expect(refusal?.code == RPCError.Code.conflict && refusal?.message.contains("drafts spring") == true)
            let approved = try await stimuli.campaigns.approve(.init(id: draft.id, version: 1), for: stimuli.call)
            _ = try await stimuli.offers.archive(.init(id: offer.id, version: 1), for: stimuli.call)
            let reopened = try await stimuli.campaigns.reopen(.init(id: approved.id, version: 2), for: stimuli.call)
            let again = try await failure {
                try await stimuli.campaigns.approve(.init(id: reopened.id, version: 3), for: stimuli.call)
            }
            #expect(
                again?.message.contains("/params/arms/0/offer") == true || again?.message.contains("archived") == true)
            #expect(again?.code == RPCError.Code.conflict)
        }
    }

    @Test("The same content is the same version; other content is the next, over the same channel")
    func versions() async throws {
        try await withStimuli { stimuli in
            let first = try await stimuli.template()
            #expect(try await stimuli.template() == first)
            let second = try await stimuli.template("Good day, {{person.lastName}}.")
            #expect(second.version == 2 && second.fields == ["lastName"])
            #expect(try await stimuli.templates.get(.init(key: "spring"), for: stimuli.call) == second)
            #expect(try await stimuli.templates.get(.init(key: "spring", version: 1), for: stimuli.call) == first)
            let other = try await failure { try await stimuli.template(channel: .webhook) }
            #expect(other?.code == RPCError.Code.conflict)
            let bare = try await failure { try await stimuli.template("x", key: "mail", channel: .email) }
            #expect(bare?.message.contains("/params/subject") == true)
        }
    }

    @Test("A preview is written for those whom the caller reaches, and says what is missing")
    func preview() async throws {
        try await withStimuli { stimuli in
            try await stimuli.offer()
            try await stimuli.template("{{person.firstName}}: {{offer.percent}} %", subject: "{{person.firstName}}")
            let (ada, bob, nobody) = (CountedIdentifiers.id(71), CountedIdentifiers.id(72), CountedIdentifiers.id(73))
            stimuli.signals.know(ada, #"{"firstName": "Ada"}"#)
            stimuli.signals.know(bob, #"{"lastName": "Bob"}"#)
            let reply = try await stimuli.templates.preview(
                .init(actorIds: [bob, nobody, ada], key: "spring", offer: "spring-10"), for: stimuli.call)
            #expect(
                reply.items == [
                    TemplatePreview(actorId: bob, missing: ["person.firstName"]),
                    TemplatePreview(actorId: ada, subject: "Ada", body: "Ada: 10 %", missing: []),
                ])
            // In the caller's reach, as the service that asks.
            #expect(stimuli.signals.asked.allSatisfy { $0.principal == "service:stimuli" && $0.segments == ["north"] })
            let unknown = try await failure {
                try await stimuli.templates.preview(
                    .init(actorIds: [ada], key: "spring", offer: "nothing"), for: stimuli.call)
            }
            #expect(unknown?.code == RPCError.Code.notFound)
        }
    }
}
