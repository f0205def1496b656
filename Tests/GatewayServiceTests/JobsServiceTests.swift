import CommonAPI
import GatewayAPI
import JSON
import JSONRPC
import PlatformAPI
import Testing

@testable import GatewayService

@Suite struct JobsServiceTests {
    private static let call = CallContext(
        brand: UUIDv7(milliseconds: 1, sequence: 0, random: 1), principal: "key:1", scopes: ["jobs:*"])

    private func service(_ peers: PlayedJobs...) -> JobsService {
        JobsService(services: peers.map(\.name)) { name in peers.first { $0.name == name } ?? PlayedJobs(name, nil) }
    }

    @Test("Jobs of all services are one list, newest first, page by page")
    func listed() async throws {
        let jobs = service(PlayedJobs("signals", [1, 4, 5]), PlayedJobs("stimuli", [2, 3]), PlayedJobs("tenancy", []))
        var cursor: String?
        var pages: [[UUIDv7]] = []
        repeat {
            let page = try await jobs.list(Jobs.List.Params(cursor: cursor, limit: 2), for: Self.call)
            pages.append(page.items.map(\.id))
            cursor = page.nextCursor
        } while cursor != nil
        #expect(pages == [[5, 4], [3, 2], [1]].map { $0.map(PlayedJobs.id) })
    }

    @Test("A page that holds just all there is says that there is no more")
    func exactPage() async throws {
        let page = try await service(PlayedJobs("signals", [1, 2])).list(Jobs.List.Params(limit: 2), for: Self.call)
        #expect(page.items.count == 2 && page.nextCursor == nil)
    }

    @Test("A job is found, and ended, where it is done; one that nobody does is not found")
    func found() async throws {
        let (signals, stimuli) = (PlayedJobs("signals", [1]), PlayedJobs("stimuli", [2]))
        let jobs = service(signals, stimuli)
        let job = try await jobs.get(Jobs.Get.Params(id: PlayedJobs.id(2)), for: Self.call)
        #expect(job.service == "stimuli")
        let ended = try await jobs.cancel(Jobs.Cancel.Params(id: PlayedJobs.id(2)), for: Self.call)
        #expect(ended.service == "stimuli" && ended.status == .cancelled)
        await #expect(throws: RPCError.notFound("job", PlayedJobs.id(3))) {
            try await jobs.get(Jobs.Get.Params(id: PlayedJobs.id(3)), for: Self.call)
        }
    }

    @Test("A service that does not have the brand has no jobs of it")
    func brandless() async throws {
        let tenancy = PlayedJobs("tenancy", [], hasBrand: false)
        let page = try await service(PlayedJobs("signals", [1]), tenancy).list(Jobs.List.Params(), for: Self.call)
        #expect(page.items.count == 1)
    }

    @Test("A service that does not answer is named, instead of a list that lacks its jobs")
    func silent() async throws {
        let jobs = service(PlayedJobs("signals", [1]), PlayedJobs("stimuli", nil))
        await #expect(throws: RPCError.dependencyUnavailable("stimuli")) {
            try await jobs.list(Jobs.List.Params(), for: Self.call)
        }
    }

    @Test("A cursor that is none, and a call for no brand, are refused")
    func refused() async throws {
        let jobs = service(PlayedJobs("signals", []))
        await #expect(throws: RPCError.invalidCursor) {
            try await jobs.list(Jobs.List.Params(cursor: "first"), for: Self.call)
        }
        await #expect(throws: RPCError.forbidden("Jobs belong to a brand: name it in meta.")) {
            try await jobs.list(Jobs.List.Params(), for: CallContext(principal: "admin"))
        }
    }
}

/// A service with a few jobs; nil: it does not answer.
private struct PlayedJobs: JSONRPCClient {
    let name: String
    private let jobs: [Job]?
    private let hasBrand: Bool

    init(_ name: String, _ numbers: [UInt64]?, hasBrand: Bool = true) {
        self.name = name
        self.hasBrand = hasBrand
        jobs = numbers?.map { Self.job(Self.id($0), of: name, .running) }
    }

    private static func job(_ id: UUIDv7, of service: String, _ status: Job.Status) -> Job {
        Job(
            id: id, service: service, kind: "import", status: status, done: 0, unit: "bytes",
            createdAt: Timestamp(microseconds: 0), updatedAt: Timestamp(microseconds: 0))
    }

    static func id(_ number: UInt64) -> UUIDv7 {
        UUIDv7(milliseconds: 0x0193_0000_0000, sequence: 0, random: number)
    }

    func call(_ method: String, params: [UInt8], context: CallContext?) async throws(RPCError) -> [UInt8] {
        guard let jobs else { throw .dependencyUnavailable(name) }
        guard context?.principal == "service:gateway", context?.brand != nil else { throw .forbidden("no") }
        if !hasBrand { throw .notFound("brand", Self.id(0)) }
        do {
            let asked = try JSONValue(parsing: params)
            if method == "jobRecords.list" {
                let before = asked["before"]?.string.flatMap { UUIDv7($0) }
                let found = jobs.sorted { $0.id > $1.id }.filter { job in before.map { job.id < $0 } ?? true }
                return JobRecords.List.Reply(items: Array(found.prefix(Int(asked["limit"]?.int64 ?? 0)))).json()
            }
            let id = asked["id"]?.string.flatMap { UUIDv7($0) }
            guard let job = jobs.first(where: { $0.id == id }) else { throw RPCError.notFound("job", id ?? Self.id(0)) }
            return (method == "jobRecords.cancel" ? Self.job(job.id, of: name, .cancelled) : job).json()
        } catch let error as RPCError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }
}
