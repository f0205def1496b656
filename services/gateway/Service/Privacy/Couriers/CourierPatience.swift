import JSON

/// When a letter that nobody took is tried again, and when it is given up: a struct without I/O.
///
/// The first wait is five seconds, each further one three times as long, none longer than three hours. Three days after
/// the first attempt nobody is expected any more.
enum CourierPatience {
    static let firstWaitSeconds: Int64 = 5
    static let growth: Int64 = 3
    static let longestWaitSeconds: Int64 = 3 * 3_600
    static let giveUpSeconds: Int64 = 3 * 24 * 3_600
    /// How long after that it is still known where to tell it, so that it can be sent again.
    static let forgetSeconds: Int64 = 30 * 24 * 3_600

    /// - Parameters:
    ///   - attempts: how many there were, the one that just failed included.
    ///   - first: when the first one was.
    /// - Returns: nil: never again.
    static func next(after attempts: Int64, first: Timestamp, now: Timestamp) -> Timestamp? {
        guard now.microseconds - first.microseconds < giveUpSeconds * 1_000_000 else { return nil }
        var wait = firstWaitSeconds
        for _ in 1..<max(attempts, 1) where wait < longestWaitSeconds { wait *= growth }
        return Timestamp(microseconds: now.microseconds + min(wait, longestWaitSeconds) * 1_000_000)
    }
}
