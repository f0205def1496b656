import ExperimentsAPI
import JSON
import JSONRPC
import NIOCore
import ServiceLifecycle
import Synchronization

/// Tells clients that the features of their key have changed: one look a second for each key that anybody listens with,
/// however many do.
///
/// Whoever listens is woken, and looks whether there is something that they were not told: so a slow reader holds one
/// copy at most, and misses states in between, never the last one.
final class FeatureStreams: Service {
    /// How long a stream goes on; its client then opens another. Less than ``HTTPPatience/Limits/answer``.
    static let lifetime = Duration.seconds(280)
    /// Between two signs of life.
    static let keepAlive = Duration.seconds(15)
    /// Between two looks.
    static let interval = Duration.seconds(1)

    /// What a client is told.
    struct Event: Sendable {
        let name: String
        /// Says which features these are.
        let id: String
        let bytes: ByteBuffer

        /// - Parameter data: one line.
        init(_ name: String, id: String, data: [UInt8]) {
            self.name = name
            self.id = id
            var bytes = ByteBuffer()
            bytes.writeString("id: \(id)\nevent: \(name)\ndata: ")
            bytes.writeBytes(data)
            bytes.writeString("\n\n")
            self.bytes = bytes
        }
    }

    /// One listener's place; it ends when this goes.
    final class Subscription: Sendable {
        /// There may be something new, or it is time for a sign of life.
        let wakes: AsyncStream<Void>
        private let end: @Sendable () -> Void

        fileprivate init(_ wakes: AsyncStream<Void>, end: @escaping @Sendable () -> Void) {
            self.wakes = wakes
            self.end = end
        }

        deinit { end() }
    }

    private struct Watch {
        var latest: Event
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private struct State {
        var watches: [String: Watch] = [:]
        var listeners = 0
        var number = 0
    }

    /// Streams at a time, of all keys.
    let maximum: Int
    private let look: @Sendable (_ key: String, _ known: Event) async throws(RPCError) -> Event?
    private let interval: Duration
    private let state = Mutex(State())
    private let begun: AsyncStream<String>
    private let begin: AsyncStream<String>.Continuation

    /// - Parameters:
    ///   - maximum: streams at a time; of one key half of them.
    ///   - look: what is new of a key's features; nil: nothing.
    init(
        maximum: Int, interval: Duration = FeatureStreams.interval,
        look: @escaping @Sendable (_ key: String, _ known: Event) async throws(RPCError) -> Event?
    ) {
        self.maximum = maximum
        self.interval = interval
        self.look = look
        (begun, begin) = AsyncStream.makeStream(of: String.self)
    }

    /// Listeners of both kinds that one port has.
    convenience init(_ door: HTTPDoor, maximum: Int) {
        self.init(maximum: maximum) { key, known throws(RPCError) in
            let calls = DoorClient(door, key: key, from: nil)
            if known.name == OFREPDoor.event { return try await OFREPDoor.look(known: known.id, calls) }
            return try await GrowthBookDoor.look(known.name, known: known.id, calls)
        }
    }

    /// Looks at the keys until the process ends, and then ends all streams.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            for await key in begun.cancelOnGracefulShutdown() {
                group.addTask { await self.watch(key) }
            }
            group.cancelAll()
        }
        endAll()
    }

    /// A place among the listeners of a key.
    ///
    /// - Parameter latest: what the listener's own look found.
    /// - Returns: nil when there is none left.
    func subscribe(_ key: String, latest: Event) -> Subscription? {
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> Int? in
            let own = state.watches[key]?.listeners.count ?? 0
            guard state.listeners < maximum, own < max(1, maximum / 2) else { return nil }
            state.number += 1
            state.listeners += 1
            if state.watches[key] == nil {
                state.watches[key] = Watch(latest: latest)
                begin.yield(key)
            }
            state.watches[key]?.listeners[state.number] = waker
            return state.number
        }
        guard let number else { return nil }
        return Subscription(wakes) { [weak self] in self?.leave(key, number) }
    }

    /// What was last found of a key's features.
    func latest(of key: String) -> Event? { state.withLock { $0.watches[key]?.latest } }

    /// Streams that are open.
    var count: Int { state.withLock(\.listeners) }

    private func leave(_ key: String, _ number: Int) {
        state.withLock { state in
            guard state.watches[key]?.listeners.removeValue(forKey: number) != nil else { return }
            state.listeners -= 1
        }
    }

    private func watch(_ key: String) async {
        var lastSign = ContinuousClock.now
        while let known = latest(of: key), !Task.isCancelled {
            do throws(RPCError) {
                if let event = try await look(key, known) {
                    state.withLock { $0.watches[key]?.latest = event }
                    wake(key)
                    lastSign = .now
                } else if ContinuousClock.now - lastSign >= Self.keepAlive {
                    wake(key)
                    lastSign = .now
                }
            } catch {
                // Whatever else it is will pass.
                if Self.ends(error) { return end(key) }
            }
            if state.withLock({ state in
                guard state.watches[key]?.listeners.isEmpty != false else { return false }
                state.watches[key] = nil
                return true
            }) {
                return
            }
            try? await Task.sleep(for: interval)
        }
    }

    /// The key opens nothing any more.
    static func ends(_ error: RPCError) -> Bool {
        [RPCError.Code.unauthenticated, RPCError.Code.forbidden, RPCError.Code.brandSuspended].contains(error.code)
    }

    private func wake(_ key: String) {
        let wakers = state.withLock { state in state.watches[key].map { Array($0.listeners.values) } ?? [] }
        for waker in wakers { waker.yield() }
    }

    private func end(_ key: String) {
        let wakers = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            guard let watch = state.watches.removeValue(forKey: key) else { return [] }
            state.listeners -= watch.listeners.count
            return Array(watch.listeners.values)
        }
        for waker in wakers { waker.finish() }
    }

    private func endAll() {
        for key in state.withLock({ Array($0.watches.keys) }) { end(key) }
    }
}
