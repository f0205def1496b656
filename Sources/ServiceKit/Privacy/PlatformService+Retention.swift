import CommonAPI
import JSON
import JSONRPC
import PlatformAPI
import ServiceContract

extension PlatformService {
    private var dataMap: DataMap { brandErasure.dataMap }

    func list(
        _ params: RetentionRecords.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> RetentionRecords.List.Reply {
        let store = RetentionStore()
        let rules = try store.rules(in: transaction)
        var items: [RetentionRecord] = []
        for table in dataMap.tables where params.table.map({ $0 == table.name }) ?? true {
            var rule = rules.first { $0.table == table.name }
            if let days = params.days { rule = RetentionStore.Rule(table: table.name, days: days) }
            var preview: RetentionStore.Preview?
            if params.preview, let rule, let age = table.aged {
                preview = try store.preview(table, age, before: rule.cutoff(at: call.now), in: transaction)
            }
            items.append(RetentionRecord(table, rule, preview))
        }
        if let table = params.table, items.isEmpty { throw .notFound("table", table) }
        return RetentionRecords.List.Reply(items: items)
    }

    func set(
        _ params: RetentionRecords.Set.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> RetentionRecords.Set.Reply {
        guard let table = dataMap.tables.first(where: { $0.name == params.table }) else {
            throw .notFound("table", params.table)
        }
        guard table.aged != nil else {
            let others = dataMap.tables.filter { $0.aged != nil }.map(\.name).joined(separator: ", ")
            throw .conflict("Rows of \(table.name) have no age, and stay \(table.kept). Those of \(others) have one.")
        }
        let store = RetentionStore()
        try store.set(table.name, days: params.days, in: transaction)
        return RetentionRecord(
            table, try store.rules(in: transaction).first { $0.table == table.name }, nil)
    }

    func apply(
        _ params: RetentionRecords.Apply.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> RetentionRecords.Apply.Reply {
        guard let brand = call.brand else { throw .forbidden("Retention rules belong to a brand.") }
        let job = try RetentionWork.begin(for: brand, at: call.now, in: transaction)
        return RetentionRecords.Apply.Reply(job: job.map { Job($0, of: runtime.name) })
    }
}

extension RetentionRecord {
    fileprivate init(_ table: DataMap.Table, _ rule: RetentionStore.Rule?, _ preview: RetentionStore.Preview?) {
        self.init(
            table: table.name, holds: table.holds, kept: table.kept, canExpire: table.aged != nil, days: rule?.days,
            rows: preview?.rows, held: preview?.held, oldest: preview?.oldest, newest: preview?.newest,
            lastAppliedAt: rule?.appliedAt, lastRows: rule?.rows)
    }
}
