import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

/// The entry of the audit log that says that a request was completed, and what shows that it is in there.
///
/// The entry leaves with the transaction that completes the request, so there is one for each that was, and only one.
/// Tenancy signs a head that covers it within a second or so; the certificate waits for that.
struct CompletionProof: Sendable {
    /// What entries name as the method.
    static let method = "privacyRequests.complete"
    private static let deadlineMilliseconds: Int64 = 2_000

    let tenancy: any JSONRPCClient
    private let proofs = PrivacyProofStore()

    init(tenancy: any JSONRPCClient) {
        self.tenancy = tenancy
    }

    /// Records that a request was completed, once.
    func record(
        _ request: StoredPrivacyRequest, by service: String, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let entry = transaction.newID(at: now)
        try proofs.insert(entry, of: request.id, in: transaction)
        try AuditTrail.record(
            AuditEntryMessage(
                id: entry, at: now, service: service, principal: "service:\(service)", brand: request.brand,
                method: Self.method, ids: [request.id]),
            in: transaction)
    }

    /// - Throws: notFound while no head covers the entry.
    func proof(of request: StoredPrivacyRequest, _ runtime: ServiceRuntime) async throws(RPCError) -> EntryProof {
        let entry = try await runtime.read(runtime.databases.serviceFile) { [proofs] transaction throws(RPCError) in
            try proofs.entry(of: request.id, in: transaction)
        }
        guard let entry else { throw .internalError("No audit entry says that \(request.id) was completed.") }
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.deadlineMilliseconds)
        return try await AuditLog.Client(tenancy).proveEntry(AuditLog.ProveEntry.Params(entryId: entry), for: call)
    }
}
