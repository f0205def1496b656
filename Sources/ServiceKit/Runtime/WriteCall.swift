import JSON
import JSONRPC
import SQLite
import ServiceContract

/// One call of a write method on its way through the group commit.
///
/// Beside the effect itself, the same transaction gets the idempotent reply, the audit entry and what is to be told to
/// others.
final class WriteCall: CommitWork, @unchecked Sendable {
    // Unchecked: made on one thread, then handed to the writer thread, which alone touches `outcome` from then on.
    private let description: MethodDescription
    private let body: @Sendable (borrowing WriteTransaction, CallContext, inout JSONWriter) throws(RPCError) -> Void
    private let call: CallContext
    /// The parameters' text where the audit entry or the idempotent reply needs it.
    private let params: [UInt8]
    private let file: DatabaseFile
    private let runtime: ServiceRuntime
    private let reply: Reply?
    private var outcome = CallOutcome.pending
    /// The last message this call left in the outbox.
    private var lastTold: Int64?
    private var hasBegunJob = false

    init(
        _ description: MethodDescription,
        body: @escaping @Sendable (borrowing WriteTransaction, CallContext, inout JSONWriter) throws(RPCError) -> Void,
        call: CallContext, params: [UInt8], file: DatabaseFile, runtime: ServiceRuntime, reply: Reply?
    ) {
        self.description = description
        self.body = body
        self.call = call
        self.params = params
        self.file = file
        self.runtime = runtime
        self.reply = reply
    }

    /// Methods change nothing but their transaction, or what a second time makes no difference to: waking somebody,
    /// raising a mark.
    var mayBePerformedAgain: Bool { true }

    func perform(on connection: Connection) -> CommitDecision {
        // Of a call that is performed again only the second time counts.
        outcome = .pending
        lastTold = nil
        hasBegunJob = false
        if let milliseconds = call.deadlineMilliseconds,
            runtime.clock.now().microseconds - call.now.microseconds > milliseconds * 1_000
        {
            outcome = .failure(.deadlineExceeded)
            return .rollBack
        }
        let transaction = WriteTransaction(connection, identifiers: runtime.identifiers)
        do {
            if let key = idempotencyKey,
                let earlier = try IdempotencyStore.reply(to: key, at: call.now, in: transaction)
            {
                // What the first call told may still be on its way, and its caller gone.
                if description.awaitsDelivery { lastTold = try Outbox.lastSequence(in: transaction) }
                outcome = .reply(earlier)
                return .keep
            }
            var writer = JSONWriter(capacity: 384)
            try body(transaction, call, &writer)
            let bytes = writer.bytes()
            if let key = idempotencyKey { try IdempotencyStore.keep(bytes, for: key, at: call.now, in: transaction) }
            if description.isAudited {
                try AuditTrail.record(
                    description, params: params, reply: bytes, call: call, by: runtime.name, in: transaction)
            }
            lastTold = transaction.effects.lastToldSequence
            hasBegunJob = transaction.effects.hasBegunJob
            outcome = .reply(bytes)
            return .keep
        } catch {
            outcome = .failure(error)
            return .rollBack
        }
    }

    func committed() {
        if hasBegunJob { runtime.waitingJobs.add(file) }
        if let lastTold {
            if description.awaitsDelivery {
                runtime.courier.afterDelivery(upTo: lastTold, from: file) { self.answer() }
                return
            }
            runtime.courier.look(at: file)
        }
        answer()
    }

    func failed(_ error: SQLiteError) {
        outcome = .failure(RPCError(error))
        answer()
    }

    private func answer() {
        outcome.answer(reply, method: description.name, traceparent: call.traceparent)
    }

    private var idempotencyKey: IdempotencyStore.Key? {
        guard description.isIdempotent, let key = call.idempotencyKey else { return nil }
        return IdempotencyStore.Key(principal: call.principal, method: description.name, key: key, params: params)
    }
}

/// What a call on a database thread came to, before it may be told.
enum CallOutcome {
    case pending
    /// One JSON value.
    case reply([UInt8])
    case failure(RPCError)

    func answer(_ reply: Reply?, method: String, traceparent: String?) {
        switch self {
        case .reply(let bytes): reply?.succeed { writer in bytes.withUnsafeBytes { writer.rawBytes($0) } }
        case .failure(let error): reply?.failAndLog(error, method: method, traceparent: traceparent)
        case .pending: reply?.fail(.internalError("\(method) was answered before it ran."))
        }
    }
}
