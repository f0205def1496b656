import CivilTime
import GatewayAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import TenancyAPI

/// Reckons until when a request must be answered, by the days of its brand's place.
struct PrivacyDeadlines: Sendable {
    private static let deadlineMilliseconds: Int64 = 2_000

    let tenancy: any JSONRPCClient

    /// - Throws: what keeps tenancy from saying where the brand is; then it is asked again.
    ///
    /// - Parameter submittedAt: when the person asked, if that was before the request came in.
    func deadline(
        of request: StoredPrivacyRequest, submittedAt: Timestamp? = nil
    ) async throws(RPCError) -> (timeZone: String, deadline: LegalDeadline) {
        let call = CallContext(
            brand: request.brand, principal: "service:gateway", deadlineMilliseconds: Self.deadlineMilliseconds)
        let brand = try await BrandSettings.Client(tenancy).get(BrandSettings.Get.Params(), for: call)
        // A zone that this machine does not know: the days of UTC, which people can see in the request.
        let rules = Self.rules(of: brand.timeZone)
        do {
            // Tenancy takes no rule that is none; one of a later release is skipped, which makes no deadline later.
            let holidays = try Holidays((brand.holidays ?? []).compactMap { Holidays.Rule($0) })
            let deadline = try LegalDeadline(
                receivedAt: min(submittedAt ?? request.receivedAt, request.receivedAt),
                regime: request.regulation.regime(for: request.kind, brand.answerPeriod?.regime()), zone: rules ?? .utc,
                calendar: BusinessCalendar(holidays: holidays))
            return (rules == nil ? "UTC" : brand.timeZone, deadline)
        } catch {
            throw .internalError("The deadline of \(request.id) cannot be reckoned: \(error.description)")
        }
    }

    /// By the days of UTC and without holidays: what is said until the brand's calendar is known.
    static func estimate(_ kind: PrivacyKind, _ regulation: Regulation, _ receivedAt: Timestamp) -> Timestamp {
        let deadline = try? LegalDeadline(
            receivedAt: receivedAt, regime: regulation.regime(for: kind), zone: .utc, calendar: BusinessCalendar())
        return deadline?.dueAt ?? receivedAt
    }

    private static func rules(of zone: String) -> TimeZoneRules? {
        ZoneFiles().bytes(of: zone).flatMap { try? TimeZoneRules(parsing: $0) }
    }
}

extension Regulation {
    /// The periods that this law gives a request of this kind; without a law those of the GDPR.
    ///
    /// - Parameter own: the brand's.
    func regime(for kind: PrivacyKind, _ own: DeadlineRegime? = nil) -> DeadlineRegime {
        switch (self, kind) {
        case (.own, _): own ?? .gdpr
        case (.gdpr, _), (.none, _): .gdpr
        case (.ccpa, .optOut), (.ccpa, .restriction): .ccpaOptOut
        case (.ccpa, _): .ccpa
        case (.hipaa, .access), (.hipaa, .portability): .hipaaAccess
        case (.hipaa, .accounting): .hipaaAccounting
        // It names a time for an amendment; what else may be asked changes the record like one.
        case (.hipaa, _): .hipaaAmendment
        }
    }
}

extension AnswerPeriod {
    fileprivate func regime() throws(CalendarFailure) -> DeadlineRegime {
        var extended: DeadlineRegime.Period?
        if let extendedDays { extended = try .init(extendedDays, .calendarDays) }
        return try DeadlineRegime(answer: .init(days, .calendarDays), extendedAnswer: extended)
    }
}
