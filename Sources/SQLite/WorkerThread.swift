internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A thread of its own, for work that blocks: files and locks have no place on the threads that Swift's tasks share.
public final class WorkerThread: Sendable {
    /// Carries the closure into the new thread.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        /// Names the calling thread. Through the file, because glibc hides pthread_setname_np from Swift.
        func nameThread() {
            guard let file = fopen("/proc/thread-self/comm", "w") else { return }
            fputs(name, file)
            fclose(file)
        }
    }

    /// Linux keeps this many bytes of a thread's name.
    public static let maximumNameBytes = 15

    private let thread: pthread_t
    private let isJoined = Mutex(false)

    /// Starts `body` at once. The name, cut to ``maximumNameBytes``, is what `top -H` and a debugger show.
    public init(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Start(name: String(decoding: name.utf8.prefix(Self.maximumNameBytes), as: UTF8.self), body: body)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.nameThread()
                start.body()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        // Threads are made when a program starts; without them it cannot do anything.
        precondition(code == 0, "a thread could not be created: \(code)")
        self.thread = thread
    }

    /// Waits until `body` has returned. A second call, and a call from the thread itself, return at once.
    public func join() {
        let isFirst = isJoined.withLock { isJoined in
            defer { isJoined = true }
            return !isJoined
        }
        guard isFirst else { return }
        if pthread_equal(pthread_self(), thread) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }

    deinit {
        if !isJoined.withLock({ $0 }) { pthread_detach(thread) }
    }
}
