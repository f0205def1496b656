import CommonAPI
import JSONRPC
import PlatformAPI
import SQLite
import ServiceContract

extension PlatformService {
    func get(
        _ params: DataMaps.Get.Params, for call: CallContext
    ) async throws(RPCError) -> DataMaps.Get.Reply {
        DataMaps.Get.Reply(
            service: runtime.name, tables: dataMap.tables.map(MappedTable.init),
            measures: try await stored() + measures)
    }

    func staying(
        _ params: DataMaps.Staying.Params, for call: CallContext
    ) async throws(RPCError) -> DataMaps.Staying.Reply {
        DataMaps.Staying.Reply(items: dataMap.staying(after: params.after))
    }

    /// The tables of the brands' files, and those of the service's own.
    private var dataMap: DataMap {
        let tables = brandErasure.dataMap.tables
        return DataMap(
            tables
                + serviceErasure.dataMap.tables.filter { table in !tables.contains { $0.name == table.name } })
    }

    /// What the database itself says of how it is kept.
    private func stored() async throws(RPCError) -> [String] {
        let (overwrites, synchronous) = try await runtime.write(runtime.databases.serviceFile) {
            transaction throws(RPCError) in
            (
                try transaction.one("PRAGMA secure_delete") { $0.int(0) } ?? 0,
                try transaction.one("PRAGMA synchronous") { $0.int(0) } ?? 0
            )
        }
        var measures: [String] = []
        let brands = runtime.databases.count
        if brands > 0 { measures.append("Each brand's data lies in a database of its own; there are \(brands).") }
        if overwrites == 1 { measures.append("What is deleted is overwritten in the file (SQLite secure_delete).") }
        if synchronous >= 2 { measures.append("What was answered is on disk (SQLite synchronous=FULL).") }
        measures.append("Erased people are refused by keyed hashes of their identifiers, which say nothing of them.")
        return measures
    }
}

extension MappedTable {
    fileprivate init(_ table: DataMap.Table) {
        let people: People? =
            switch table.processing?.people {
            case .customers: .customers
            case .staff: .staff
            case nil: nil
            }
        self.init(
            table: table.name, holds: table.holds, people: people, purpose: table.processing?.purpose,
            data: table.processing?.data ?? [], kept: table.kept)
    }
}
