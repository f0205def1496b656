import JSON
import JSONRPC

/// Trying again what may pass a moment later.
extension RPCError {
    /// How long to try again while nothing goes forward.
    static let maximumStandstillMilliseconds: Int64 = 60_000

    /// Whether the same call may be taken a moment later, or was taken and only its reply lost.
    var mayPass: Bool {
        switch code {
        case Code.busy, Code.dependencyUnavailable, Code.deadlineExceeded, Code.rateLimited, Code.cancelled: true
        default: false
        }
    }

    /// How long the suite asks to wait; 0 where it does not say.
    var retryAfterMilliseconds: Int {
        let data = data.flatMap { try? JSONValue(parsing: $0.bytes) }
        return data?["retryAfterMilliseconds"]?.int64.map { Int(min($0, Self.maximumStandstillMilliseconds)) } ?? 0
    }
}

/// How long to wait before the next attempt: longer each time, and at least as long as the suite asks.
struct Patience {
    private static let firstPauseMilliseconds = 100
    private static let longestPauseMilliseconds = 3_000

    private var pause = firstPauseMilliseconds
    private var lastProgress = MonotonicClock.milliseconds

    /// Something went forward.
    mutating func renew() { self = Patience() }

    /// Waits, for an error that may pass.
    ///
    /// - Throws: the error, when nothing has gone forward for too long.
    mutating func wait(after error: RPCError) async throws {
        let standstill = MonotonicClock.milliseconds - lastProgress
        guard standstill < RPCError.maximumStandstillMilliseconds else { throw error }
        try await Task.sleep(for: .milliseconds(max(pause, error.retryAfterMilliseconds)))
        pause = min(pause * 2, Self.longestPauseMilliseconds)
    }
}
