import JSON
import SignalsAPI
import Testing

@testable import SignalsService

/// The one rule on whether a person's data may be used, as a table.
@Suite struct UseRuleTests {
    /// The moment of the decision, and moments before it by their hour.
    private static let now = hour(12)

    private static func hour(_ hour: Int64) -> Timestamp {
        Timestamp(microseconds: 1_767_225_600_000_000 + hour * 3_600_000_000)
    }

    private static func consent(
        _ basis: LegalBasis = .consent, at given: Int64 = 5, until end: Int64? = nil, withdrawn: Bool = false
    ) -> ConsentEntry {
        ConsentEntry(
            actor: 1, purpose: "p", isWithdrawal: withdrawn, legalBasis: basis, statedAt: hour(given),
            expiresAt: end.map(hour), recordedAt: hour(given), recordedBy: "admin")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let line: Int
        let purpose: String
        var stops: [RestrictionKind: Timestamp] = [:]
        var entry: ConsentEntry?
        var purposeBasis: LegalBasis?
        let expected: UseDecision.Reason

        init(
            _ purpose: String, _ stops: [RestrictionKind: Int64] = [:], _ entry: ConsentEntry? = nil,
            rests purposeBasis: LegalBasis? = nil, _ expected: UseDecision.Reason, line: Int = #line
        ) {
            self.purpose = purpose
            self.stops = stops.mapValues(UseRuleTests.hour)
            self.entry = entry
            self.purposeBasis = purposeBasis
            self.expected = expected
            self.line = line
        }

        var testDescription: String { "line \(line): \(purpose) is \(expected)" }
    }

    static let cases: [Case] = [
        // What is recorded of the person.
        Case("marketing", [:], nil, .noBasis),
        Case("marketing", [:], consent(), .basis),
        Case("marketing", [:], consent(until: 13), .basis),
        Case("marketing", [:], consent(until: 12), .expired),
        Case("marketing", [:], consent(until: 11), .expired),
        Case("marketing", [:], consent(withdrawn: true), .withdrawn),
        Case("orderFulfilment", [:], consent(.contract), .basis),
        // What the brand says of the purpose holds where nothing is recorded, and nowhere else.
        Case("orderFulfilment", rests: .contract, .basis),
        Case("analytics", [:], consent(withdrawn: true), rests: .legitimateInterests, .withdrawn),
        Case("analytics", [:], consent(until: 11), rests: .legitimateInterests, .expired),
        // A restriction stops every use, whatever was agreed, before or after.
        Case("marketing", [.restriction: 1], consent(), .restricted),
        Case("orderFulfilment", [.restriction: 6], consent(.legalObligation), .restricted),
        Case("orderFulfilment", [.restriction: 6], rests: .contract, .restricted),
        // An objection ends marketing and profiling on any basis but a later consent.
        Case("marketing", [.objection: 6], consent(), .objected),
        Case("marketing", [.objection: 5], consent(), .objected),
        Case("marketing", [.objection: 4], consent(), .basis),
        Case("marketing", [.objection: 4], consent(until: 11), .objected),
        Case("marketing", [.objection: 4], consent(withdrawn: true), .objected),
        Case("marketing", [.objection: 4], consent(.legitimateInterests), .objected),
        Case("profiling", [.objection: 4], rests: .contract, .objected),
        // It ends other uses only on the bases that are open to it.
        Case("analytics", [.objection: 4], rests: .legitimateInterests, .objected),
        Case("analytics", [.objection: 4], consent(.publicTask), .objected),
        Case("orderFulfilment", [.objection: 4], rests: .contract, .basis),
        Case("taxReturn", [.objection: 4], consent(.legalObligation), .basis),
        Case("coaching", [.objection: 6], consent(), .basis),
        // An opt-out ends sale and sharing, and nothing else.
        Case("sale", [.optOut: 6], consent(), .optedOut),
        Case("sharing", [.optOut: 6], rests: .legitimateInterests, .optedOut),
        Case("sale", [.optOut: 4], consent(), .basis),
        Case("sale", [.optOut: 4], consent(.contract), .optedOut),
        Case("marketing", [.optOut: 6], consent(), .basis),
        Case("sale", [.objection: 6], consent(), .basis),
        // All at once: the widest stop is named.
        Case("sale", [.restriction: 1, .objection: 1, .optOut: 1], consent(), .restricted),
    ]

    @Test("Each of what is known of a person leads to one decision", arguments: cases)
    func verdict(of example: Case) {
        let rule = UseRule(purpose: example.purpose, purposeBasis: example.purposeBasis)
        let verdict = rule.verdict(stops: example.stops, example.entry, at: Self.now)
        #expect(verdict.reason == example.expected)
        #expect(verdict.mayUse == (example.expected == .basis))
        if verdict.mayUse { #expect(verdict.legalBasis == example.entry?.legalBasis ?? example.purposeBasis) }
    }
}
