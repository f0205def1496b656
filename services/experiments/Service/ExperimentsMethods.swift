import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `experiments.*`.
struct ExperimentsMethods: Experiments.Service {
    /// Experiments of a brand that are not archived.
    static let maximum = 2_000

    private let experiments = ExperimentStore()
    private let phases = PhaseStore()
    private let config = AssignmentConfigStore()
    private let references = VariantReferences()
    private let slots = LayerSlots()
    private let following = SignalFollowing()

    func create(
        _ params: Experiments.Create.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Create.Reply {
        guard try experiments.find(key: params.key, in: transaction) == nil else {
            throw .conflict("The brand has an experiment \(params.key) already; choose another key.")
        }
        guard try experiments.count(in: transaction) < Self.maximum else {
            throw .conflict("A brand has at most \(Self.maximum) experiments.")
        }
        if params.fallbackAttribute != nil && !params.isSticky {
            throw .invalidParams(at: "/params/fallbackAttribute", "is for sticky experiments only; leave it out")
        }
        var experiment = StoredExperiment(
            number: try experiments.nextNumber(in: transaction), id: transaction.newID(at: call.now), key: params.key,
            name: params.name, description: params.description, hypothesis: params.hypothesis, owner: params.owner,
            unitType: params.unitType, status: .draft, hashVersion: params.hashVersion,
            seed: params.seed ?? params.key, hashAttribute: params.hashAttribute,
            fallbackAttribute: params.fallbackAttribute, condition: params.condition?.unlessEmpty,
            prerequisites: params.prerequisites, isSticky: params.isSticky, bucketVersion: 0, minimumBucketVersion: 0,
            startAt: params.startAt, endAt: params.endAt, phase: 0, createdAt: call.now, updatedAt: call.now,
            version: 1, variants: params.variants)
        if let wanted = params.slot {
            experiment.slot = try slots.find(wanted, of: experiment.key, before: nil, in: transaction)
        }
        try ExperimentRules.check(experiment)
        let references = try references.check(experiment, in: transaction)
        try experiments.insert(experiment, in: transaction)
        try self.references.keep(references, of: experiment.number, in: transaction)
        try config.change(in: transaction)
        try AssignmentCheck().check(.experiment(experiment.key), at: call.now, in: transaction)
        return experiment.reply(at: call.now)
    }

    func get(
        _ params: Experiments.Get.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Get.Reply {
        switch (params.id, params.key) {
        case (let id?, nil):
            guard let found = try experiments.find(id, in: transaction) else { throw .notFound("experiment", id) }
            return found.reply(at: call.now)
        case (nil, let key?):
            guard let found = try experiments.find(key: key, in: transaction) else {
                throw .notFound("experiment", key)
            }
            return found.reply(at: call.now)
        default: throw .invalidParams(at: "/params", "needs either an id or a key")
        }
    }

    func list(
        _ params: Experiments.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.List.Reply {
        let cursor = try ListCursor(params.cursor)
        var page = ListPage<StoredExperiment>(limit: params.limit)
        for number in try experiments.numbers(
            after: cursor.position, limit: params.limit + 1, status: params.status, in: transaction)
        {
            guard let experiment = try experiments.find(number: number, in: transaction),
                page.add(experiment, bytes: experiment.bytes)
            else { break }
        }
        return Experiments.List.Reply(
            items: page.items.map { $0.reply(at: call.now) },
            nextCursor: page.hasMore ? page.items.last.map { "\($0.number)" } : nil)
    }

    func update(
        _ params: Experiments.Update.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Update.Reply {
        let before = try find(params.id, version: params.version, in: transaction)
        var experiment = try before.edited(by: params, at: call.now)
        if case .set(let wanted) = params.slot {
            experiment.slot = try slots.find(wanted, of: before.key, before: before.slot, in: transaction)
        } else if case .clear = params.slot {
            experiment.slot = nil
        }
        try ExperimentRules.check(experiment)
        let references = try references.check(experiment, before: before, in: transaction)
        let reply = try write(experiment, after: before, at: call.now, in: transaction)
        try self.references.keep(references, of: experiment.number, in: transaction)
        try AssignmentCheck().check(.experiment(experiment.key), at: call.now, in: transaction)
        return reply
    }

    /// Writes an experiment that was edited, and opens a phase if it needs one.
    private func write(
        _ experiment: StoredExperiment, after before: StoredExperiment, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Experiment {
        guard before.phase > 0, let reason = before.reasonForPhase(experiment) else {
            return try save(experiment, at: now, in: transaction)
        }
        let allocation: Allocation
        do {
            allocation = try phases.allocation(of: before, in: transaction).edited(to: experiment.shares)
        } catch let error as AssignmentError {
            throw .invalidParams(at: "/params/variants" + error.pointer, error.message)
        } catch let error as RPCError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
        return try save(experiment, opening: reason, allocation, at: now, in: transaction)
    }

    func ramp(
        _ params: Experiments.Ramp.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Ramp.Reply {
        var experiment = try find(params.id, version: params.version, in: transaction)
        let status = experiment.status(at: call.now)
        guard status == .active || status == .paused else {
            throw .illegalTransition("An experiment that is \(status.rawValue) cannot ramp; one that runs can.")
        }
        let weights = try params.weights.map { weights throws(RPCError) in
            try experiment.weights(weights, at: "/params/weights")
        }
        let before = try phases.allocation(of: experiment, in: transaction)
        let allocation: Allocation
        do {
            allocation = try before.ramped(to: params.allocation, weights: weights)
        } catch {
            throw .invalidParams(at: "/params/" + (error.pointer.isEmpty ? "allocation" : "weights"), error.message)
        }
        guard allocation != before else { return try save(experiment, at: call.now, in: transaction) }
        experiment.variants = zip(experiment.variants, allocation.arms).map { $0.with(allocation: $1.buckets.count) }
        return try save(experiment, opening: .allocation, allocation, at: call.now, in: transaction)
    }

    // MARK: Steps

    func start(
        _ params: Experiments.Start.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Start.Reply {
        var experiment = try step(.start, params.id, params.version, at: call.now, in: transaction)
        if let since = params.since {
            guard since <= call.now else {
                throw .invalidParams(at: "/params/since", "must not be ahead of now; a startAt may be")
            }
            if let start = experiment.startAt, start > since {
                throw .conflict(
                    "The experiment is to begin at \(start), and met nobody before that; change its startAt.")
            }
        }
        // One that ran elsewhere may be over.
        if let end = experiment.endAt, end <= params.since ?? call.now {
            throw .conflict("The experiment was to end at \(end), which is past; change its endAt.")
        }
        try references.checkStart(of: experiment, in: transaction)
        let allocation: Allocation
        do {
            allocation = try Allocation(experiment.shares, version: experiment.hash)
        } catch {
            throw .conflict("The experiment cannot be started: \(error)")
        }
        experiment.phase = 0
        return try save(
            experiment, opening: .start, allocation,
            from: params.since ?? max(call.now, experiment.startAt ?? call.now), at: call.now, in: transaction)
    }

    func pause(
        _ params: Experiments.Pause.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Pause.Reply {
        try save(
            try step(.pause, params.id, params.version, at: call.now, in: transaction), at: call.now, in: transaction)
    }

    func resume(
        _ params: Experiments.Resume.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Resume.Reply {
        try save(
            try step(.resume, params.id, params.version, at: call.now, in: transaction), at: call.now, in: transaction)
    }

    func complete(
        _ params: Experiments.Complete.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Complete.Reply {
        let experiment = try step(.complete, params.id, params.version, at: call.now, in: transaction)
        try phases.close(of: experiment.number, at: call.now, in: transaction)
        return try save(experiment, at: call.now, in: transaction)
    }

    func archive(
        _ params: Experiments.Archive.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Experiments.Archive.Reply {
        var experiment = try step(.archive, params.id, params.version, at: call.now, in: transaction)
        let others = try experiments.needing(experiment.key, in: transaction)
        guard others.isEmpty else {
            throw .conflict(
                "\(experiment.key) is a prerequisite of \(others.joined(separator: ", ")): take it out of these first.")
        }
        experiment.slot = nil
        let reply = try save(experiment, at: call.now, in: transaction)
        try following.follow(at: call.now, in: transaction)
        return reply
    }

    private func step(
        _ step: ExperimentLifecycle.Step, _ id: UUIDv7, _ version: Int, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredExperiment {
        var experiment = try find(id, version: version, in: transaction)
        let status = experiment.status(at: now)
        if status == .completed && experiment.status != .completed {
            // It ended by itself: that is written down with the first step behind its end.
            experiment.status = .completed
            try phases.close(of: experiment.number, at: experiment.endAt ?? now, in: transaction)
            try experiments.update(experiment, in: transaction)
        }
        experiment.status = try ExperimentLifecycle.status(after: step, from: status)
        return experiment
    }

    // MARK: Finding and saving

    private func find(
        _ id: UUIDv7, version: Int, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> StoredExperiment {
        guard let found = try experiments.find(id, in: transaction) else { throw .notFound("experiment", id) }
        guard found.version == version else {
            throw .versionMismatch("experiment", expected: Int64(version), actual: Int64(found.version))
        }
        return found
    }

    private func save(
        _ changed: StoredExperiment, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Experiment {
        var experiment = changed
        experiment.version += 1
        experiment.updatedAt = now
        try experiments.update(experiment, in: transaction)
        try config.change(in: transaction)
        return experiment.reply(at: now)
    }

    /// Saves an experiment that was changed, and opens its next phase.
    func save(
        _ changed: StoredExperiment, opening reason: PhaseReason, _ allocation: Allocation, from time: Timestamp? = nil,
        at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Experiment {
        var experiment = changed
        experiment.phase += 1
        let reply = try save(experiment, at: now, in: transaction)
        try phases.open(
            experiment.phase, of: experiment, allocation, because: reason, at: time ?? now, in: transaction)
        return reply
    }
}
