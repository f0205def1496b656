import JSONRPC
import ServiceContract
import Testing

@testable import GatewayService

/// Which methods are open to keys that reach only some of their brand's actors.
@Suite struct ActorReachTests {
    @Test("A key for some segments opens the methods that answer the reached or are about nobody, and no others")
    func methods() async throws {
        let free = TestKey(1, rate: 100_000, burst: 100_000)
        let limited = TestKey(2, rate: 100_000, burst: 100_000, segments: ["gold"])
        let gateway = try await GatewayUnderTest(keys: [free, limited])
        let methods = try Routes().methods.filter { $0.callers.contains("public") }
        #expect(Set(methods.map(\.actors)) == [.everybody, .reached, .nobody])
        for method in methods {
            #expect(try await !Self.isForbidden(method, free, at: gateway), "\(method.name)")
            #expect(
                try await Self.isForbidden(method, limited, at: gateway) == (method.actors == .everybody),
                "\(method.name)")
        }
        try await gateway.stop()
    }

    private static func isForbidden(
        _ method: MethodDescription, _ key: TestKey, at gateway: GatewayUnderTest
    ) async throws -> Bool {
        switch try await gateway.call(method.name, key: key) {
        case .success: return false
        case .failure(let error): return error.code == RPCError.Code.forbidden
        }
    }
}
