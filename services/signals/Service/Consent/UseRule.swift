import JSON
import SignalsAPI

/// Whether a person's data may be used for a purpose: the one rule, from all that is known of the person.
///
/// What the law stops comes first. A restriction stops every use until it is lifted. An objection and an opt-out are the
/// person's word, and so is a consent: of these the later one counts.
struct UseRule: Sendable {
    /// What ends with an objection whatever it rests on: GDPR Art. 21(2) and (3), and profiling for the same ends.
    static let endedByObjection: Set<String> = ["marketing", "profiling"]
    /// What ends with an opt-out: Cal. Civ. Code § 1798.120.
    static let endedByOptOut: Set<String> = ["sale", "sharing"]
    /// Bases to whose use a person may object: GDPR Art. 21(1).
    static let openToObjection: Set<LegalBasis> = [.legitimateInterests, .publicTask]

    let purpose: String
    /// What the purpose rests on where nothing is recorded of a person.
    let purposeBasis: LegalBasis?

    struct Verdict: Sendable, Equatable {
        let reason: UseDecision.Reason
        var legalBasis: LegalBasis?
        var expiresAt: Timestamp?

        var mayUse: Bool { reason == .basis }
    }

    /// - Parameters:
    ///   - stops: since when each kind of stop is in force.
    ///   - entry: what was recorded last of this person for this purpose.
    func verdict(
        stops: [RestrictionKind: Timestamp], _ entry: ConsentEntry?, at now: Timestamp
    ) -> Verdict {
        if stops[.restriction] != nil { return Verdict(reason: .restricted) }
        let status = entry?.status(at: now)
        // The person's own word, as long as it holds.
        let agreedAt = status == .granted && entry?.legalBasis == .consent ? entry?.statedAt : nil
        let basis = status == .granted ? entry?.legalBasis : entry == nil ? purposeBasis : nil
        if let objectedAt = stops[.objection], agreedAt.map({ $0 <= objectedAt }) ?? true {
            let isEnded = Self.endedByObjection.contains(purpose) || basis.map(Self.openToObjection.contains) ?? false
            if isEnded { return Verdict(reason: .objected, legalBasis: basis) }
        }
        if let optedOutAt = stops[.optOut], Self.endedByOptOut.contains(purpose),
            agreedAt.map({ $0 <= optedOutAt }) ?? true
        {
            return Verdict(reason: .optedOut, legalBasis: basis)
        }
        switch status {
        case .granted: return Verdict(reason: .basis, legalBasis: basis, expiresAt: entry?.expiresAt)
        case .withdrawn: return Verdict(reason: .withdrawn, legalBasis: entry?.legalBasis)
        case .expired: return Verdict(reason: .expired, legalBasis: entry?.legalBasis, expiresAt: entry?.expiresAt)
        case nil: return basis == nil ? Verdict(reason: .noBasis) : Verdict(reason: .basis, legalBasis: basis)
        }
    }
}
