import JSON
import JSONRPC
import ServiceContract
import ServiceKit
import SignalsAPI

extension SignalsMethods {
    /// How often a follower looks for arrivals. Looking is one lookup of one row.
    static let tailIntervalMilliseconds: Int64 = 50
    /// What is left of a call's deadline for the answer.
    private static let tailMarginMilliseconds: Int64 = 250

    func tail(_ params: Signals.Tail.Params, for call: CallContext) async throws(RPCError) -> Signals.Tail.Reply {
        let file = try runtime.file(ofBrand: call)
        let allowed = call.deadlineMilliseconds ?? CallContext.defaultDeadlineMilliseconds
        let wait = min(Int64(params.waitMilliseconds), max(0, allowed - Self.tailMarginMilliseconds))
        let deadline = ContinuousClock.now + .milliseconds(wait)
        var seen = params.after.map { Int64($0) }
        let reach = ActorReach(of: call)
        while true {
            let after = seen
            let news = try await runtime.read(file) { transaction throws(RPCError) in
                try arrived(after: after, reach, limit: params.limit, at: runtime.clock.now(), in: transaction)
            }
            if !news.items.isEmpty { return Signals.Tail.Reply(items: news.items, last: Int(news.last)) }
            seen = news.last
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return Signals.Tail.Reply(items: [], last: Int(news.last)) }
            do {
                try await Task.sleep(for: min(left, .milliseconds(Self.tailIntervalMilliseconds)))
            } catch {
                throw .cancelled
            }
        }
    }

    /// What arrived behind `after`, and up to where that is all there is.
    private func arrived(
        after: Int64?, _ reach: ActorReach, limit: Int, at now: Timestamp, in transaction: borrowing ReadTransaction
    ) throws(RPCError) -> (items: [Signal], last: Int64) {
        let last = try SignalStore().lastSequence(in: transaction)
        guard let after, after < last else { return ([], max(after ?? 0, last)) }
        let page = try page(after: after, SignalFilter(reach: reach), limit: limit, at: now, in: transaction)
        return (page.items, page.items.last.map { Int64($0.sequence) } ?? last)
    }
}
