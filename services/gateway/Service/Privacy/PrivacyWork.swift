import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

/// What carries out one kind of privacy request: what it asks of each service, and what is left to do in the end.
///
/// ``PrivacySaga`` does what all kinds share: it asks one service after the other, writes down what each answered, takes
/// identifiers and actors that one finds to all others until nobody finds anything new, completes the request and signs
/// its certificate. Any process may die at any moment, so everything here may be asked again and must then do no harm.
///
/// A kind is taken as soon as `GatewayService.compose` names its work; until then its requests are refused.
protocol PrivacyWork: Sendable {
    /// Whether a member of staff has to approve it, with `privacyRequests.approve`, before anything is done.
    var needsApproval: Bool { get }

    /// Whether the bytes of all files are searched for the person's identifiers afterwards, which empties their logs too.
    var isSearched: Bool { get }

    /// Has one service do its part, for the identifiers and actors that the request knows by now.
    ///
    /// - Parameters:
    ///   - service: its name; the gateway's own file counts as one.
    ///   - client: reaches that service.
    ///   - call: for the brand of the request, with the deadline of one step.
    func ask(
        _ service: String, for request: StoredPrivacyRequest, through client: any JSONRPCClient, call: CallContext
    ) async throws(RPCError) -> PrivacyAnswer

    /// Does what is to be done once, when every service has done its part and before the request is completed.
    func conclude(_ request: StoredPrivacyRequest) async throws(RPCError)

    /// What the certificate says beside what each service did: the member's name, and its value, which names nobody.
    func evidence(
        of request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (name: String, value: JSONRaw)?

    /// Looks after what earlier requests left; asked at each look, once a minute or oftener.
    func tend() async throws(RPCError)
}

extension PrivacyWork {
    var needsApproval: Bool { false }

    func conclude(_ request: StoredPrivacyRequest) async throws(RPCError) {}

    var isSearched: Bool { false }

    func evidence(
        of request: StoredPrivacyRequest, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> (name: String, value: JSONRaw)? { nil }

    func tend() async throws(RPCError) {}
}

/// What one service did, and whom it knows behind what it was asked.
struct PrivacyAnswer: Sendable {
    /// Those that the request did not know.
    var identifiers: [Identifier] = []
    var actors: [UUIDv7] = []
    /// What was erased, changed or handed over, table by table.
    var rows: [TableRows] = []
    /// What became of each correction that concerned something there.
    var outcomes: [CorrectionOutcome] = []
    /// Those to whom the person's data was given and who are told when the request is completed. Where they are not written
    /// down yet, the service may have done nothing so far: it is asked again.
    var recipients: [SubjectRecipient] = []
    /// Legal holds for which this service did not do its part: the request waits until they are released.
    var heldBy: [UUIDv7] = []
    /// Whether it deleted anything for the request, now or earlier.
    var hasErased = false
}
