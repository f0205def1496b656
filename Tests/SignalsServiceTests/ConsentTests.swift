import CommonAPI
import JSON
import JSONRPC
import ServiceContract
import SignalsAPI
import Testing

@testable import SignalsService

@Suite struct ConsentTests {
    private let email = Identifier(type: "email", value: "a@example.org")

    @Test("A consent and its withdrawal hold from the next call on, and the history keeps both")
    func recordAndWithdraw() async throws {
        try await withSignals { service in
            let given = try await service.agree(email)
            #expect(given.status == .granted && given.recordedBy == "key:test")
            #expect(try await service.mayUse("marketing", email) == .basis)
            service.advance(milliseconds: 1)
            let withdrawal = Consents.Withdraw.Params(purpose: "marketing", identifier: email)
            let withdrawn = try await service.consents.withdraw(withdrawal, for: service.call)
            #expect(withdrawn.status == .withdrawn && withdrawn.proof == nil)
            #expect(try await service.mayUse("marketing", email) == .withdrawn)
            // A second time changes nothing.
            #expect(try await service.consents.withdraw(withdrawal, for: service.call) == withdrawn)
            service.advance(milliseconds: 1)
            _ = try await service.agree(email)
            #expect(try await service.mayUse("marketing", email) == .basis)
            let history = try await service.consents.history(
                Consents.History.Params(identifier: email), for: service.call)
            #expect(history.items.map(\.status) == [.granted, .withdrawn, .granted])
            let current = try await service.consents.list(Consents.List.Params(purpose: "marketing"), for: service.call)
            #expect(current.items.map(\.status) == [.granted])
        }
    }

    @Test("In whatever order records arrive, the latest by its own time holds")
    func order() async throws {
        try await withSignals { service in
            let times = ["2025-03-01T00:00:00Z", "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"]
            for (time, version) in zip(times, ["march", "january", "february"]) {
                _ = try await service.agree(email, notice: version, at: time)
            }
            let held = try await service.consents.list(Consents.List.Params(identifier: email), for: service.call)
            #expect(held.items.map(\.noticeVersion) == ["march"])
            let history = try await service.consents.history(
                Consents.History.Params(identifier: email), for: service.call)
            #expect(history.items.map(\.noticeVersion) == ["march", "january", "february"])
        }
    }

    @Test("A consent ends with its time, without a call")
    func expiry() async throws {
        try await withSignals { service in
            _ = try await service.agree(email, until: "2026-01-01T00:00:01Z")
            #expect(try await service.mayUse("marketing", email) == .basis)
            service.advance(milliseconds: 999)
            #expect(try await service.mayUse("marketing", email) == .basis)
            service.advance(milliseconds: 1)
            #expect(try await service.mayUse("marketing", email) == .expired)
        }
    }

