import JSONRPC
import NIOPosix
import OpenSSL
import Synchronization

/// Derives password digests with scrypt, on threads of its own: nobody's reads and writes wait for it.
final class Passwords: Sendable {
    /// Derivations under way or waiting; further ones are told busy. Each takes 32 MiB while it runs.
    static let maximumWaiting = 32
    static let saltByteCount = 16
    static let digestByteCount = 32

    private let cost: Scrypt
    private let waiting = Atomic(0)

    init(cost: Scrypt = .interactive) {
        self.cost = cost
    }

    func digest(of password: String, salt: [UInt8]) async throws(RPCError) -> [UInt8] {
        let (_, count) = waiting.wrappingAdd(1, ordering: .relaxed)
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        guard count <= Self.maximumWaiting else { throw .busy("Signing in") }
        do {
            return try await NIOThreadPool.singleton.runIfActive { [cost] in
                try cost.derive(Array(password.utf8), salt: salt, count: Self.digestByteCount)
            }
        } catch {
            throw .internalError("\(error)")
        }
    }
}
