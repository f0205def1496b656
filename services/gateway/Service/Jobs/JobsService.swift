import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

/// Answers `jobs.*` for all services: each keeps its own jobs.
struct JobsService: Jobs.Service {
    private static let deadlineMilliseconds: Int64 = 5_000

    /// Those that may have jobs.
    let services: [String]
    let dial: @Sendable (String) -> any JSONRPCClient

    func get(_ params: Jobs.Get.Params, for call: CallContext) async throws(RPCError) -> Jobs.Get.Reply {
        try await find(params.id, for: call)
    }

    func list(_ params: Jobs.List.Params, for call: CallContext) async throws(RPCError) -> Jobs.List.Reply {
        var before: UUIDv7?
        if let text = params.cursor {
            before = UUIDv7(text)
            if before == nil { throw .invalidCursor }
        }
        let ask = JobRecords.List.Params(limit: params.limit + 1, before: before)
        let context = try context(of: call)
        // An id's order is the order of creation, in every service alike.
        let all = try await each { jobs throws(RPCError) in try await jobs.list(ask, for: context).items }
            .flatMap(\.self).sorted { $0.id > $1.id }
        let page = Array(all.prefix(params.limit))
        return Jobs.List.Reply(items: page, nextCursor: all.count > page.count ? page.last.map { "\($0.id)" } : nil)
    }

    func cancel(_ params: Jobs.Cancel.Params, for call: CallContext) async throws(RPCError) -> Jobs.Cancel.Reply {
        let service = try await find(params.id, for: call).service
        return try await JobRecords.Client(dial(service)).cancel(
            JobRecords.Cancel.Params(id: params.id), for: context(of: call))
    }

    private func find(_ id: UUIDv7, for call: CallContext) async throws(RPCError) -> Job {
        let context = try context(of: call)
        let found = try await each { jobs throws(RPCError) in
            try await jobs.get(JobRecords.Get.Params(id: id), for: context)
        }
        guard let job = found.first else { throw .notFound("job", id) }
        return job
    }

    /// What the services answer that have the brand and what is asked for. One that is silent fails the whole: what it
    /// has would be missing.
    private func each<T: Sendable>(
        _ ask: @escaping @Sendable (JobRecords.Client) async throws(RPCError) -> T
    ) async throws(RPCError) -> [T] {
        let answers = await withTaskGroup(of: Result<T, RPCError>.self) { group in
            for service in services {
                group.addTask {
                    do throws(RPCError) {
                        return .success(try await ask(JobRecords.Client(dial(service))))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var all: [T] = []
        for answer in answers {
            do throws(RPCError) {
                all.append(try answer.get())
            } catch {
                guard error.code == RPCError.Code.notFound else { throw error }
            }
        }
        return all
    }

    /// The brand and the deadline of `call`; the principal was admitted here.
    private func context(of call: CallContext) throws(RPCError) -> CallContext {
        guard let brand = call.brand else { throw .forbidden("Jobs belong to a brand: name it in meta.") }
        return CallContext(
            brand: brand, principal: "service:gateway",
            deadlineMilliseconds: min(call.deadlineMilliseconds ?? .max, Self.deadlineMilliseconds),
            traceparent: call.traceparent)
    }
}
