import GatewayAPI
import JSONRPC

/// What may become of a privacy request: the one table, which `privacy_transitions` holds for the database as well.
enum PrivacyTransitions {
    static let all: [(before: PrivacyStatus, after: [PrivacyStatus])] = [
        (.received, [.verified, .denied, .cancelled, .expired]),
        (.verified, [.processing, .denied, .cancelled]),
        (.processing, [.completed, .denied]),
    ]
    /// Why an erasure may be refused that legal holds keep, though it is processing: GDPR Art. 17(3).
    static let reasonsOfHolds: [DenialReason] = [.legalObligation, .legalClaims, .publicInterest]

    /// What may follow in one case or another; empty: it has ended.
    static func following(_ status: PrivacyStatus) -> [PrivacyStatus] {
        all.first { $0.before == status }?.after ?? []
    }

    /// What may follow now: one that is processing is denied only while holds keep all of it.
    static func following(_ request: StoredPrivacyRequest) -> [PrivacyStatus] {
        let after = following(request.status)
        return request.status == .processing && !request.isStopped ? after.filter { $0 != .denied } : after
    }

    /// Throws, and says which steps there are, unless a request may become `after`.
    static func check(_ request: StoredPrivacyRequest, to after: PrivacyStatus) throws(RPCError) {
        let following = following(request)
        if following.contains(after) { return }
        let legal =
            following.isEmpty
            ? "nothing follows" : "it can become " + following.map(\.rawValue).joined(separator: ", ")
        throw .illegalTransition(
            "This request is \(request.status.rawValue) and cannot become \(after.rawValue): \(legal).")
    }

    /// Throws unless a request may be denied for this reason now.
    static func check(_ request: StoredPrivacyRequest, denialFor reason: DenialReason) throws(RPCError) {
        try check(request, to: .denied)
        guard request.status != .processing || reasonsOfHolds.contains(reason) else {
            throw .invalidParams(
                at: "/params/reason",
                "must be one of \(reasonsOfHolds.map(\.rawValue).joined(separator: ", ")), for legal holds keep the data"
            )
        }
    }
}
