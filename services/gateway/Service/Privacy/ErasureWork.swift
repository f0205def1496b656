import CommonAPI
import GatewayAPI
import JSONRPC
import PlatformAPI
import ServiceContract
import ServiceKit

/// Erasure: everything known of the person goes, and the files are searched for what may be left.
struct ErasureWork: PrivacyWork {
    let service: String
    let archives: PrivacyArchives
    let isSearched = true

    /// - Parameter service: the gateway's name, which keeps copies of people's data.
    init(of service: String, archives: PrivacyArchives) {
        self.service = service
        self.archives = archives
    }

    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        let params = Subjects.Erase.Params(
            request: request.id, identifiers: request.identifiers, actors: request.actors,
            recipientsThrough: request.recipientsThrough)
        let reply = try await Subjects.Client(client).erase(params, for: call)
        var answer = PrivacyAnswer(identifiers: reply.identifiers, actors: reply.actors, rows: reply.rows)
        answer.heldBy = reply.heldBy ?? []
        answer.hasErased = reply.hasErased
        answer.recipients = reply.recipients ?? []
        if service == self.service {
            Failpoint.removed.before(service)
            let copies = try await archives.remove(of: request.actors + reply.actors, request.brand)
            Failpoint.removed.after(service)
            if copies > 0 { answer.rows.append(TableRows(table: "privacy_archives", rows: copies)) }
        }
        return answer
    }
}