    @Test(
        "What cannot be shown is no consent: the error names the field and what is missing",
        arguments: [
            (#"{"purpose":"marketing","legalBasis":"consent","identifier":E,"proof":P}"#, "/params/noticeVersion"),
            (#"{"purpose":"marketing","legalBasis":"consent","identifier":E,"noticeVersion":"1"}"#, "/params/proof"),
            (#"{"purpose":"marketing","legalBasis":"contract"}"#, "/params: needs either an actorId or an identifier"),
            (#"{"purpose":"Marketing!","legalBasis":"contract","identifier":E}"#, "/params/purpose"),
            (#"{"purpose":"m","legalBasis":"because","identifier":E}"#, "/params/legalBasis"),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":{"type":"email","value":"nobody"}}"#,
                "/params/identifier/value: must be an e-mail address"
            ),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":E,"specialCategories":["health"]}"#,
                "/params/condition"
            ),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":E,"condition":"healthCare"}"#,
                "/params/specialCategories"
            ),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":E,"specialCategories":["health"],"condition":"explicitConsent"}"#,
                "/params/legalBasis"
            ),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":E,"givenAt":"2026-01-01T00:00:01Z"}"#,
                "/params/givenAt"
            ),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":E,"expiresAt":"2026-01-01T00:00:00Z"}"#,
                "/params/expiresAt"
            ),
            (
                #"{"purpose":"m","legalBasis":"contract","identifier":E,"proof":{"method":"app","source":"by Ada Lovelace"}}"#,
                "/params/proof/source"
            ),
        ])
    func refused(params: String, place: String) async throws {
        try await withSignals { service in
            let text =
                params
                .replacing("E", with: #"{"type":"email","value":"a@example.org"}"#)
                .replacing(":P", with: #":{"method":"webForm","source":"form/1"}"#)
            let error = try #require(try await failure { try await service.call("consents.record", text) })
            #expect(error.code == RPCError.Code.invalidParams)
            #expect(error.message.hasPrefix(place), "\(error.message)")
            #expect(try await service.number("SELECT count(*) FROM actors") == 0)
        }
    }

    @Test("Only a consent can be withdrawn, only after it was given, and only where there is one")
    func withdrawals() async throws {
        try await withSignals { service in
            _ = try await service.agree(email, at: "2025-06-01T00:00:00Z")
            _ = try await service.consents.record(
                Consents.Record.Params(purpose: "orders", legalBasis: .contract, identifier: email), for: service.call)
            #expect(try await service.withdraw("orders", email)?.code == RPCError.Code.illegalTransition)
            #expect(try await service.withdraw("profiling", email)?.code == RPCError.Code.notFound)
            #expect(
                try await service.withdraw("marketing", email, at: "2025-05-31T23:59:59Z")?.code
                    == RPCError.Code.invalidParams)
            #expect(try await service.withdraw("marketing", email, at: "2026-01-01T00:00:00.000001Z") != nil)
            #expect(try await service.withdraw("marketing", email, at: "2025-06-01T00:00:00Z") == nil)
            #expect(try await service.mayUse("marketing", email) == .withdrawn)
        }
    }

    @Test("What was recorded is never changed, not even by a mistake in the program")
    func appendOnly() async throws {
        try await withSignals { service in
            _ = try await service.agree(email)
            let error = try await failure {
                try await service.write { transaction throws(RPCError) in
                    try transaction.run("UPDATE consent_entries SET purpose = 'other'")
                }
            }
            #expect(error?.cause?.contains("never changed") == true)
        }
    }

    @Test("A purpose of the brand's rests on its basis, until the person says something else")
    func purposes() async throws {
        try await withSignals { service in
            try await service.track("A", identifiers: [email])
            #expect(try await service.mayUse("analytics", email) == .noBasis)
            try await service.set(purpose: "analytics", .legitimateInterests)
            #expect(try await service.mayUse("analytics", email) == .basis)
            try await service.place(.objection, on: email)
            #expect(try await service.mayUse("analytics", email) == .objected)
            try await service.set(purpose: "analytics", .contract)
            #expect(try await service.mayUse("analytics", email) == .basis)
            try await service.set(purpose: "analytics", .consent)
            #expect(try await service.mayUse("analytics", email) == .noBasis)
            #expect(
                try await Purposes.Client(service.client).list(Purposes.List.Params(), for: service.call).items == [])
        }
    }

    @Test("Erasure takes consents, their history and restrictions along, and leaves no byte of them")
    func erasure() async throws {
        try await withSignals { service in
            let source = "form-of-the-erased/0001"
            _ = try await service.agree(email, source: source)
            service.advance(milliseconds: 1)
            _ = try await service.consents.withdraw(
                Consents.Withdraw.Params(purpose: "marketing", identifier: email), for: service.call)
            for kind in RestrictionKind.allCases { try await service.place(kind, on: email) }
            let rows = try await service.erase(email)
            #expect(rows["consents"] == 1 && rows["consent_entries"] == 2 && rows["processing_restrictions"] == 3)
            #expect(try await service.filesHolding([email.value, source]) == [])
            let agreed = try await failure { try await service.agree(email) }
            let opted = try await failure { try await service.place(.optOut, on: email) }
            #expect([agreed?.code, opted?.code] == [RPCError.Code.suppressed, RPCError.Code.suppressed])
            #expect(try await service.mayUse("marketing", email) == .unknownPerson)
        }
    }
}

extension SignalsUnderTest {
    var consents: Consents.Client { Consents.Client(client) }
    var restrictions: Restrictions.Client { Restrictions.Client(client) }

    /// Records a consent to marketing.
    @discardableResult
    func agree(
        _ person: Identifier, notice: String = "2026-01", source: String = "shop.example/newsletter",
        at given: String? = nil, until end: String? = nil
    ) async throws -> Consent {
        try await consents.record(
            Consents.Record.Params(
                purpose: "marketing", legalBasis: .consent, identifier: person, noticeVersion: notice,
                proof: ConsentProof(method: .doubleOptIn, source: source), givenAt: given.flatMap { Timestamp($0) },
                expiresAt: end.flatMap { Timestamp($0) }),
            for: call)
    }

    /// What a withdrawal fails with.
    func withdraw(_ purpose: String, _ person: Identifier, at time: String? = nil) async throws -> RPCError? {
        try await failure {
            try await consents.withdraw(
                Consents.Withdraw.Params(
                    purpose: purpose, identifier: person, withdrawnAt: time.flatMap { Timestamp($0) }), for: call)
        }
    }

    func set(purpose: String, _ basis: LegalBasis?) async throws {
        _ = try await Purposes.Client(client).set(
            Purposes.Set.Params(name: purpose, legalBasis: basis), for: call)
    }

    func place(_ kind: RestrictionKind, on person: Identifier) async throws {
        _ = try await restrictions.place(Restrictions.Place.Params(kind: kind, identifier: person), for: call)
    }

    func mayUse(_ purpose: String, _ person: Identifier) async throws -> UseDecision.Reason? {
        try await consents.check(Consents.Check.Params(purpose: purpose, identifiers: [person]), for: call)
            .items.first?.reason
    }
}
