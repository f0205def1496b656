import JSON
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract

/// Deletes what a brand's retention rules no longer keep, some thousand rows at a time, table after table.
///
/// Holds and rules are those of the moment of each piece. In the end nothing of what went is left in the file or its log,
/// and an entry in the audit log names the tables.
struct RetentionWork: JobWork {
    static let kind = "retention"
    /// Rows that one piece looks at; people, each with all that is theirs.
    static let rowsInPiece = 2_000
    static let peopleInPiece = 100

    let dataMap: DataMap
    private let store = RetentionStore()

    init(dataMap: DataMap) {
        self.dataMap = dataMap
    }

    /// Begins to carry the rules out.
    ///
    /// - Returns: the job, or the one that is under way; nil where there is no rule.
    static func begin(
        for brand: UUIDv7, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredJob? {
        if let job = try JobStore().running(in: transaction).first(where: { $0.kind == kind }) { return job }
        guard try !RetentionStore().rules(in: transaction).isEmpty else { return nil }
        return try JobStore().begin(
            kind, unit: "rows", state: JSONRaw(RetentionPosition(brand: brand)), at: now, in: transaction)
    }

    func next(
        of job: StoredJob, in file: DatabaseFile, _ runtime: ServiceRuntime
    ) async throws(RPCError) -> JobPiece {
        guard try RetentionPosition(job).isThrough else {
            return { job, now, transaction throws(RPCError) in try advance(&job, at: now, in: transaction) }
        }
        try await runtime.checkpoint(file)
        let name = runtime.name
        return { job, now, transaction throws(RPCError) in
            try tell(try RetentionPosition(job), by: name, at: now, in: transaction)
            job.total = job.done
            job.status = .completed
        }
    }

    private func advance(
        _ job: inout StoredJob, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        var position = try RetentionPosition(job)
        let rules = try store.rules(in: transaction)
        let tables = dataMap.tables.filter { $0.aged != nil }
        // Rules may come and go meanwhile: what is behind the position is done.
        let left = tables.drop { table in position.table.map { table.name != $0 } ?? false }
        let found = left.first { table in rules.contains { $0.table == table.name } }
        guard let table = found, let age = table.aged, let rule = rules.first(where: { $0.table == table.name }) else {
            position.isThrough = true
            job.state = JSONRaw(position)
            return
        }
        if position.table != table.name { position.enter(table.name) }
        let count = age.isPerson ? Self.peopleInPiece : Self.rowsInPiece
        if let end = try store.end(of: count, after: position.place, table, age, in: transaction) {
            let rows = try store.delete(
                table, age, of: dataMap, before: rule.cutoff(at: now), after: position.place, upTo: end,
                in: transaction)
            position.place = end
            position.rows[table.name, default: 0] += rows
            job.done += rows
        } else {
            try store.note(table.name, rows: position.rows[table.name] ?? 0, at: now, in: transaction)
            let next = tables.drop { $0.name != table.name }.dropFirst().first
            if let next { position.enter(next.name) } else { position.isThrough = true }
        }
        job.state = JSONRaw(position)
    }

    /// Tells the audit log from which tables rows went.
    private func tell(
        _ position: RetentionPosition, by service: String, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        let tables = position.rows.filter { $0.value > 0 }
        guard !tables.isEmpty else { return }
        let call = CallContext(brand: position.brand, principal: "service:\(service)", now: now)
        try AuditTrail.record(
            RetentionRecords.Apply.method, params: tables.json(), reply: Array("{}".utf8), call: call, by: service,
            in: transaction)
    }
}

/// Where a retention job goes on.
struct RetentionPosition: JSONReadable, JSONWritable, Equatable {
    let brand: UUIDv7
    /// The table it is at; nil: at the beginning.
    var table: String?
    /// Up to where that table is done.
    var place: Int64 = .min
    /// What went, by table.
    var rows: [String: Int] = [:]
    /// Whether no table is left.
    var isThrough = false

    init(brand: UUIDv7) {
        self.brand = brand
    }

    init(_ job: StoredJob) throws(RPCError) {
        guard let state = job.state else { throw .internalError("The job \(job.id) has no state.") }
        do throws(JSONError) {
            self = try RetentionPosition(json: state.bytes)
        } catch {
            throw .internalError("The state of the job \(job.id) cannot be read: \(error.message)")
        }
    }

    mutating func enter(_ table: String) {
        self.table = table
        place = .min
    }

    init(from reader: inout JSONReader) throws(JSONError) {
        var brand: UUIDv7?
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "brand": brand = try reader.readUUID()
            case "table": table = try reader.readString()
            case "place": place = try reader.readInt64()
            case "rows": rows = try [String: Int](from: &reader)
            case "isThrough": isThrough = try reader.readBool()
            default: try reader.skip()
            }
        }
        guard let brand else { throw reader.missing("brand") }
        self.brand = brand
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("brand")
        brand.write(to: &writer)
        if let table {
            writer.key("table")
            writer.string(table)
        }
        writer.key("place")
        writer.int(place)
        writer.key("rows")
        rows.write(to: &writer)
        writer.key("isThrough")
        writer.bool(isThrough)
        writer.endObject()
    }
}
