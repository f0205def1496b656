/// The life of one supervised service: takes what happened to its process, says what to do with it.
///
/// ```
/// waiting -> running -> waiting …      it ended by itself: again after 0.1, 0.2, 0.4 … 5 s
/// running -> stopping -> ended         it was told to end
/// waiting -> ended
/// ```
/// Moments are milliseconds of a monotonic clock.
struct ServiceSupervision: Equatable {
    enum State: Equatable {
        /// No process; the next one is due at `due`.
        case waiting(due: Int64)
        case running(pid: Int32, since: Int64)
        /// Told to end; killed at `deadline`.
        case stopping(pid: Int32, deadline: Int64)
        /// Killed, not yet gone.
        case killed(pid: Int32)
        case ended
    }

    enum Action: Equatable {
        case start
        case terminate(pid: Int32)
        case kill(pid: Int32)
    }

    /// The pause before the first restart.
    static let firstPauseMilliseconds: Int64 = 100
    /// The longest pause before a restart.
    static let longestPauseMilliseconds: Int64 = 5_000
    /// A process that lived this long starts again after the shortest pause.
    static let healthyMilliseconds: Int64 = 10_000

    private(set) var state = State.waiting(due: 0)
    /// Processes in a row that did not live for ``healthyMilliseconds``.
    private(set) var shortLives = 0

    /// Does what is due. Call it whenever something happened, and at ``nextMoment``.
    mutating func act(at now: Int64) -> Action? {
        switch state {
        case .waiting(let due) where due <= now:
            return .start
        case .stopping(let pid, let deadline) where deadline <= now:
            state = .killed(pid: pid)
            return .kill(pid: pid)
        default:
            return nil
        }
    }

    /// When something is due next without anything happening; nil: never.
    var nextMoment: Int64? {
        switch state {
        case .waiting(let due): due
        case .stopping(_, let deadline): deadline
        case .running, .killed, .ended: nil
        }
    }

    /// Answers `.start`.
    mutating func started(pid: Int32, at now: Int64) {
        state = .running(pid: pid, since: now)
    }

    /// Answers `.start` when there was no starting it.
    mutating func failedToStart(at now: Int64) { pause(at: now) }

    /// The process is gone, for whatever reason. Returns the pause before the next one, nil if there is none.
    @discardableResult
    mutating func exited(at now: Int64) -> Int64? {
        switch state {
        case .running(_, let since):
            if now - since >= Self.healthyMilliseconds { shortLives = 0 }
            return pause(at: now)
        case .stopping, .killed, .ended:
            state = .ended
            return nil
        case .waiting:
            return nil
        }
    }

    /// Begins to end it.
    mutating func stop(at now: Int64, deadline: Int64) -> Action? {
        switch state {
        case .waiting:
            state = .ended
            return nil
        case .running(let pid, _):
            state = .stopping(pid: pid, deadline: deadline)
            return .terminate(pid: pid)
        case .stopping, .killed, .ended:
            return nil
        }
    }

    /// Moves the moment of killing forward.
    mutating func hasten(to now: Int64) {
        if case .stopping(let pid, _) = state { state = .stopping(pid: pid, deadline: now) }
    }

    var pid: Int32? {
        switch state {
        case .running(let pid, _), .stopping(let pid, _), .killed(let pid): pid
        case .waiting, .ended: nil
        }
    }

    @discardableResult
    private mutating func pause(at now: Int64) -> Int64 {
        let pause = min(Self.longestPauseMilliseconds, Self.firstPauseMilliseconds << Int64(min(shortLives, 16)))
        shortLives += 1
        state = .waiting(due: now + pause)
        return pause
    }
}
