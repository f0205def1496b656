import GatewayAPI
import JSONRPC
import PlatformAPI
import ServiceContract

/// Restriction, objection and opt-out: uses of the person's data end, and all of it stays.
struct RestrictionWork: PrivacyWork {
    let kind: Subjects.Restrict.Params.Kind

    var kept: [(what: String, why: String)] {
        let law =
            switch kind {
            case .restriction: "it is stored and not used: GDPR Art. 18(1) and (2)"
            case .objection: "it is used for what the person cannot object to: GDPR Art. 21(1) and (3)"
            case .optOut: "it is neither sold nor shared: Cal. Civ. Code § 1798.120"
            }
        return [(what: "all that is known of the person", why: law)]
    }

    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        let reply = try await Subjects.Client(client).restrict(
            Subjects.Restrict.Params(
                request: request.id, kind: kind, identifiers: request.identifiers, actors: request.actors), for: call)
        return PrivacyAnswer(identifiers: reply.identifiers, actors: reply.actors, rows: reply.rows)
    }
}
