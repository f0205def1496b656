import JSON
import JSONRPC
import SQLite
import ServiceContract
public import ServiceLifecycle

/// Drives the jobs of a service: each in pieces, a piece at a time for each brand, the brands in turn.
///
/// It is told after each commit that began a job, and looks through all files when it starts, for jobs that an earlier
/// process left behind. A job ends when its work says so, when somebody cancels it, or by an error that will not pass.
public final class JobRunner: Service {
    /// Brands whose pieces run at a time.
    static let concurrentFiles = 4
    /// How long to wait before a piece is tried again that failed by what may pass, such as a full disk.
    static let retryMilliseconds: Int64 = 1_000
    /// The longest problem a job keeps, in characters.
    private static let problemLength = 500

    /// When a file's turn comes again.
    private enum Turn {
        case never
        case next
        case later
    }

    private let kinds: JobKinds
    private let runtime: ServiceRuntime
    private let store = JobStore()

    public init(_ kinds: JobKinds, runtime: ServiceRuntime) {
        self.kinds = kinds
        self.runtime = runtime
    }

    public func run() async throws {
        guard kinds.haveWork else {
            try? await gracefulShutdown()
            return
        }
        let waiting = runtime.waitingJobs
        waiting.add(runtime.databases.serviceFile)
        for brand in runtime.databases.all {
            if let file = runtime.databases.file(of: brand) { waiting.add(file) }
        }
        let (wakes, wake) = waiting.wakes()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { pauses in
                for await _ in wakes {
                    for file in await round(waiting.take(Self.concurrentFiles)) {
                        pauses.addTask {
                            try? await Task.sleep(for: .milliseconds(Self.retryMilliseconds))
                            waiting.add(file)
                        }
                    }
                    if !waiting.isEmpty { wake.yield() }
                }
                pauses.cancelAll()
            }
        } onGracefulShutdown: {
            wake.finish()
        }
    }

    /// One piece for each of `files`. Returns those that are to be tried again later.
    private func round(_ files: [DatabaseFile]) async -> [DatabaseFile] {
        await withTaskGroup(of: (DatabaseFile, Turn).self) { group in
            for file in files { group.addTask { (file, await self.advance(file)) } }
            var later: [DatabaseFile] = []
            for await (file, turn) in group {
                switch turn {
                case .never: break
                case .next: runtime.waitingJobs.add(file)
                case .later: later.append(file)
                }
            }
            return later
        }
    }

    /// Does one piece of the job that waits longest.
    private func advance(_ file: DatabaseFile) async -> Turn {
        guard !runtime.databases.isLeaving(file) else { return .never }
        do throws(RPCError) {
            guard let (job, work) = try await next(in: file) else { return .never }
            return try await advance(job, by: work, in: file)
        } catch {
            // The file itself cannot be read or written just now.
            return .later
        }
    }

    private func next(in file: DatabaseFile) async throws(RPCError) -> (StoredJob, any JobWork)? {
        let store = store
        let jobs = try await runtime.read(file) { transaction throws(RPCError) in try store.running(in: transaction) }
        for job in jobs { if let work = kinds.work(of: job.kind) { return (job, work) } }
        return nil
    }

    private func advance(
        _ job: StoredJob, by work: any JobWork, in file: DatabaseFile
    ) async throws(RPCError) -> Turn {
        do throws(RPCError) {
            let piece = try await work.next(of: job, in: file, runtime)
            let whole: JobPiece = { job, now, transaction throws(RPCError) in
                job.problem = nil
                try piece(&job, now, transaction)
            }
            try await keep(job.id, in: file, whole)
            return .next
        } catch {
            let problem = String(error.message.prefix(Self.problemLength))
            let isRetryable = error.isRetryable
            let failure: JobPiece = { job, _, _ in
                job.problem = problem
                if !isRetryable { job.status = .failed }
            }
            try await keep(job.id, in: file, failure)
            return isRetryable ? .later : .next
        }
    }

    /// Changes a job in one transaction, unless it ended meanwhile.
    private func keep(_ id: UUIDv7, in file: DatabaseFile, _ change: @escaping JobPiece) async throws(RPCError) {
        let (store, now) = (store, runtime.clock.now())
        try await runtime.write(file) { transaction throws(RPCError) in
            guard var job = try store.find(id, in: transaction), job.status == .running else { return }
            try change(&job, now, transaction)
            job.updatedAt = now
            try store.update(job, in: transaction)
        }
    }
}
