import GatewayAPI
import JSON
import JSONRPC
import Testing

@testable import GatewayService

/// `limits.get`: where a key stands.
@Suite struct LimitsServiceTests {
    private let key = TestKey(1, rate: 1, burst: 100)
    private let other = TestKey(2, brand: UUIDv7(milliseconds: 1, sequence: 0, random: 2))

    private func standings(_ reply: Result<[UInt8], RPCError>) throws -> LimitStandings {
        try LimitStandings(json: reply.get(), unknownMembers: .refuse)
    }

    @Test("A key is told what is left of its own limits and quotas, and of its brand's; the administrator the same")
    func ofAKey() async throws {
        let gateway = try await GatewayUnderTest(["GYRE_BRAND_DAILY_QUOTA": "1000"], keys: [key])
        let items = Array(repeating: "1", count: 40).joined(separator: ",")
        _ = try await gateway.call("signals.batch", #"{"items":[\#(items)]}"#, key: key).get()

        let own = try standings(try await gateway.call("limits.get", key: key))
        #expect(own.keyId == key.id)
        #expect(own.limits.map(\.policy) == ["burst", "brand"])
        #expect(own.limits[0].burst == 100 && own.limits[0].ratePerSecond == 1)
        // A unit comes back each second, and asking costs one.
        #expect((59..<80).contains(own.limits[0].remaining))
        #expect((20_000...41_500).contains(own.limits[0].fullAfterMilliseconds))
        #expect(own.quotas.map(\.policy) == ["brand-daily"])
        #expect(own.quotas[0].units == 1_000 && own.quotas[0].remaining == 959)
        #expect(own.quotas[0].resetsAt.description.hasSuffix("T00:00:00Z"))

        let told = try standings(
            try await gateway.call("limits.get", #"{"keyId":"\#(key.id)"}"#, key: nil, door: "admin"))
        #expect(told.keyId == key.id && told.quotas == own.quotas)
        try await gateway.stop()
    }

    @Test("What all callers share is for the administrator")
    func shared() async throws {
        let gateway = try await GatewayUnderTest(["GYRE_READ_RATE": "7"], keys: [key])
        let shared = try standings(try await gateway.call("limits.get", key: nil, door: "admin"))
        #expect(shared.keyId == nil && shared.quotas.isEmpty)
        #expect(shared.limits.map(\.policy) == ["read", "write", "flow", "process"])
        #expect(shared.limits[0].burst == 7 && shared.limits[0].remaining == 7)
        try await gateway.stop()
    }

    @Test("Another brand's key is told like one that does not exist")
    func foreign() async throws {
        let gateway = try await GatewayUnderTest(keys: [key, other])
        var codes: [Int] = []
        for id in [other.id, UUIDv7(milliseconds: 9, sequence: 0, random: 9)] {
            guard case .failure(let error) = try await gateway.call("limits.get", #"{"keyId":"\#(id)"}"#, key: key)
            else {
                continue
            }
            codes.append(error.code)
        }
        #expect(codes == [RPCError.Code.notFound, RPCError.Code.notFound])
        try await gateway.stop()
    }
}
