import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI
import StimuliAPI

/// Answers `templates.*`.
struct TemplatesMethods: Templates.Service {
    /// Versions of all templates of a brand.
    static let maximum = 10_000

    let runtime: ServiceRuntime
    let signals: any JSONRPCClient
    let templates = TemplateStore()
    let offers = OfferStore()
    let campaigns = CampaignStore()

    init(runtime: ServiceRuntime, signals: any JSONRPCClient) {
        self.runtime = runtime
        self.signals = signals
    }

    func create(
        _ params: Templates.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Templates.Create.Reply {
        if params.channel == .email && params.subject == nil {
            throw .invalidParams(at: "/params/subject", "is needed: e-mail has one")
        }
        let fields: [String]
        do throws(TemplateProblem) {
            _ = try MessageTemplate(subject: params.subject, body: params.body, contentType: params.contentType)
            fields = try TemplateTags(subject: params.subject, body: params.body).fields
        } catch {
            throw .invalidParams(at: error.place, error.problem)
        }
        let digest = CanonicalJSON.digest([
            "body": .string(params.body), "channel": .string(params.channel.rawValue),
            "contentType": .string(params.contentType.rawValue), "subject": params.subject.map { .string($0) },
        ])
        guard let digest else { throw .internalError("Texts have no canonical form.") }
        if let known = try templates.find(key: params.key, hash: digest, in: transaction) { return known.value }
        let newest = try templates.find(key: params.key, version: nil, in: transaction)?.value
        if let newest, newest.channel != params.channel {
            throw .conflict(
                "The template \(params.key) is for \(newest.channel.rawValue); choose another key for another channel.")
        }
        guard try templates.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) versions of templates.")
        }
        let template = Template(
            id: transaction.newID(at: call.now), key: params.key, version: 1 + (newest?.version ?? 0),
            channel: params.channel, subject: params.subject, body: params.body, contentType: params.contentType,
            fields: fields, hash: "\(digest)", createdAt: call.now)
        try templates.insert(template, hash: digest, in: transaction)
        return template
    }

    func get(
        _ params: Templates.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Templates.Get.Reply {
        try find(id: params.id, key: params.key, version: params.version, in: transaction)
    }

    func list(
        _ params: Templates.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Templates.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<Numbered<Template>>(limit: params.limit)
        for template in try templates.list(
            key: params.key, after: cursor.position, limit: params.limit + 1, in: transaction)
        {
            guard page.add(template, bytes: template.value.body.utf8.count) else { break }
        }
        return Templates.List.Reply(items: page.items.map(\.value), nextCursor: page.cursor())
    }

    /// The version that a caller names by its id, or by its key and perhaps a number.
    func find(
        id: UUIDv7?, key: String?, version: Int?, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> Template {
        switch (id, key, version) {
        case (let id?, nil, nil):
            guard let found = try templates.find(id, in: transaction) else {
                throw .notFound("version of a template", id)
            }
            return found.value
        case (nil, let key?, let version):
            guard let found = try templates.find(key: key, version: version, in: transaction) else {
                throw .notFound("template", version.map { "\(key) with version \($0)" } ?? key)
            }
            return found.value
        default: throw .invalidParams(at: "/params", "needs either an id or a key, and with a key perhaps a version")
        }
    }
}
