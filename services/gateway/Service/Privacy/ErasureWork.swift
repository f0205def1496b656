import CommonAPI
import GatewayAPI
import JSONRPC
import Logging
import PlatformAPI
import ServiceContract
import ServiceKit

/// Erasure: everything known of the person goes, and the files are searched for what may be left.
struct ErasureWork: PrivacyWork {
    let runtime: ServiceRuntime
    let archives: PrivacyArchives
    private let logger = Logger(label: "privacy")

    let kept = [
        (
            what: "a keyed hash of each identifier",
            why: "so that the person is refused when they are sent again: GDPR Art. 5(1)(f) and 17(1)"
        ),
        (
            what: "this request without identifiers, and audit entries with ids",
            why: "to show that the law was followed: GDPR Art. 5(2)"
        ),
    ]

    init(runtime: ServiceRuntime, archives: PrivacyArchives) {
        self.runtime = runtime
        self.archives = archives
    }

    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer {
        let params = Subjects.Erase.Params(
            request: request.id, identifiers: request.identifiers, actors: request.actors)
        let reply = try await Subjects.Client(client).erase(params, for: call)
        var answer = PrivacyAnswer(identifiers: reply.identifiers, actors: reply.actors, rows: reply.rows)
        answer.heldBy = reply.heldBy ?? []
        // Here the request itself still names them: this file is searched when it has ended.
        guard service != runtime.name else {
            let copies = try await archives.remove(of: request.actors + reply.actors, request.brand)
            if copies > 0 { answer.rows.append(TableRows(table: "privacy_archives", rows: copies)) }
            return answer
        }
        answer.scannedBytes = reply.scannedBytes
        answer.scanHits = reply.scanHits
        if let hits = reply.scanHits, hits > 0 {
            logger.warning(
                "identifiers of an erased person are left in what others said",
                metadata: ["request": "\(request.id)", "of": "\(service)", "places": "\(hits)"])
        }
        return answer
    }

    func review(_ request: StoredPrivacyRequest) async throws(RPCError) -> ServicePart? {
        let scanned = try await runtime.checkpoint(
            runtime.databases.serviceFile, searchingFor: request.identifiers)
        return ServicePart(service: runtime.name, rows: [], scannedBytes: scanned.bytes, scanHits: scanned.hits)
    }
}
