import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `savedGroups.*`.
struct SavedGroupsMethods: ExperimentsAPI.SavedGroups.Service {
    /// Groups of a brand.
    static let maximum = 1_000
    /// UTF-8 bytes of a list.
    static let maximumBytes = 512 << 10

    let tombstones: Tombstones
    private let groups = SavedGroupStore()
    private let config = AssignmentConfigStore()

    init(tombstones: Tombstones) {
        self.tombstones = tombstones
    }

    func set(
        _ params: ExperimentsAPI.SavedGroups.Set.Params, in transaction: borrowing WriteTransaction,
        for call: CallContext
    ) throws(RPCError) -> ExperimentsAPI.SavedGroups.Set.Reply {
        guard (params.values == nil) != (params.condition == nil) else {
            throw .invalidParams(at: "/params", "needs either values or a condition")
        }
        let before = try groups.find(key: params.key, in: transaction)
        if let version = params.version, version != before?.version ?? 0 {
            throw .versionMismatch("saved group", expected: Int64(version), actual: Int64(before?.version ?? 0))
        }
        if before == nil {
            guard try groups.count(in: transaction) < Self.maximum else {
                throw .conflict("A brand has at most \(Self.maximum) saved groups; delete one.")
            }
        }
        try check(params.values ?? [], in: transaction)
        var number = before?.number
        if number == nil { number = try groups.nextNumber(in: transaction) }
        let group = StoredGroup(
            number: number ?? 1, key: params.key,
            name: params.name ?? params.key, description: params.description, attribute: params.attribute,
            condition: params.condition, createdAt: before?.createdAt ?? call.now, updatedAt: call.now,
            version: (before?.version ?? 0) + 1)
        try groups.save(group, in: transaction)
        try groups.replace(params.values ?? [], of: group.number, in: transaction)
        try config.change(in: transaction)
        try AssignmentCheck().check(.savedGroup(group.key), at: call.now, in: transaction)
        return try reply(params.key, in: transaction)
    }

    func get(
        _ params: ExperimentsAPI.SavedGroups.Get.Params, in transaction: borrowing ReadTransaction,
        for call: CallContext
    ) throws(RPCError) -> ExperimentsAPI.SavedGroups.Get.Reply {
        try reply(params.key, in: transaction)
    }

    func list(
        _ params: ExperimentsAPI.SavedGroups.List.Params, in transaction: borrowing ReadTransaction,
        for call: CallContext
    ) throws(RPCError) -> ExperimentsAPI.SavedGroups.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<StoredGroup>(limit: params.limit)
        for group in try groups.list(after: cursor.position, limit: params.limit + 1, in: transaction) {
            guard page.add(group, bytes: group.condition?.bytes.count ?? 0) else { break }
        }
        return ExperimentsAPI.SavedGroups.List.Reply(
            items: page.items.map { $0.reply(values: nil) },
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func delete(
        _ params: ExperimentsAPI.SavedGroups.Delete.Params, in transaction: borrowing WriteTransaction,
        for call: CallContext
    ) throws(RPCError) -> ExperimentsAPI.SavedGroups.Delete.Reply {
        guard let group = try groups.find(key: params.key, in: transaction) else {
            throw .notFound("saved group", params.key)
        }
        try groups.delete(group.number, in: transaction)
        try config.change(in: transaction)
        try AssignmentCheck().check(.removal, at: call.now, in: transaction)
        return ExperimentsAPI.SavedGroups.Delete.Reply(deletedAt: call.now)
    }

    /// Refuses lists that are too long, and those that bring back somebody who was erased.
    private func check(_ values: [String], in transaction: borrowing WriteTransaction) throws(RPCError) {
        guard values.reduce(0, { $0 + $1.utf8.count }) <= Self.maximumBytes else {
            throw .invalidParams(at: "/params/values", "has more than \(Self.maximumBytes) bytes in all")
        }
        let table = try UnitTypeTable(in: transaction)
        let known = Set(table.declared.keys).union(UnitTypeTable.defaults.keys)
        let types = Set(known.compactMap { table.identifierType(of: $0) } + ["email"])
        for value in values {
            for type in types where try tombstones.contains(type: type, value: value, in: transaction) {
                throw .suppressed("Somebody in this list")
            }
        }
    }

    private func reply(
        _ key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> SavedGroup {
        guard let group = try groups.find(key: key, in: transaction) else { throw .notFound("saved group", key) }
        let values = group.condition == nil ? try groups.values(of: group.number, in: transaction) : nil
        return group.reply(values: values)
    }
}

extension StoredGroup {
    fileprivate func reply(values: [String]?) -> SavedGroup {
        SavedGroup(
            key: key, name: name, description: description, attribute: attribute,
            count: condition == nil ? values?.count ?? count : nil, values: values, condition: condition,
            createdAt: createdAt, updatedAt: updatedAt, version: version)
    }
}
