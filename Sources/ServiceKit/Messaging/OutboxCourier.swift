import JSON
public import JSONRPC
import PlatformAPI
public import SQLite
import ServiceContract
public import ServiceLifecycle
import Synchronization

/// Carries messages from a service's outboxes to their recipients: in order, again and again until they arrive.
///
/// It is told after each commit that left a message, and looks through all files when it starts, for what an earlier
/// process left behind.
public final class OutboxCourier: Service {
    /// How long ``afterDelivery(upTo:from:then:)`` waits for a recipient that does not answer: longer than any lease
    /// another service may hold on what it was told before.
    public static let settlementMilliseconds: Int64 = 2_500
    /// How long to wait before a recipient that did not answer is tried again.
    private static let retryMilliseconds: Int64 = 250
    private static let deliveryDeadlineMilliseconds: Int64 = 2_000

    private struct Waiting {
        let file: DatabaseFile
        let sequence: Int64
        let deadline: ContinuousClock.Instant
        let then: @Sendable () -> Void
    }

    private struct State {
        var files: Set<DatabaseFile> = []
        /// Up to where the messages of each file are known to have arrived.
        var arrived: [DatabaseFile: Int64] = [:]
        var waiting: [Waiting] = []
        var wake: AsyncStream<Void>.Continuation?
        var expiry: AsyncStream<ContinuousClock.Instant>.Continuation?
    }

    /// How a recipient is reached.
    public typealias Dial = @Sendable (_ recipient: String) -> any JSONRPCClient

    private let sender: String
    private let dial: Dial
    private let state = Mutex(State())
    private let runtime = Mutex<WeakRuntime>(WeakRuntime())

    private struct WeakRuntime: Sendable {
        weak var value: ServiceRuntime?
    }

    public init(sender: String, dial: @escaping Dial) {
        self.sender = sender
        self.dial = dial
    }

    /// Gives the courier the databases it reads. Call once, before ``run()``.
    public func attach(to runtime: ServiceRuntime) {
        self.runtime.withLock { $0.value = runtime }
    }

    /// Says that a commit to `file` may have left messages.
    public func look(at file: DatabaseFile) {
        state.withLock { state in
            state.files.insert(file)
            state.wake?.yield()
        }
    }

    /// Calls `then` once the messages of `file` up to `sequence` have arrived, or after ``settlementMilliseconds``.
    func afterDelivery(upTo sequence: Int64, from file: DatabaseFile, then: @escaping @Sendable () -> Void) {
        let hasArrived = state.withLock { state in
            if state.arrived[file, default: 0] >= sequence { return true }
            let deadline = ContinuousClock.now + .milliseconds(Self.settlementMilliseconds)
            state.files.insert(file)
            state.waiting.append(Waiting(file: file, sequence: sequence, deadline: deadline, then: then))
            state.wake?.yield()
            state.expiry?.yield(deadline)
            return false
        }
        if hasArrived { then() }
    }

