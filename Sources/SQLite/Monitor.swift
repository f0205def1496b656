#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A value behind a lock, and one thread that may wait for it to change.
///
/// `@unchecked Sendable`: `state` is touched only between locking and unlocking `mutex`.
final class Monitor<State: Sendable>: @unchecked Sendable {
    private var state: State
    private var isWaiting = false
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Changes the value, and wakes the thread that waits, if one does.
    func change<R>(_ body: (inout State) -> R) -> R {
        pthread_mutex_lock(mutex)
        let result = body(&state)
        let wakes = isWaiting
        isWaiting = false
        pthread_mutex_unlock(mutex)
        // After unlocking, so that it does not wake only to wait for the lock.
        if wakes { pthread_cond_signal(condition) }
        return result
    }

    /// Waits until `body` returns something. One thread only.
    func wait<R>(for body: (inout State) -> R?) -> R {
        pthread_mutex_lock(mutex)
        while true {
            if let result = body(&state) {
                pthread_mutex_unlock(mutex)
                return result
            }
            isWaiting = true
            pthread_cond_wait(condition, mutex)
        }
    }
}
