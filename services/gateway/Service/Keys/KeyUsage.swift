import JSON
import JSONRPC
import Logging
import ServiceContract
import ServiceKit
import ServiceLifecycle
import Synchronization
import TenancyAPI

/// Counts what keys are used for, and tells tenancy once a second, through the outbox: each count arrives exactly once,
/// however long tenancy is away and whichever of the two dies. What a killed gateway had counted in its last second is
/// lost.
final class KeyUsage: Service {
    /// What one key was used for since the last flush.
    struct Count: Sendable, Equatable {
        var requests = 0
        /// Of language models.
        var tokens = 0
        var lastUsedAt: Timestamp

        mutating func add(_ other: Count) {
            requests += other.requests
            tokens += other.tokens
            lastUsedAt = max(lastUsedAt, other.lastUsedAt)
        }
    }

    static let topic = "keys.used"
    static let intervalMilliseconds: Int64 = 1_000
    /// Keys in one message, as its contract says.
    static let maximumItems = 250

    private let runtime: ServiceRuntime
    private let logger = Logger(label: "keys")
    /// At most one for each key there is.
    private let counts = Mutex<[UUIDv7: Count]>([:])

    init(runtime: ServiceRuntime) {
        self.runtime = runtime
    }

    /// Adds to what a key was used for.
    func add(_ count: Count, of key: UUIDv7) {
        counts.withLock { counts in
            if counts[key]?.add(count) == nil { counts[key] = count }
        }
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(Self.intervalMilliseconds))
                await self.flush()
            }
        }
        await flush()
    }

    /// Puts what was counted into the outbox. What cannot be written now is kept for the next time.
    func flush() async {
        let counted = counts.withLock { counts in
            defer { counts.removeAll(keepingCapacity: true) }
            return counts
        }
        guard !counted.isEmpty else { return }
        let items = counted.sorted { $0.key < $1.key }.map { key, count in
            KeyUse(keyId: key, requests: count.requests, tokens: count.tokens, lastUsedAt: count.lastUsedAt)
        }
        let now = runtime.clock.now()
        do {
            try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
                for start in stride(from: 0, to: items.count, by: Self.maximumItems) {
                    let some = Array(items[start..<min(start + Self.maximumItems, items.count)])
                    try transaction.tell("tenancy", Self.topic, KeysUsed(items: some), at: now)
                }
            }
        } catch {
            for (key, count) in counted { add(count, of: key) }
            logger.warning("the use of keys waits", metadata: ["cause": "\(error.cause ?? error.message)"])
        }
    }
}