    public func run() async throws {
        guard let runtime = runtime.withLock(\.value) else { return }
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (expiries, expiry) = AsyncStream<ContinuousClock.Instant>.makeStream()
        state.withLock { state in
            state.wake = wake
            state.expiry = expiry
            for waiting in state.waiting { expiry.yield(waiting.deadline) }
            state.files.insert(runtime.databases.serviceFile)
            for brand in runtime.databases.all {
                if let file = runtime.databases.file(of: brand) { state.files.insert(file) }
            }
        }
        wake.yield()
        await withGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask { for await _ in wakes { await self.carryAll(of: runtime, wake) } }
                // Apart from the carrying, which may itself be waiting for a recipient that is silent.
                group.addTask { for await deadline in expiries { await self.expire(at: deadline) } }
            }
        } onGracefulShutdown: {
            wake.finish()
            expiry.finish()
        }
    }

    // MARK: Carrying

    private func carryAll(of runtime: ServiceRuntime, _ wake: AsyncStream<Void>.Continuation) async {
        let files = state.withLock { state in
            defer { state.files = [] }
            return state.files
        }
        var left: Set<DatabaseFile> = []
        var unreachable: Set<String> = []
        for file in files where !runtime.databases.isErased(file) {
            if await !carry(file, of: runtime, &unreachable) { left.insert(file) }
        }
        guard !left.isEmpty else { return }
        state.withLock { [left] in $0.files.formUnion(left) }
        try? await Task.sleep(for: .milliseconds(Self.retryMilliseconds))
        wake.yield()
    }

    /// Carries what waits in one file to whom it can; who does not take it holds nobody else up.
    ///
    /// - Parameter unreachable: who was found not to answer in this round, and is not asked again for the next file.
    /// - Returns: whether nothing is left.
    private func carry(
        _ file: DatabaseFile, of runtime: ServiceRuntime, _ unreachable: inout Set<String>
    ) async -> Bool {
        var refusing: Set<String> = []
        while let contents = try? await contents(of: file, runtime) {
            settle(file, upTo: contents.arrived)
            let batches = contents.batches.filter { batch in
                !unreachable.contains(batch.recipient) && !refusing.contains(batch.recipient)
            }
            if batches.isEmpty { return contents.batches.isEmpty }
            for batch in batches {
                do throws(RPCError) {
                    try await deliver(batch, from: file, contents.incarnation, runtime)
                } catch {
                    refusing.insert(batch.recipient)
                    if Self.isSilence(error) { unreachable.insert(batch.recipient) }
                }
            }
        }
        return false
    }

    private struct Batch: Sendable {
        let recipient: String
        /// At least one.
        let messages: [Message]
    }

    private struct Contents: Sendable {
        let incarnation: String
        let arrived: Int64
        let batches: [Batch]
    }

    private func contents(of file: DatabaseFile, _ runtime: ServiceRuntime) async throws(RPCError) -> Contents {
        try await runtime.read(file) { transaction throws(RPCError) in
            var batches: [Batch] = []
            for recipient in try Outbox.recipients(in: transaction) {
                let messages = try Outbox.waiting(for: recipient, in: transaction)
                batches.append(Batch(recipient: recipient, messages: messages))
            }
            return Contents(
                incarnation: try Outbox.incarnation(in: transaction), arrived: try Outbox.arrived(in: transaction),
                batches: batches)
        }
    }

    /// Sends one batch and forgets what its recipient has applied.
    private func deliver(
        _ batch: Batch, from file: DatabaseFile, _ incarnation: String, _ runtime: ServiceRuntime
    ) async throws(RPCError) {
        let mark = try await highWaterMark(of: batch, incarnation, for: brand(of: file, at: batch.recipient, runtime))
        guard let first = batch.messages.first, mark >= first.sequence else {
            throw .internalError("\(batch.recipient) did not apply the messages it took.")
        }
        try await runtime.write(file) { transaction throws(RPCError) in
            try Outbox.remove(upTo: Int64(mark), for: batch.recipient, in: transaction)
        }
    }

    /// The brand that a file is of, where the recipient has a database of it too: that is where the messages belong.
    private func brand(of file: DatabaseFile, at recipient: String, _ runtime: ServiceRuntime) -> UUIDv7? {
        guard Siblings.keepingBrands.contains(recipient) else { return nil }
        return runtime.databases.all.first { runtime.databases.file(of: $0) == file }
    }

    /// - Parameter brand: whose database takes the messages; nil: the service's own.
    private func highWaterMark(
        of batch: Batch, _ incarnation: String, for brand: UUIDv7?
    ) async throws(RPCError) -> Int {
        let client = dial(batch.recipient)
        let context = CallContext(
            brand: brand, principal: "service:\(sender)", deadlineMilliseconds: Self.deliveryDeadlineMilliseconds)
        if brand != nil {
            return try await BrandMessages.Client(client).deliver(
                BrandMessages.Deliver.Params(sender: sender, incarnation: incarnation, messages: batch.messages),
                for: context
            ).highWaterMark
        }
        return try await Messages.Client(client).deliver(
            Messages.Deliver.Params(sender: sender, incarnation: incarnation, messages: batch.messages), for: context
        ).highWaterMark
    }

    /// Whether the other side gave no answer, as opposed to one that it does not want the messages.
    private static func isSilence(_ error: RPCError) -> Bool {
        error.code == RPCError.Code.dependencyUnavailable || error.code == RPCError.Code.deadlineExceeded
    }

    // MARK: Letting go

    /// Lets go those who wait for messages that have arrived.
    private func settle(_ file: DatabaseFile, upTo sequence: Int64) {
        state.withLock { $0.arrived[file] = sequence }
        release { $0.file == file && $0.sequence <= sequence }
    }

    /// Lets go those who have waited until `deadline`.
    private func expire(at deadline: ContinuousClock.Instant) async {
        // Mostly nobody waits any more: then neither does the end of the process.
        guard state.withLock({ !$0.waiting.isEmpty }) else { return }
        try? await Task.sleep(until: deadline)
        release { $0.deadline <= deadline }
    }

    private func release(_ isDue: (Waiting) -> Bool) {
        let due = state.withLock { state in
            let due = state.waiting.filter(isDue)
            state.waiting.removeAll(where: isDue)
            return due
        }
        for waiting in due { waiting.then() }
    }
}
