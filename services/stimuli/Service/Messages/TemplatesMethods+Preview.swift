import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI
import StimuliAPI

extension TemplatesMethods {
    /// What is read of a preview before anybody is asked for.
    private struct Source: Sendable {
        let template: Template
        let offer: Offer?
        let campaign: (key: String, name: String)?
    }

    func preview(
        _ params: Templates.Preview.Params, for call: CallContext
    ) async throws(RPCError) -> Templates.Preview.Reply {
        let source = try await runtime.read(runtime.file(ofBrand: call)) { transaction throws(RPCError) in
            try self.source(of: params, in: transaction)
        }
        let message: MessageTemplate
        do throws(TemplateProblem) {
            message = try MessageTemplate(
                subject: source.template.subject, body: source.template.body, contentType: source.template.contentType)
        } catch {
            throw .internalError("A template that was checked is none: \(error.problem)")
        }
        var items: [TemplatePreview] = []
        for id in params.actorIds {
            guard let person = try await person(id, for: call) else { continue }
            let values = MessageValues(person: person, offer: source.offer, campaign: source.campaign)
            switch message.rendered(over: values) {
            case .message(let subject, let body):
                items.append(TemplatePreview(actorId: id, subject: subject, body: body, missing: []))
            case .missing(let names): items.append(TemplatePreview(actorId: id, missing: names))
            }
        }
        return Templates.Preview.Reply(items: items)
    }

    private func source(
        of params: Templates.Preview.Params, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> Source {
        let template = try find(id: params.id, key: params.key, version: params.version, in: transaction)
        var offer: Offer?
        if let key = params.offer {
            guard let found = try offers.find(key: key, in: transaction) else { throw .notFound("offer", key) }
            offer = found.value
        }
        var campaign: (key: String, name: String)?
        if let key = params.campaign {
            guard let found = try campaigns.find(key: key, in: transaction) else { throw .notFound("campaign", key) }
            campaign = (found.value.key, found.value.name)
        }
        return Source(template: template, offer: offer, campaign: campaign)
    }

    /// What may be said of a person to whoever asks; nil for somebody who is not there, or whose data is not used.
    private func person(_ id: UUIDv7, for call: CallContext) async throws(RPCError) -> JSONObject? {
        do throws(RPCError) {
            let actor = try await Actors.Client(signals).get(
                Actors.Get.Params(id: id),
                for: CallContext(
                    brand: call.brand, principal: "service:stimuli", industries: call.industries,
                    segments: call.segments, deadlineMilliseconds: call.deadlineMilliseconds,
                    traceparent: call.traceparent))
            return try actor.traits.object()
        } catch {
            guard error.code == RPCError.Code.notFound || error.code == RPCError.Code.restricted else { throw error }
            return nil
        }
    }
}
