import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `holdouts.*`.
struct HoldoutsMethods: Holdouts.Service {
    /// Holdouts of a brand that have not ended.
    static let maximum = 50

    private let holdouts = HoldoutStore()
    private let layers = LayerStore()
    private let experiments = ExperimentStore()
    private let config = AssignmentConfigStore()
    private let measure = HoldoutMeasure()

    func create(
        _ params: Holdouts.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Holdouts.Create.Reply {
        guard try holdouts.number(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has a holdout \(params.key) already; choose another key.")
        }
        guard
            try holdouts.list(after: 0, unendedAt: call.now, limit: .max, in: transaction).count < Self.maximum
        else { throw .conflict("A brand has at most \(Self.maximum) holdouts at a time; end one.") }
        let start = params.startAt ?? call.now
        if let end = params.endAt, end <= max(start, call.now) {
            throw .invalidParams(at: "/params/endAt", "must be behind its beginning, and behind now")
        }
        let scope = HoldoutScope(rawValue: params.scope.rawValue) ?? .everything
        let members = try members(params.members, scope, in: transaction)
        let holdout = StoredHoldout(
            number: try holdouts.nextNumber(in: transaction), id: transaction.newID(at: call.now), key: params.key,
            name: params.name, description: params.description, share: params.share, scope: scope,
            unitType: params.unitType, hashVersion: params.hashVersion, seed: params.seed ?? "holdout:" + params.key,
            hashAttribute: params.hashAttribute, startAt: start, endAt: params.endAt, createdAt: call.now,
            updatedAt: call.now, version: 1, members: params.members)
        try Self.check(holdout)
        try holdouts.insert(holdout, members: members, in: transaction)
        try measure.begin(holdout, in: transaction)
        try config.change(in: transaction)
        try AssignmentCheck().check(.holdout(holdout.key), at: call.now, in: transaction)
        return holdout.reply(at: call.now)
    }

    func get(
        _ params: Holdouts.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Holdouts.Get.Reply {
        let number: Int64?
        let name: String
        switch (params.id, params.key) {
        case (let id?, nil): (number, name) = (try holdouts.number(id, in: transaction), "\(id)")
        case (nil, let key?): (number, name) = (try holdouts.number(key: key, in: transaction), key)
        default: throw .invalidParams(at: "/params", "needs either an id or a key")
        }
        guard let number, let found = try holdouts.find(number: number, in: transaction) else {
            throw .notFound("holdout", name)
        }
        return found.reply(at: call.now)
    }

    func list(
        _ params: Holdouts.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Holdouts.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<StoredHoldout>(limit: params.limit)
        for holdout in try holdouts.list(after: cursor.position, limit: params.limit + 1, in: transaction) {
            guard page.add(holdout, bytes: holdout.members.reduce(0) { $0 + $1.utf8.count }) else { break }
        }
        return Holdouts.List.Reply(
            items: page.items.map { $0.reply(at: call.now) },
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func update(
        _ params: Holdouts.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Holdouts.Update.Reply {
        var holdout = try find(params.id, version: params.version, at: call.now, in: transaction)
        if let share = params.share, share < holdout.share {
            throw .conflict(
                "The holdout \(holdout.key) withholds \(holdout.share) ten-thousandths and lets nobody go before it ends."
            )
        }
        holdout.name = params.name ?? holdout.name
        holdout.description = params.description.applied(to: holdout.description)
        holdout.share = params.share ?? holdout.share
        holdout.endAt = params.endAt.applied(to: holdout.endAt)
        if case .set(let end) = params.endAt, end <= max(holdout.startAt, call.now) {
            throw .invalidParams(at: "/params/endAt", "must be behind its beginning, and behind now")
        }
        try Self.check(holdout)
        try measure.follow(holdout, at: call.now, in: transaction)
        return try save(holdout, at: call.now, in: transaction)
    }

    func end(
        _ params: Holdouts.End.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Holdouts.End.Reply {
        var holdout = try find(params.id, version: params.version, at: call.now, in: transaction)
        holdout.startAt = min(holdout.startAt, call.now)
        holdout.endAt = call.now
        try measure.end(holdout, at: call.now, in: transaction)
        return try save(holdout, at: call.now, in: transaction)
    }

    /// The numbers of the layers or experiments that are meant.
    private func members(
        _ keys: [String], _ scope: HoldoutScope, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> [Int64] {
        guard keys.isEmpty == (scope == .everything) else {
            throw .invalidParams(
                at: "/params/members",
                keys.isEmpty ? "must name the \(scope.rawValue) that are meant" : "is for layers or experiments only")
        }
        var numbers: [Int64] = []
        for (index, key) in keys.enumerated() {
            let place = "/params/members/\(index)"
            let number: Int64?
            if scope == .layers {
                number = try layers.find(key: key, in: transaction).flatMap { $0.isArchived ? nil : $0.number }
            } else {
                number = try experiments.find(key: key, in: transaction).flatMap {
                    $0.status == .archived ? nil : $0.number
                }
            }
            guard let number else { throw .invalidParams(at: place, "names none of the \(scope.rawValue) in use") }
            guard !numbers.contains(number) else { throw .invalidParams(at: place, "is there twice") }
            numbers.append(number)
        }
        return numbers
    }

    private static func check(_ holdout: StoredHoldout) throws(RPCError) {
        let step = HashVersion(rawValue: holdout.hashVersion)?.step ?? 1
        guard holdout.share % step == 0 else {
            throw .invalidParams(at: "/params/share", "must be a multiple of \(step) with hash version 1")
        }
    }

    private func find(
        _ id: UUIDv7, version: Int, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredHoldout {
        guard let number = try holdouts.number(id, in: transaction),
            let found = try holdouts.find(number: number, in: transaction)
        else { throw .notFound("holdout", id) }
        guard found.version == version else {
            throw .versionMismatch("holdout", expected: Int64(version), actual: Int64(found.version))
        }
        guard found.status(at: now) != .ended else {
            throw .illegalTransition("The holdout \(found.key) has ended, and stays as it is.")
        }
        return found
    }

    private func save(
        _ changed: StoredHoldout, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Holdout {
        var holdout = changed
        holdout.version += 1
        holdout.updatedAt = now
        try holdouts.update(holdout, in: transaction)
        try config.change(in: transaction)
        return holdout.reply(at: now)
    }
}

extension StoredHoldout {
    func status(at now: Timestamp) -> HoldoutStatus {
        if let endAt, endAt <= now { return .ended }
        return startAt <= now ? .active : .planned
    }

    func reply(at now: Timestamp) -> Holdout {
        Holdout(
            id: id, key: key, name: name, description: description, share: share, scope: scope, members: members,
            unitType: unitType, hashVersion: hashVersion, seed: seed, hashAttribute: hashAttribute, startAt: startAt,
            endAt: endAt,
            status: status(at: now), createdAt: createdAt, updatedAt: updatedAt, version: version)
    }
}
