import CommonAPI
import JSON
import JSONRPC
import JSONRPCInProcess
import PlatformAPI
import SQLite
import ServiceContract
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct JobTests {
    @Test("A job goes on piece by piece until its work says that it is done")
    func pieces() async throws {
        try await withCounting { service in
            let job = try await service.begin(5)
            let ended = try await service.end(of: job.id)
            #expect(try await service.count() == 5 && ended.done == 5 && ended.total == 5)
            #expect(ended.status == .completed && ended.problem == nil)
        }
    }

    @Test("A job that another process left behind goes on where it was, and does nothing twice")
    func leftBehind() async throws {
        let directory = TemporaryDirectory()
        let work = CountingWork()
        work.stopsAt = 3
        let id = try await withCounting(in: directory, work) { service in
            let job = try await service.begin(6)
            try await eventually { try await service.count() == 3 }
            return job.id
        }
        try await withCounting(in: directory) { service in
            let ended = try await service.end(of: id)
            #expect(try await service.count() == 6 && ended.done == 6)
        }
    }

    @Test("A job that is cancelled does no more, and its kind puts away what it was in the middle of")
    func cancelled() async throws {
        let work = CountingWork()
        work.stopsAt = 2
        try await withCounting(work) { service in
            let job = try await service.begin(5)
            try await eventually { try await service.count() == 2 }
            let records = JobRecords.Client(service.client)
            let ended = try await records.cancel(JobRecords.Cancel.Params(id: job.id), for: service.gateway)
            #expect(ended.status == .cancelled && ended.done == 2)
            work.stopsAt = nil
            // Asked again, it says the same; what runs beside it is done.
            #expect(try await records.cancel(JobRecords.Cancel.Params(id: job.id), for: service.gateway) == ended)
            _ = try await service.end(of: try await service.begin(1, from: 10).id)
            #expect(try await service.number("SELECT count(*) FROM notes WHERE text = 'put away'") == 1)
            #expect(try await service.count() == 4)
        }
    }

    @Test("Only a running job can be cancelled")
    func cancelledTooLate() async throws {
        try await withCounting { service in
            let job = try await service.end(of: try await service.begin(1).id)
            let error = await failure { () throws(RPCError) in
                try await JobRecords.Client(service.client).cancel(
                    JobRecords.Cancel.Params(id: job.id), for: service.gateway)
            }
            #expect(error?.code == RPCError.Code.illegalTransition)
        }
    }

    @Test("A piece that fails by what may pass is tried again, and the job says meanwhile what it waits for")
    func retried() async throws {
        let work = CountingWork()
        work.failure = .dependencyUnavailable("tenancy")
        try await withCounting(work) { service in
            let job = try await service.begin(2)
            try await eventually { try await service.job(job.id).problem?.contains("tenancy") == true }
            #expect(try await service.job(job.id).status == .running)
            work.failure = nil
            let ended = try await service.end(of: job.id)
            #expect(ended.status == .completed && ended.problem == nil && ended.done == 2)
        }
    }

    @Test("A piece that fails for good ends its job, and nothing of the piece is left")
    func failed() async throws {
        let work = CountingWork()
        work.breaksAt = 2
        try await withCounting(work) { service in
            let ended = try await service.end(of: try await service.begin(5).id)
            #expect(ended.status == .failed && ended.problem == "Broken on purpose." && ended.done == 2)
            #expect(try await service.count() == 2)
        }
    }

    @Test("A job begun by a call that fails is none")
    func undone() async throws {
        try await withCounting { service in
            let error = await failure { () throws(RPCError) in
                try await service.write { transaction throws(RPCError) in
                    _ = try JobStore().begin(
                        CountingWork.kind, unit: "notes", at: Timestamp(microseconds: 0), in: transaction)
                    throw .conflict("Broken on purpose.")
                }
            }
            #expect(error?.code == RPCError.Code.conflict)
            let begun = try await service.number("SELECT count(*) FROM jobs")
            #expect(begun == 0)
        }
    }

    @Test("Jobs of one brand take turns")
    func turns() async throws {
        let work = CountingWork()
        try await withCounting(work) { service in
            work.onPiece = { service.clock.advance(microseconds: 1) }
            work.failure = .busy("Everything")
            let long = try await service.begin(40)
            let short = try await service.begin(2, from: 100)
            work.failure = nil
            _ = try await service.end(of: short.id)
            #expect(try await service.job(long.id).done < 40)
            #expect(try await service.end(of: long.id).done == 40)
        }
    }

    @Test("A kind without work is left to its callers")
    func driven() async throws {
        try await withCounting { service in
            let (counted, driven) = try await service.write { transaction throws(RPCError) in
                let driven = try JobStore().begin(
                    "import", unit: "bytes", at: Timestamp(microseconds: 0), in: transaction)
                return (try CountingWork.begin(2, from: 0, in: transaction), driven)
            }
            _ = try await service.end(of: counted.id)
            #expect(try await service.job(driven.id).status == .running)
        }
    }

    @Test("Jobs are listed newest first, page by page, to their own brand alone")
    func listed() async throws {
        try await withCounting { service in
            var ids: [UUIDv7] = []
            for number in 0..<5 { ids.append(try await service.begin(1, from: number * 10).id) }
            let records = JobRecords.Client(service.client)
            let first = try await records.list(JobRecords.List.Params(limit: 3), for: service.gateway)
            #expect(first.items.map(\.id) == Array(ids.reversed().prefix(3)) && first.items[0].service == "notes")
            let rest = try await records.list(
                JobRecords.List.Params(limit: 3, before: first.items[2].id), for: service.gateway)
            #expect(rest.items.map(\.id) == Array(ids.prefix(2).reversed()))
            var other = service.gateway
            other.brand = ServiceFixture.otherBrand
            #expect(try await records.list(JobRecords.List.Params(limit: 3), for: other).items.isEmpty)
            let error = await failure { () throws(RPCError) in
                try await records.get(JobRecords.Get.Params(id: ids[0]), for: other)
            }
            #expect(error?.code == RPCError.Code.notFound)
        }
    }

    // MARK: Running it

    private func withCounting<T>(
        in directory: TemporaryDirectory = TemporaryDirectory(), _ work: CountingWork = CountingWork(),
        _ body: (ServiceFixture) async throws -> T
    ) async throws -> T {
        var kinds = JobKinds()
        kinds[CountingWork.kind] = work
        let service = try ServiceFixture(in: directory, jobs: kinds)
        let runner = JobRunner(kinds, runtime: service.runtime)
        // It ends when this function does.
        let running = Task { try await runner.run() }
        defer { service.runtime.stop() }
        let outcome: Result<T, any Error>
        do {
            outcome = .success(try await body(service))
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        _ = await running.result
        return try outcome.get()
    }
}

extension ServiceFixture {
    fileprivate var gateway: CallContext { CallContext(brand: Self.brand, principal: "service:gateway") }

    fileprivate func begin(_ count: Int, from first: Int = 0) async throws(RPCError) -> StoredJob {
        try await write { transaction throws(RPCError) in
            try CountingWork.begin(count, from: first, in: transaction)
        }
    }

    fileprivate func job(_ id: UUIDv7) async throws(RPCError) -> Job {
        try await JobRecords.Client(client).get(JobRecords.Get.Params(id: id), for: gateway)
    }

    fileprivate func end(of id: UUIDv7) async throws -> Job {
        try await eventually { try await self.job(id).status != .running }
        return try await job(id)
    }
}

/// Writes one note a piece, numbered on from the state it begins with. A note that is written twice is an error.
private final class CountingWork: JobWork {
    static let kind = "counting"

    private struct Settings {
        var stopsAt: Int?
        var breaksAt: Int?
        var failure: RPCError?
        var onPiece: (@Sendable () -> Void)?
    }

    private let settings = Mutex(Settings())

    /// Pieces behind which it pretends that the process is slow.
    var stopsAt: Int? {
        get { settings.withLock(\.stopsAt) }
        set { settings.withLock { $0.stopsAt = newValue } }
    }

    /// The piece that writes its note and fails.
    var breaksAt: Int? {
        get { settings.withLock(\.breaksAt) }
        set { settings.withLock { $0.breaksAt = newValue } }
    }

    /// What every piece fails with.
    var failure: RPCError? {
        get { settings.withLock(\.failure) }
        set { settings.withLock { $0.failure = newValue } }
    }

    /// Called before every piece.
    var onPiece: (@Sendable () -> Void)? {
        get { settings.withLock(\.onPiece) }
        set { settings.withLock { $0.onPiece = newValue } }
    }

    static func begin(
        _ count: Int, from first: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredJob {
        try JobStore().begin(
            kind, unit: "notes", total: count, state: JSONRaw(first), at: Timestamp(microseconds: 0),
            in: transaction)
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        onPiece?()
        if let failure { throw failure }
        if let stopsAt, job.done >= stopsAt { throw .busy("The notebook") }
        let breaks = breaksAt == job.done
        return { job, _, transaction throws(RPCError) in
            let number = Int64((job.state?.description).flatMap { Int($0) } ?? 0)
            try transaction.run("INSERT INTO notes (text) VALUES (:text)", [":text": "\(number)"])
            if breaks { throw .conflict("Broken on purpose.") }
            job.state = JSONRaw(number + 1)
            job.done += 1
            if job.done == job.total { job.status = .completed }
        }
    }

    func cancel(_ job: StoredJob, in transaction: borrowing WriteTransaction) throws(RPCError) {
        try transaction.run("INSERT INTO notes (text) VALUES ('put away')")
    }
}
