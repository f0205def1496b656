import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract
import Synchronization

/// What every service answers to its siblings: brand files, jobs, messages, erasure, health, metrics, and what it
/// witnessed of the audit log.
struct PlatformService: BrandFiles.Service, BrandMessages.Service, DataMaps.Service, Health.Service, HoldRecords
        .Service, JobRecords.Service,
    Messages.Service, PlatformAPI.Metrics.Service, RetentionRecords.Service, Subjects.Service, WitnessedHeads.Service
{
    let runtime: ServiceRuntime
    let topics: MessageTopics
    let jobs: JobKinds
    let brandErasure: SubjectErasure
    let serviceErasure: SubjectErasure
    let health: HealthCheck
    let metrics: PrometheusMetrics
    var leavings: [BrandLeaving] = []
    /// How what the service keeps is protected, beside what its databases say: for the record of processing.
    var measures: [String] = []

    func create(
        _ params: BrandFiles.Create.Params, for call: CallContext
    ) async throws(RPCError) -> BrandFiles.Create.Reply {
        BrandFiles.Create.Reply(created: try runtime.databases.create(params.brand))
    }

    func erase(
        _ params: BrandFiles.Erase.Params, for call: CallContext
    ) async throws(RPCError) -> BrandFiles.Erase.Reply {
        try await refuseHeld(params.brand)
        // Before anything is deleted: a restore of an older backup must not bring it back.
        try brandErasure.ledger?.append(.brand(params.brand, for: params.brand, at: call.now))
        let wasThere = try await runtime.eraseBrand(params.brand)
        if !leavings.isEmpty {
            let file = runtime.databases.serviceFile
            try await runtime.write(file) { [leavings] (transaction: borrowing WriteTransaction) throws(RPCError) in
                for leave in leavings { try leave(params.brand, transaction) }
            }
            try await runtime.checkpoint(file)
        }
        return BrandFiles.Erase.Reply(erased: wasThere)
    }

    func check(_ params: Health.Check.Params, for call: CallContext) async throws(RPCError) -> Health.Check.Reply {
        // One that cannot read says so by not being writable.
        let refusal = try? await runtime.read(runtime.databases.serviceFile) { transaction throws(RPCError) in
            try HeadWitness.problem(in: transaction)
        }
        let problems = [refusal ?? nil, health.ledger?.problem()].compactMap(\.self)
        return Health.Check.Reply(
            service: runtime.name, startedAt: health.startedAt, writable: await health.isWritable(runtime),
            brands: runtime.databases.count,
            problem: problems.isEmpty ? nil : String(problems.joined(separator: " ").prefix(Self.problemCharacters)))
    }

    /// How long a problem is told at most: the contract's limit.
    private static let problemCharacters = 300

    func read(
        _ params: PlatformAPI.Metrics.Read.Params, for call: CallContext
    ) async throws(RPCError) -> PlatformAPI.Metrics.Read.Reply {
        PlatformAPI.Metrics.Read.Reply(text: String(decoding: metrics.text(), as: UTF8.self))
    }

    func deliver(
        _ params: Messages.Deliver.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Messages.Deliver.Reply {
        Messages.Deliver.Reply(
            highWaterMark: try take(params.messages, of: params.sender, params.incarnation, in: transaction, for: call))
    }

    func deliver(
        _ params: BrandMessages.Deliver.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> BrandMessages.Deliver.Reply {
        BrandMessages.Deliver.Reply(
            highWaterMark: try take(params.messages, of: params.sender, params.incarnation, in: transaction, for: call))
    }

    /// Applies those of a sender's messages that are new to this database.
    private func take(
        _ messages: [Message], of sender: String, _ incarnation: String, in transaction: borrowing WriteTransaction,
        for call: CallContext
    ) throws(RPCError) -> Int {
        guard call.principal == "service:\(sender)" else {
            throw .forbidden("\(call.principal) may not deliver messages of \(sender).")
        }
        var mark = try Inbox.highWaterMark(of: sender, incarnation, in: transaction)
        for message in messages where Int64(message.sequence) > mark {
            if let problem = try topics.apply(message.topic, message.body, in: transaction, for: call) {
                try Inbox.setAside(message, problem, of: sender, incarnation, at: call.now, in: transaction)
            }
            mark = Int64(message.sequence)
        }
        try Inbox.raise(to: mark, of: sender, incarnation, in: transaction)
        return Int(mark)
    }

    /// Erases from the brand's file where there is one, and from the service's own file always. Bytes are left in both
    /// logs until ``search(_:for:)``.
    func erase(
        _ params: Subjects.Erase.Params, for call: CallContext
    ) async throws(RPCError) -> Subjects.Erase.Reply {
        guard let brand = call.brand else { throw .forbidden("An erasure needs a brand.") }
        var outcome = SubjectErasure.Outcome()
        if let file = runtime.databases.file(of: brand) {
            Failpoint.erasedBrandFile.before(runtime.name)
            outcome = try await runtime.write(file) { [brandErasure] transaction throws(RPCError) in
                try brandErasure.erase(
                    params.identifiers, actors: params.actors, recipientsThrough: params.recipientsThrough,
                    request: params.request, brand: brand, at: call.now, in: transaction)
            }
            guard !outcome.isPostponed && outcome.heldBy.isEmpty else {
                return Subjects.Erase.Reply(
                    identifiers: outcome.identifiers, actors: outcome.actors, rows: outcome.rows,
                    heldBy: outcome.heldBy.isEmpty ? nil : outcome.heldBy, hasErased: outcome.hasErased,
                    recipients: outcome.recipients.isEmpty ? nil : outcome.recipients)
            }
            Failpoint.erasedBrandFile.after(runtime.name)
        }
        Failpoint.erasedServiceFile.before(runtime.name)
        let rest = try await runtime.write(runtime.databases.serviceFile) {
            [serviceErasure] transaction throws(RPCError) in
            try serviceErasure.erase(
                params.identifiers, actors: params.actors, request: params.request, brand: brand, at: call.now,
                in: transaction)
        }
        Failpoint.erasedServiceFile.after(runtime.name)
        return Subjects.Erase.Reply(
            identifiers: rest.identifiers, actors: rest.actors, rows: Self.sum(outcome.rows + rest.rows),
            hasErased: true)
    }

    /// Empties the logs of the brand's file and of the service's own, and reads both once for all requests.
    func search(
        _ params: Subjects.Search.Params, for call: CallContext
    ) async throws(RPCError) -> Subjects.Search.Reply {
        // As they were written, and as they are kept.
        let wanted = params.requests.map { request in
            Array(Set(request.identifiers + request.identifiers.compactMap { try? $0.canonical() }))
        }
        var found = (bytes: 0, hits: [Int](repeating: 0, count: wanted.count))
        if let file = call.brand.flatMap({ runtime.databases.file(of: $0) }) {
            Failpoint.searchedBrandFile.before(runtime.name)
            found = try await runtime.checkpoint(file, searchingForEach: wanted)
            Failpoint.searchedBrandFile.after(runtime.name)
        }
        Failpoint.searchedServiceFile.before(runtime.name)
        let own = try await runtime.checkpoint(runtime.databases.serviceFile, searchingForEach: wanted)
        Failpoint.searchedServiceFile.after(runtime.name)
        let findings = params.requests.indices.map {
            Subjects.Search.Reply.Finding(
                request: params.requests[$0].request, scanHits: found.hits[$0] + own.hits[$0])
        }
        return Subjects.Search.Reply(scannedBytes: found.bytes + own.bytes, findings: findings)
    }

    /// Both files have tables of the same names.
    private static func sum(_ rows: [TableRows]) -> [TableRows] {
        Dictionary(rows.map { ($0.table, $0.rows) }, uniquingKeysWith: +).sorted { $0.key < $1.key }.map {
            TableRows(table: $0.key, rows: $0.value)
        }
    }
}

/// Whether a service can write, asked of the disk at most once a second.
///
/// A durable write must succeed, and there must be room for more: the write alone may still fit into space that a
/// log has set aside.
final class HealthCheck: Sendable {
    private static let cacheMicroseconds: Int64 = 1_000_000
    /// Free space below which a service says that it is not ready.
    static let minimumFreeBytes: UInt64 = 1 << 20

    let startedAt: Timestamp
    let ledger: ErasureLedger?
    private let last = Mutex<(at: Timestamp, isWritable: Bool)?>(nil)

    init(startedAt: Timestamp, ledger: ErasureLedger? = nil) {
        self.startedAt = startedAt
        self.ledger = ledger
    }

    func isWritable(_ runtime: ServiceRuntime) async -> Bool {
        let now = runtime.clock.now()
        if let last = last.withLock(\.self), now.microseconds - last.at.microseconds < Self.cacheMicroseconds {
            return last.isWritable
        }
        let isWritable: Bool
        do {
            try await runtime.write(runtime.databases.serviceFile) { transaction throws(RPCError) in
                _ = try transaction.run("UPDATE ground SET checked_at = :now", [":now": now])
            }
            isWritable = runtime.databases.freeBytes >= Self.minimumFreeBytes
        } catch {
            isWritable = false
        }
        last.withLock { $0 = (now, isWritable) }
        return isWritable
    }
}
