import GatewayAPI
import JSONRPC

/// What may become of a privacy request: the one table, which `privacy_transitions` holds for the database as well.
enum PrivacyTransitions {
    static let all: [(before: PrivacyStatus, after: [PrivacyStatus])] = [
        (.received, [.verified, .denied, .cancelled, .expired]),
        (.verified, [.processing, .denied, .cancelled]),
        (.processing, [.completed]),
    ]

    static func following(_ status: PrivacyStatus) -> [PrivacyStatus] {
        all.first { $0.before == status }?.after ?? []
    }

    /// Throws, and says which steps there are, unless a request that stands at `before` may become `after`.
    static func check(_ before: PrivacyStatus, to after: PrivacyStatus) throws(RPCError) {
        let following = following(before)
        if following.contains(after) { return }
        let legal =
            following.isEmpty
            ? "nothing follows" : "it can become " + following.map(\.rawValue).joined(separator: ", ")
        throw .illegalTransition("This request is \(before.rawValue) and cannot become \(after.rawValue): \(legal).")
    }
}
