import CommonAPI
import GatewayAPI
import JSON

/// Whether a service may have deleted something for a privacy request.
///
/// ```
/// none <-> asked -> begun        asked: no answer yet, which a crash may have swallowed
/// ```
enum Deletion: String, Sendable {
    case none, asked, begun
}

/// A privacy request with all that is known of it.
struct StoredPrivacyRequest: Sendable {
    let id: UUIDv7
    let brand: UUIDv7
    let kind: PrivacyKind
    let regulation: Regulation
    var status: PrivacyStatus
    var reason: DenialReason?
    let identity: IdentityProof
    let codeDigest: [UInt8]?
    var attemptsLeft: Int?
    /// What points to the subject, as far as it is known; empty once the request has ended.
    var identifiers: [Identifier]
    var actors: [UUIDv7]
    /// Legal holds that it waits for.
    var heldBy: [UUIDv7] = []
    /// Whether a service may have deleted something for it.
    var deletion = Deletion.none
    /// What is wrong and what is right; empty once the request has ended.
    var corrections: [Correction] = []
    /// What became of each.
    var outcomes: [CorrectionOutcome] = []
    let receivedAt: Timestamp
    var verifiedAt: Timestamp?
    /// When a member of staff approved that data is handed over.
    var approvedAt: Timestamp?
    /// Nil until the brand's calendar was asked.
    var timeZone: String?
    var acknowledgeBy: Timestamp?
    var dueAt: Timestamp?
    var extendedDueAt: Timestamp?
    var extendedAt: Timestamp?
    var endedAt: Timestamp?
    /// Up to which disclosure those to whom the person's data was given are written down.
    var recipientsThrough = 0

    /// Grows with every identifier, actor and recipient that a service adds.
    var known: Int64 { Int64(identifiers.count + actors.count + recipientsThrough) }

    var isOpen: Bool { endedAt == nil }

    /// Whether legal holds keep all of it: an erasure of which nothing was carried out.
    var isStopped: Bool { kind == .erasure && status == .processing && !heldBy.isEmpty && deletion == .none }

    /// Until when it must be answered.
    var answerBy: Timestamp? { extendedAt == nil ? dueAt : extendedDueAt }

    /// Until when the person may be told of an extension; nil where there can be none any more.
    var noticeBy: Timestamp? { isOpen && extendedAt == nil && extendedDueAt != nil ? dueAt : nil }

    /// What a service says of corrections; that one of them was wrong somewhere is not forgotten when it is asked again.
    mutating func note(_ outcomes: [CorrectionOutcome]) {
        for outcome in outcomes {
            guard let index = self.outcomes.firstIndex(where: { $0.of == outcome.of && $0.name == outcome.name }) else {
                self.outcomes.append(outcome)
                continue
            }
            if self.outcomes[index].outcome != .corrected { self.outcomes[index] = outcome }
        }
    }

    /// As callers see it.
    func reply(
        _ services: [ServicePart], _ archive: StoredArchive? = nil, notices: [RecipientNotice] = [],
        code: String? = nil
    ) -> PrivacyRequest {
        PrivacyRequest(
            id: id, brandId: brand, kind: kind, regulation: regulation, status: status, reason: reason,
            identity: identity, attemptsLeft: status == .received ? attemptsLeft : nil, verificationCode: code,
            receivedAt: receivedAt, verifiedAt: verifiedAt,
            approvedAt: approvedAt, timeZone: timeZone, acknowledgeBy: acknowledgeBy,
            dueAt: answerBy, noticeBy: noticeBy, extendedAt: extendedAt, endedAt: endedAt,
            heldBy: heldBy.isEmpty ? nil : heldBy, archive: archive?.reply, corrections: outcomes,
            notices: notices, services: services)
    }
}
