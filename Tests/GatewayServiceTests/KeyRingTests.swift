import Foundation
import JSONRPC
import JSONRPCUnixSocket
import NIOCore
import NIOPosix
import ServiceKit
import Testing

@testable import GatewayService

/// What the gateway knows of keys while it cannot ask.
@Suite struct KeyRingTests {
    @Test("Without tenancy those who wait for a key's proof are told so when their question ends, and do not ask again")
    func tenancyAway() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.any()
        let tenancy = UnixSocketClient(
            path: NSTemporaryDirectory() + "gyre-nobody-\(UInt32.random(in: 0...UInt32.max))", name: "tenancy", on: loop
        )
        let key = TestKey(1).key.text
        let outcome = try await loop.flatSubmit { () -> EventLoopFuture<RPCError?> in
            let promise = loop.makePromise(of: RPCError?.self)
            let ring = KeyRing(
                tenancy: tenancy, clock: .system, validEpoch: ValidEpoch(), limits: LimitsConfiguration())
            guard case .unproved = ring.find(key) else { return loop.makeSucceededFuture(nil) }
            ring.whenProved(key) {
                if case .refused(let error) = ring.find(key) { promise.succeed(error) } else { promise.succeed(nil) }
            }
            return promise.futureResult
        }.get()
        #expect(outcome?.code == RPCError.Code.dependencyUnavailable)
        #expect(outcome?.isRetryable == true)
        await tenancy.close()
        try await group.shutdownGracefully()
    }
}
