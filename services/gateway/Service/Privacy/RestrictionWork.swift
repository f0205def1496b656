import GatewayAPI
import JSONRPC
import PlatformAPI
import ServiceContract

/// Restriction, objection and opt-out: uses of the person's data end, and all of it stays.
struct RestrictionWork: PrivacyWork {
    let kind: Subjects.Restrict.Params.Kind

    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        let reply = try await Subjects.Client(client).restrict(
            Subjects.Restrict.Params(
                request: request.id, kind: kind, identifiers: request.identifiers, actors: request.actors,
                recipientsThrough: request.recipientsThrough), for: call)
        // GDPR Art. 19 speaks of restrictions, and neither of objections nor of opting out.
        return PrivacyAnswer(
            identifiers: reply.identifiers, actors: reply.actors, rows: reply.rows,
            recipients: kind == .restriction ? reply.recipients ?? [] : [])
    }
}
