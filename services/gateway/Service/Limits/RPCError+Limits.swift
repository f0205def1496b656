import JSON
import JSONRPC
import Limits

extension RPCError {
    /// A limit is spent for now.
    static func rateLimited(
        policy: String, _ limit: RateLimit, retryAfterNanoseconds: Int64, _ standing: Standing?
    ) -> RPCError {
        let refusal = LimitRefusal(
            policy: policy, limit: limit, milliseconds: (retryAfterNanoseconds + 999_999) / 1_000_000,
            standing: standing)
        // Appended, not interpolated: whoever is refused often must cost little.
        var message = subject(of: policy)
        message += " may spend "
        message += String(limit.ratePerSecond)
        message += " units a second; try again in "
        message += String(refusal.milliseconds)
        message += " ms."
        return RPCError(code: Code.rateLimited, message: message, data: JSONRaw(refusal))
    }

    /// The request can never be admitted in one piece.
    static func tooCostly(_ cost: Int64, policy: String, _ limit: RateLimit) -> RPCError {
        RPCError(
            code: Code.rateLimited,
            message: "This request costs \(cost) units, and \(subject(of: policy, isFirst: false)) may spend "
                + "\(limit.burst) at once: send smaller batches.")
    }

    /// The day's or month's units are used, or too few are left for this request.
    static func quotaExhausted(_ quota: QuotaTable.Charge, resetsAt: Timestamp, _ standing: Standing) -> RPCError {
        let span = quota.period == .day ? "day" : "month"
        var data = JSONWriter(capacity: 256)
        data.beginObject()
        data.key("resetsAt")
        data.string("\(resetsAt)")
        data.key("policy")
        data.string(Standing.policy(of: quota))
        data.standing(standing)
        data.endObject()
        return RPCError(
            code: Code.quotaExhausted,
            message:
                "The \(quota.name.kind == .key ? "key" : "brand")'s \(quota.units) units of this \(span) are used up, or too few are left for this "
                + "request; the next \(span) begins at \(resetsAt).",
            data: try? JSONRaw(validating: data.bytes()))
    }

    /// A queue is full. Nothing was done; it will have room in a while.
    static func busy(_ what: String, retryAfterMilliseconds: Int64) -> RPCError {
        var data = JSONWriter(capacity: 64)
        data.beginObject()
        data.key("retryAfterMilliseconds")
        data.int(retryAfterMilliseconds)
        data.endObject()
        return RPCError(
            code: Code.busy,
            message: "\(what) is full; nothing was done, try again in \(retryAfterMilliseconds) ms.",
            data: try? JSONRaw(validating: data.bytes()))
    }

    /// Whether a call failed for reasons of ours, so that it costs nothing of a quota.
    ///
    /// - Parameter choseDeadline: a deadline that the caller set too short is the caller's.
    func isOurs(choseDeadline: Bool) -> Bool {
        switch code {
        case Code.internalError, Code.dependencyUnavailable, Code.busy, Code.storageFull: true
        case Code.deadlineExceeded: !choseDeadline
        default: false
        }
    }

    private static func subject(of policy: String, isFirst: Bool = true) -> String {
        switch policy {
        case "burst": isFirst ? "This key" : "this key"
        case "brand": isFirst ? "All keys of this brand together" : "all keys of this brand together"
        case "address": isFirst ? "This address without a good key" : "this address without a good key"
        case "clientAddress": isFirst ? "This address with client keys" : "this address with client keys"
        case "process": isFirst ? "All callers together" : "all callers together"
        default: isFirst ? "All \(policy) calls together" : "all \(policy) calls together"
        }
    }
}

/// The data of an error about a limit.
private struct LimitRefusal: JSONWritable {
    let policy: String
    let limit: RateLimit
    let milliseconds: Int64
    let standing: Standing?

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("retryAfterMilliseconds")
        writer.int(milliseconds)
        writer.key("policy")
        writer.string(policy)
        writer.key("ratePerSecond")
        writer.int(limit.ratePerSecond)
        writer.key("burst")
        writer.int(limit.burst)
        writer.standing(standing)
        writer.endObject()
    }
}

extension JSONWriter {
    /// What HTTP says in headers.
    fileprivate mutating func standing(_ standing: Standing?) {
        guard let standing else { return }
        key("rateLimitPolicy")
        string(standing.policies)
        key("rateLimit")
        string(standing.limits)
    }
}
