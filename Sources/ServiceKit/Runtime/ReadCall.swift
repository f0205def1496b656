import JSON
import JSONRPC
import SQLite
import ServiceContract

/// One call of a read method on its way through a reader thread.
final class ReadCall: ReadWork, @unchecked Sendable {
    // Unchecked: made on one thread, then handed to the reader thread, which alone touches `outcome` from then on.
    private let description: MethodDescription
    private let body: @Sendable (borrowing ReadTransaction, CallContext, inout JSONWriter) throws(RPCError) -> Void
    private let call: CallContext
    private let reply: Reply?
    private var outcome = CallOutcome.pending

    init(
        _ description: MethodDescription,
        body: @escaping @Sendable (borrowing ReadTransaction, CallContext, inout JSONWriter) throws(RPCError) -> Void,
        call: CallContext, reply: Reply?
    ) {
        self.description = description
        self.body = body
        self.call = call
        self.reply = reply
    }

    func perform(on connection: Connection) {
        if reply?.isAbandoned ?? true {
            outcome = .failure(.cancelled)
            return
        }
        var writer = JSONWriter(capacity: 1_024)
        do {
            try body(ReadTransaction(connection), call, &writer)
            outcome = .reply(writer.bytes())
        } catch {
            outcome = .failure(error)
        }
    }

    func finished() {
        outcome.answer(reply, method: description.name, traceparent: call.traceparent)
    }

    func failed(_ error: SQLiteError) {
        outcome = .failure(RPCError(error))
        finished()
    }
}
