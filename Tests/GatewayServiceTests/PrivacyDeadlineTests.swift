import AuditProof
import CivilTime
import CommonAPI
import Foundation
import GatewayAPI
import JSON
import JSONRPC
import OpenSSL
import OutboundHTTP
import PlatformAPI
import SQLite
import ServiceContract
import ServiceLifecycle
import Synchronization
import TenancyAPI
import Testing

@testable import GatewayService
@testable import ServiceKit

/// Until when a privacy request has to be answered.
@Suite struct PrivacyDeadlineTests {
    @Test("A request is due by the days of its brand's place, and may be extended once, before the first deadline")
    func deadlines() async throws {
        let clock = SettableTime("2026-01-31T22:30:00Z")
        let suite = try SagaSuite(
            services: ["tenancy": FakeService([.brand("Europe/Berlin")])], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .gdpr).id
        try await suite.look()
        // Received on 31 January in Berlin: the month ends on Saturday, 28 February, and so with Monday, 2 March.
        let scheduled = try await suite.get(request)
        #expect(scheduled.dueAt == Timestamp("2026-03-02T23:00:00Z") && scheduled.noticeBy == scheduled.dueAt)
        #expect(scheduled.timeZone == "Europe/Berlin" && scheduled.acknowledgeBy == nil)
        let extended = try await suite.extend(request)
        #expect(extended.dueAt == Timestamp("2026-04-30T22:00:00Z") && extended.noticeBy == nil)
        await #expect(throws: RPCError.self) { try await suite.extend(request) }
        await suite.stop()
    }

    @Test("Holidays of the brand move a deadline, as weekends do")
    func holidays() async throws {
        let clock = SettableTime("2026-11-24T12:00:00Z")
        let tenancy = FakeService([.brand("UTC", holidays: ["12-24", "12-25", "12-26", "2026-12-28"])])
        let suite = try SagaSuite(services: ["tenancy": tenancy], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .gdpr).id
        try await suite.look()
        // The month ends on Thursday, 24 December; the next day on which somebody works is Tuesday, the 29th.
        #expect(try await suite.get(request).dueAt == Timestamp("2026-12-30T00:00:00Z"))
        await suite.stop()
    }

    @Test("A brand's own period is counted from the day of receipt, and extended by what it says")
    func ownPeriod() async throws {
        let clock = SettableTime("2026-11-20T12:00:00Z")
        let tenancy = FakeService([.brand("UTC", answerPeriod: AnswerPeriod(days: 20, extendedDays: 40))])
        let suite = try SagaSuite(services: ["tenancy": tenancy], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .own).id
        try await suite.look()
        #expect(try await suite.get(request).dueAt == Timestamp("2026-12-11T00:00:00Z"))
        #expect(try await suite.extend(request).dueAt == Timestamp("2026-12-31T00:00:00Z"))
        await suite.stop()
    }

    @Test("An extension that is asked for before the deadline is known is told so, and not that there can be none")
    func earlyExtension() async throws {
        let suite = try SagaSuite(services: ["tenancy": FakeService([.unavailable])], order: [])
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .gdpr).id
        let error = await #expect(throws: RPCError.self) { try await suite.extend(request) }
        #expect(error?.message.contains("is not known yet") == true)
        await suite.stop()
    }

    @Test("An extension that is given while a service is at work is not lost")
    func extensionMeanwhile() async throws {
        let signals = FakeService([.found(identifiers: [("phone", "+491234567")], actors: [], rows: [])])
        let suite = try SagaSuite(services: ["signals": signals], order: ["signals"])
        signals.meanwhile = { [weak suite] in
            let open = try await suite?.open() ?? []
            for request in open where request.extendedAt == nil { _ = try await suite?.extend(request.id) }
        }
        let request = try await suite.submit([("email", "a@example.org")])
        #expect(try await suite.completed(request).extendedAt != nil)
        await suite.stop()
    }

    @Test("Each law has its own time for each kind")
    func periods() {
        let laws: [Regulation] = [.gdpr, .ccpa, .hipaa, .own, .none]
        let periods = laws.map { law in PrivacyKind.allCases.map { law.regime(for: $0) } }
        // In the order of the contract: access, portability, erasure, correction, restriction, objection, optOut,
        // accounting, which only hipaa has.
        let expected: [[DeadlineRegime]] = [
            Array(repeating: .gdpr, count: 8),
            [.ccpa, .ccpa, .ccpa, .ccpa, .ccpaOptOut, .ccpa, .ccpaOptOut, .ccpa],
            [.hipaaAccess, .hipaaAccess] + Array(repeating: .hipaaAmendment, count: 5) + [.hipaaAccounting],
            Array(repeating: .gdpr, count: 8),
            Array(repeating: .gdpr, count: 8),
        ]
        #expect(periods == expected)
    }

    @Test("A kind that nothing carries out is refused with those that are, and leaves no request")
    func notCarriedOut() async throws {
        let suite = try SagaSuite(services: [:], order: [])
        let refusal = RPCError.invalidParams(
            at: "/params/kind", "is objection, which this release does not carry out; it does erasure")
        await #expect(throws: refusal) {
            try await suite.submit([("email", "a@example.org")], kind: .objection, identity: .controller)
        }
        #expect(try await suite.open().isEmpty)
        await suite.stop()
    }

    @Test("An extension comes too late at the deadline itself")
    func lateExtension() async throws {
        let clock = SettableTime("2026-01-05T12:00:00Z")
        let suite = try SagaSuite(services: ["tenancy": FakeService([.brand("UTC")])], order: [], clock: clock)
        let request = try await suite.submit([("email", "a@example.org")], identity: .code, regulation: .hipaa).id
        try await suite.look()
        let due = try #require(try await suite.get(request).dueAt)
        #expect(due == Timestamp("2026-03-07T00:00:00Z"))
        clock.set(due.description)
        await #expect(throws: RPCError.self) { try await suite.extend(request) }
        await suite.stop()
    }
}
