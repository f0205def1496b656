import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

/// Correction: what is wrong about the person is put right wherever it is used.
struct CorrectionWork: PrivacyWork {
    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        let reply = try await Subjects.Client(client).correct(
            Subjects.Correct.Params(
                request: request.id, identifiers: request.identifiers, actors: request.actors,
                corrections: request.corrections, recipientsThrough: request.recipientsThrough), for: call)
        // What was right already, or stays as it is, is nothing to tell.
        let isCorrected = reply.outcomes.contains { $0.outcome == .corrected }
        return PrivacyAnswer(
            identifiers: reply.identifiers, actors: reply.actors, rows: reply.rows, outcomes: reply.outcomes,
            recipients: isCorrected ? reply.recipients ?? [] : [])
    }

    func evidence(
        of request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (name: String, value: JSONRaw)? {
        ("corrections", JSONRaw(request.outcomes))
    }
}
