public import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

extension PlatformService {
    func get(
        _ params: JobRecords.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> JobRecords.Get.Reply {
        reply(try find(params.id, in: transaction))
    }

    func list(
        _ params: JobRecords.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> JobRecords.List.Reply {
        let jobs = try JobStore().list(before: params.before, limit: params.limit, in: transaction)
        return JobRecords.List.Reply(items: jobs.map(reply))
    }

    func cancel(
        _ params: JobRecords.Cancel.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> JobRecords.Cancel.Reply {
        var job = try find(params.id, in: transaction)
        switch job.status {
        case .cancelled: return reply(job)
        case .completed, .failed:
            throw .illegalTransition("This job is \(job.status.rawValue); only one that is running can be cancelled.")
        case .running:
            try jobs[job.kind]?.cancel(job, in: transaction)
            job.status = .cancelled
            job.updatedAt = call.now
            try JobStore().update(job, in: transaction)
            return reply(job)
        }
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredJob {
        guard let job = try JobStore().find(id, in: transaction) else { throw .notFound("job", id) }
        return job
    }

    private func reply(_ job: StoredJob) -> Job {
        Job(job, of: runtime.name)
    }
}

extension Job {
    /// As callers see it.
    public init(_ job: StoredJob, of service: String) {
        let status: Status =
            switch job.status {
            case .running: .running
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            }
        self.init(
            id: job.id, service: service, kind: job.kind, status: status, done: job.done, total: job.total,
            unit: job.unit, problem: job.problem, createdAt: job.createdAt, updatedAt: job.updatedAt)
    }
}
