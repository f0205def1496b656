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
            ring.whenProved(key, bytes: 0) {
                if case .refused(let error) = ring.find(key) { promise.succeed(error) } else { promise.succeed(nil) }
            }
            return promise.futureResult
        }.get()
        #expect(outcome?.code == RPCError.Code.dependencyUnavailable)
        #expect(outcome?.isRetryable == true)
        await tenancy.close()
        try await group.shutdownGracefully()
    }

    @Test(
        "4,096 calls wait for one key's proof, 16,384 for all together, with 16 MiB; a further one is told to come back",
        arguments: [
            (1, 4_095, 0, true), (1, 4_096, 0, false), (4, 4_095, 0, true), (5, 3_276, 0, true), (5, 3_277, 0, false),
            (1, 1, 16 << 20 - 1, true), (1, 1, 16 << 20, false), (2, 8, 1 << 20, false),
        ])
    func limits(keys: Int, callsOfEach: Int, bytes: Int, hasRoom: Bool) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.any()
        let tenancy = UnixSocketClient(
            path: NSTemporaryDirectory() + "gyre-nobody-\(UInt32.random(in: 0...UInt32.max))", name: "tenancy", on: loop
        )
        let isUnproved = try await loop.submit {
            let ring = KeyRing(
                tenancy: tenancy, clock: .system, validEpoch: ValidEpoch(), limits: LimitsConfiguration())
            for number in 1...keys {
                let key = TestKey(UInt8(number)).key.text
                for _ in 0..<callsOfEach { ring.whenProved(key, bytes: bytes) {} }
            }
            switch ring.find(TestKey(1).key.text) {
            case .unproved: return true
            case .refused(let error):
                #expect(error.code == RPCError.Code.busy && error.data != nil)
                return false
            case .granted: return false
            }
        }.get()
        #expect(isUnproved == hasRoom)
        await tenancy.close()
        try await group.shutdownGracefully()
    }
}
