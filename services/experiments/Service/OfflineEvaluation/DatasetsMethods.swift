import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import ServiceContract
import ServiceKit

/// Answers `datasets.*`.
struct DatasetsMethods: Datasets.Service {
    let admission: UnitAdmission
    private let datasets = DatasetStore()

    init(admission: UnitAdmission) {
        self.admission = admission
    }

    func create(
        _ params: Datasets.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.Create.Reply {
        try DatasetRules.check(params)
        return try begin(params, at: call.now, in: transaction).reply
    }

    func fromDecisions(
        _ params: Datasets.FromDecisions.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.FromDecisions.Reply {
        guard let bandit = try BanditStore().find(key: params.bandit, in: transaction) else {
            throw .notFound("bandit", params.bandit)
        }
        let dataset = try begin(
            Datasets.Create.Params(
                name: params.name, label: params.label, arms: bandit.arms, reward: params.reward,
                features: bandit.features, description: "Decisions of the bandit \(bandit.key)."), at: call.now,
            in: transaction)
        let position = DecisionCopy.Position(
            dataset: dataset.number, bandit: bandit.number, last: bandit.decisions)
        let job = try JobStore().begin(
            DecisionCopy.kind, unit: "decisions", state: JSONRaw(position), at: call.now, in: transaction)
        return Job(job, of: ExperimentsService.definition.name)
    }

    private func begin(
        _ params: Datasets.Create.Params, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredDataset {
        guard try datasets.find(name: params.name, label: params.label, in: transaction) == nil else {
            throw .conflict("The brand has \(params.name) \(params.label) already; choose another label.")
        }
        var dataset = StoredDataset(
            number: 0, id: transaction.newID(at: now), name: params.name, label: params.label,
            description: params.description, arms: params.arms, features: params.features, reward: params.reward,
            scores: params.scores, metrics: params.metrics, targets: params.targets, hash: SHA256.hash([]),
            createdAt: now)
        dataset.hash = SHA256.hash(dataset.header)
        dataset.number = try datasets.insert(dataset, in: transaction)
        return dataset
    }

    func append(
        _ params: Datasets.Append.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.Append.Reply {
        var dataset = try find(params.id, in: transaction)
        var rows: [CanonicalRow] = []
        for (index, row) in params.rows.enumerated() {
            try DatasetRules.check(row, in: dataset, at: "/params/rows/\(index)")
            rows.append(CanonicalRow(row))
            guard rows[index].text.utf8.count <= CanonicalRow.largestBytes else {
                throw .invalidParams(
                    at: "/params/rows/\(index)", "has more than \(CanonicalRow.largestBytes) bytes")
            }
        }
        if try isThere(rows, from: params.offset, in: dataset, transaction) { return dataset.reply }
        guard dataset.sealedAt == nil else {
            throw .conflict("This dataset is sealed and takes no more rows; begin another label.")
        }
        try checkNobodyFills(dataset, in: transaction)
        guard params.offset == dataset.rows else {
            throw .conflict(
                "This dataset has \(dataset.rows) rows, and these begin at \(params.offset); go on at offset "
                    + "\(dataset.rows).")
        }
        guard dataset.rows + rows.count <= DatasetRules.largestCount else {
            throw .conflict(
                "A dataset has at most \(DatasetRules.largestCount) rows; seal this one and begin another label.")
        }
        let types = try UnitTypeTable(in: transaction)
        for (index, row) in rows.enumerated() {
            let unit = try params.rows[index].unit.map { unit throws(RPCError) in
                try admission.number(of: unit, "the unit of row \(index)", types, at: call.now, in: transaction)
            }
            try datasets.append(row, number: dataset.rows, unit: unit, to: dataset.number, in: transaction)
            dataset.add(row)
        }
        try datasets.update(dataset, in: transaction)
        return dataset.reply
    }

    func seal(
        _ params: Datasets.Seal.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.Seal.Reply {
        var dataset = try find(params.id, in: transaction)
        guard dataset.sealedAt == nil else { return dataset.reply }
        try checkNobodyFills(dataset, in: transaction)
        guard dataset.rows > 0 else {
            throw .conflict("This dataset has no rows; append some before it is sealed.")
        }
        dataset.sealedAt = call.now
        try datasets.update(dataset, in: transaction)
        return dataset.reply
    }

    func get(
        _ params: Datasets.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.Get.Reply {
        switch (params.id, params.name, params.label) {
        case (let id?, nil, nil): return try find(id, in: transaction).reply
        case (nil, let name?, let label?):
            guard let found = try datasets.find(name: name, label: label, in: transaction) else {
                throw .notFound("dataset", "\(name) \(label)")
            }
            return found.reply
        default: throw .invalidParams(at: "/params", "needs either an id, or a name and a label")
        }
    }

    func list(
        _ params: Datasets.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.List.Reply {
        let cursor = try ListCursor(params.cursor, from: .max)
        var page = ListPage<StoredDataset>(limit: params.limit)
        for dataset in try datasets.list(
            before: cursor.position, name: params.name, limit: params.limit + 1, in: transaction)
        {
            guard page.add(dataset, bytes: dataset.header.utf8.count) else { break }
        }
        return Datasets.List.Reply(
            items: page.items.map(\.reply), nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func rows(
        _ params: Datasets.Rows.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Datasets.Rows.Reply {
        let dataset = try find(params.id, in: transaction)
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<StoredDatasetRow>(limit: params.limit)
        try datasets.each(
            of: dataset.number, from: Int(cursor.position), limit: params.limit + 1, in: transaction
        ) { row in page.add(row, bytes: row.body?.bytes.count ?? 0) }
        return Datasets.Rows.Reply(
            items: page.items, nextCursor: page.hasMore ? page.items.last.map { "\($0.number + 1)" } : nil)
    }

    /// Whether the rows were appended before, by a call whose reply was lost.
    private func isThere(
        _ rows: [CanonicalRow], from offset: Int, in dataset: StoredDataset, _ transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        guard offset + rows.count <= dataset.rows else { return false }
        return try datasets.hashes(of: dataset.number, from: offset, count: rows.count, in: transaction)
            == rows.map(\.hash.bytes)
    }

    /// What a bandit's decisions are copied into holds nothing else, and is sealed with the last of them.
    private func checkNobodyFills(
        _ dataset: StoredDataset, in transaction: borrowing WriteTransaction
    ) throws(RPCError) {
        guard let job = try DecisionCopy.job(filling: dataset, in: transaction) else { return }
        throw .conflict(
            "The job \(job) copies a bandit's decisions into this dataset, and seals it; wait for it, or end it with "
                + "jobs.cancel.")
    }

    private func find(
        _ id: UUIDv7, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> StoredDataset {
        guard let found = try datasets.find(id, in: transaction) else { throw .notFound("dataset", id) }
        return found
    }
}
