import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract
import SignalsAPI
import Testing

@testable import ExperimentsService
@testable import ServiceKit

/// People whose data may be kept and not used.
@Suite struct RestrictionTests {
    private static let person = Identifier(type: "customerId", value: "u1")

    @Test("Who is restricted by a privacy request is in no variant, whatever was kept, and is again when it is lifted")
    func request() async throws {
        try await withExperiments { service in
            _ = try await service.running(isSticky: true)
            let before = try await service.assign("u1").variant
            let request = UUIDv7(milliseconds: 1, sequence: 0, random: 78)
            let context = CallContext(brand: service.brand, principal: "service:gateway")
            _ = try await Subjects.Client(service.client).restrict(
                Subjects.Restrict.Params(
                    request: request, kind: .restriction, identifiers: [Self.person], actors: [],
                    recipientsThrough: 0), for: context)
            for answer in [try await service.evaluate("u1"), try await service.assign("u1")] {
                #expect(answer.variant == nil && answer.reason == .restricted && answer.bucket == nil)
            }
            #expect(try await service.evaluate("u2").reason == .split)
            try await service.signals(
                UseStopped(kind: .restriction, isStopped: false, digests: [], requestId: request))
            let after = try await service.evaluate("u1")
            #expect(after.variant == before && after.reason == .sticky)
        }
    }

    @Test("What signals says of somebody whom nobody here knows holds when they come, until signals says otherwise")
    func message() async throws {
        try await withExperiments { service in
            _ = try await service.running()
            let digest = service.tombstones.digestText(Self.person)
            try await service.signals(UseStopped(kind: .objection, isStopped: true, digests: [digest]))
            #expect(try await service.evaluate("u1").reason == .restricted)
            let explained = try await service.assignments.explain(
                Assignments.Explain.Params(experiment: "checkout", targetingKey: "u1"), for: service.call)
            #expect(explained.steps.map(\.check) == [.restricted])
            try await service.signals(UseStopped(kind: .objection, isStopped: false, digests: [digest]))
            #expect(try await service.evaluate("u1").reason == .split)
            try await service.signals(UseStopped(kind: .optOut, isStopped: true, digests: [digest]))
            #expect(try await service.evaluate("u1").reason == .split)
        }
    }
}

extension ExperimentsUnderTest {
    /// Delivers a message of signals as its courier does.
    fileprivate func signals(_ message: UseStopped) async throws {
        let known = try await number("SELECT coalesce(max(high_water_mark), 0) FROM inbox_marks")
        let context = CallContext(brand: brand, principal: "service:signals")
        let reply = try await BrandMessages.Client(client).deliver(
            BrandMessages.Deliver.Params(
                sender: "signals", incarnation: String(repeating: "a", count: 32),
                messages: [Message(sequence: Int(known) + 1, topic: "restrictions.changed", body: JSONRaw(message))]),
            for: context)
        #expect(reply.highWaterMark == Int(known) + 1)
        #expect(try await number("SELECT count(*) FROM dead_letters") == 0)
    }
}
