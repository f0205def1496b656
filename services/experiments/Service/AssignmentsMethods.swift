import Assignment
import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `assignments.*`.
struct AssignmentsMethods: Assignments.Service {
    /// Units times experiments of one call: what its reply has room for.
    static let maximumAnswers = 4_000

    let cache: AssignmentCache
    let tombstones: Tombstones
    let holdouts: HoldoutIntake
    private let knowledge: UnitKnowledge
    private let assignments = AssignmentStore()
    private let experiments = ExperimentStore()
    private let units = UnitStore()

    init(cache: AssignmentCache, tombstones: Tombstones, holdouts: HoldoutIntake) {
        self.cache = cache
        self.tombstones = tombstones
        self.holdouts = holdouts
        knowledge = UnitKnowledge(tombstones: tombstones)
    }

    func evaluate(
        _ params: Assignments.Evaluate.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.Evaluate.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let unit = try UnitAttributes(params.attributes, targetingKey: params.targetingKey)
        let context = try knowledge.context(
            of: unit, given: params.forced, compiled, at: call.now, in: transaction)
        let evaluations = try compiled.evaluate(params.experiments, context)
        return Assignments.Evaluate.Reply(
            assignments: evaluations.map { compiled.answer($0, isSaved: $0.reason == .sticky) },
            configVersion: Int(compiled.version), unsaved: compiled.unsaved(of: evaluations),
            unentered: try unentered(evaluations, context, compiled, in: transaction))
    }

    func explain(
        _ params: Assignments.Explain.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.Explain.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let unit = try UnitAttributes(params.attributes, targetingKey: params.targetingKey)
        let context = try knowledge.context(
            of: unit, given: params.forced, compiled, at: call.now, in: transaction)
        guard let explanation = compiled.set.explain(params.experiment, for: context) else {
            throw .notFound("experiment", params.experiment)
        }
        return Assignments.Explain.Reply(
            assignment: compiled.answer(
                explanation.evaluation, isSaved: explanation.evaluation.reason == .sticky),
            steps: explanation.steps.map { step in
                AssignmentStep(
                    check: AssignmentStep.Check(rawValue: step.check.rawValue) ?? .unit, isDecisive: step.isDecisive,
                    detail: step.detail,
                    answers: step.answers.map { ConditionAnswer(pointer: $0.pointer, holds: $0.holds) })
            }, configVersion: Int(compiled.version))
    }

    func assign(
        _ params: Assignments.Assign.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.Assign.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let unit = try UnitAttributes(params.attributes, targetingKey: params.targetingKey)
        let context = try knowledge.context(of: unit, compiled, at: call.now, in: transaction)
        let evaluations = try compiled.evaluate(params.experiments, context)
        guard try !isErased(evaluations, compiled, in: transaction) else { throw .suppressed("This unit") }
        var answers: [UnitAssignment] = []
        for evaluation in evaluations {
            let isSaved = try keep(evaluation, compiled, at: call.now, in: transaction)
            answers.append(compiled.answer(evaluation, isSaved: isSaved))
        }
        var book = MetricBook()
        try holdouts.enter(evaluations, of: context, compiled, at: call.now, &book, in: transaction)
        try book.write(in: transaction)
        return Assignments.Assign.Reply(assignments: answers, configVersion: Int(compiled.version))
    }

    func assignMany(
        _ params: Assignments.AssignMany.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.AssignMany.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let keys = params.experiments ?? compiled.assigning
        guard params.units.count * keys.count <= Self.maximumAnswers else {
            throw .invalidParams(
                at: "/params/units",
                "asks for \(params.units.count) times \(keys.count) answers, and a call has \(Self.maximumAnswers); send "
                    + "fewer units, or name fewer experiments")
        }
        var items: [ManyAssignments] = []
        var book = MetricBook()
        for (index, unit) in params.units.enumerated() {
            let attributes = try UnitAttributes(
                unit.attributes, targetingKey: unit.targetingKey, at: "/params/units/\(index)")
            let context = try knowledge.context(of: attributes, compiled, at: call.now, in: transaction)
            let evaluations = try compiled.evaluate(keys, context)
            if try isErased(evaluations, compiled, in: transaction) {
                items.append(ManyAssignments(assignments: [], isErased: true))
                continue
            }
            var answers: [UnitAssignment] = []
            for evaluation in evaluations {
                let isSaved = try keep(evaluation, compiled, at: call.now, in: transaction)
                answers.append(compiled.answer(evaluation, isSaved: isSaved, withConfig: false))
            }
            items.append(ManyAssignments(assignments: answers))
            try holdouts.enter(evaluations, of: context, compiled, at: call.now, &book, in: transaction)
        }
        try book.write(in: transaction)
        return Assignments.AssignMany.Reply(items: items, configVersion: Int(compiled.version))
    }

    func list(
        _ params: Assignments.List.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.List.Reply {
        guard (params.unit == nil) == (params.unitType == nil), params.unit != nil || params.experiment != nil else {
            throw .invalidParams(at: "/params", "needs an experiment, or a unitType and a unit, or all of them")
        }
        var experiment: Int64?
        if let key = params.experiment {
            guard let found = try experiments.find(key: key, in: transaction) else {
                throw .notFound("experiment", key)
            }
            experiment = found.number
        }
        var unit: Int64?
        if let text = params.unit, let type = params.unitType {
            unit = try units.number(of: text, type: type, in: transaction)
            if unit == nil { return Assignments.List.Reply(items: []) }
        }
        let found = try assignments.list(
            of: experiment, unit: unit, after: try Self.position(params.cursor), limit: params.limit + 1,
            in: transaction)
        var page = ListPage<AssignmentStore.Stored>(limit: params.limit)
        for stored in found {
            guard page.add(stored, bytes: stored.reply.unit.utf8.count) else { break }
        }
        let last = page.items.last.map { "\($0.position.unit).\($0.position.experiment).\($0.position.attribute)" }
        return Assignments.List.Reply(items: page.items.map(\.reply), nextCursor: page.hasMore ? last : nil)
    }

    /// Where a page ended: unit, experiment and attribute.
    private static func position(
        _ cursor: String?
    ) throws(RPCError) -> (unit: Int64, experiment: Int64, attribute: String) {
        guard let cursor else { return (0, 0, "") }
        let parts = cursor.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let unit = Int64(parts[0]), let experiment = Int64(parts[1]) else {
            throw .invalidCursor
        }
        return (unit, experiment, String(parts[2]))
    }

    /// Whether anything of a unit would be kept that was erased.
    private func isErased(
        _ evaluations: [Evaluation], _ compiled: CompiledAssignments, in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        for evaluation in evaluations where evaluation.reason == .split {
            guard let entry = compiled.entries[evaluation.experiment], entry.isSticky, let unit = evaluation.unit,
                let type = entry.identifierType
            else { continue }
            if try tombstones.contains(type: type, value: unit, in: transaction) { return true }
        }
        return false
    }

    /// The holdouts that a unit would enter; nil: none.
    private func unentered(
        _ evaluations: [Evaluation], _ context: UnitContext, _ compiled: CompiledAssignments,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [String]? {
        let missing = try holdouts.missing(evaluations, of: context, compiled, in: transaction)
        return missing.isEmpty ? nil : missing.map(\.key)
    }

    /// The variant that an experiment assigns a unit by its id alone; nil: none.
    func variant(
        of unit: String, in experiment: StoredExperiment, at now: Timestamp,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> String? {
        let compiled = try cache.compiled(at: now, in: transaction)
        let attributes = UnitAttributes(naming: unit, as: experiment.hashAttribute)
        let context = try knowledge.context(of: attributes, compiled, at: now, in: transaction)
        return try compiled.evaluate([experiment.key], context).first?.variant
    }

    /// Keeps what a sticky experiment decided.
    ///
    /// - Returns: whether it is kept, now or from before.
    private func keep(
        _ evaluation: Evaluation, _ compiled: CompiledAssignments, at now: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws(RPCError) -> Bool {
        if evaluation.reason == .sticky { return true }
        guard evaluation.reason == .split, let entry = compiled.entries[evaluation.experiment], entry.isSticky,
            let variant = evaluation.variant, let unit = evaluation.unit, let attribute = evaluation.hashAttribute
        else { return false }
        let number = try units.number(of: unit, type: entry.unitType, at: now, in: transaction)
        try assignments.keep(
            evaluation, of: entry.number, variant: variant, unit: number, hashAttribute: attribute, at: now,
            in: transaction)
        return true
    }
}

extension CompiledAssignments {
    /// - Parameter asked: experiments by their keys; nil: all that run.
    /// - Throws: notFound for one that does not exist.
    func evaluate(_ asked: [String]?, _ context: UnitContext) throws(RPCError) -> [Evaluation] {
        let keys = asked ?? assigning
        var evaluations: [Evaluation] = []
        for (key, evaluation) in zip(keys, set.evaluate(keys, for: context)) {
            guard let evaluation else { throw .notFound("experiment", key) }
            evaluations.append(evaluation)
        }
        return evaluations
    }

    /// The sticky experiments that decided, and whose variant is kept nowhere.
    fileprivate func unsaved(of evaluations: [Evaluation]) -> [String]? {
        let keys = evaluations.filter { $0.reason == .split && entries[$0.experiment]?.isSticky == true }
            .map(\.experiment)
        return keys.isEmpty ? nil : keys
    }

    fileprivate func answer(_ evaluation: Evaluation, isSaved: Bool, withConfig: Bool = true) -> UnitAssignment {
        let configs = withConfig ? entries[evaluation.experiment]?.configs : nil
        return UnitAssignment(
            experiment: evaluation.experiment, variant: evaluation.variant,
            reason: AssignmentReason(rawValue: evaluation.reason.rawValue) ?? .inactive, bucket: evaluation.bucket,
            propensity: evaluation.propensity, phase: evaluation.phase == 0 ? nil : evaluation.phase,
            version: Int(evaluation.version), isSaved: isSaved, config: evaluation.variant.flatMap { configs?[$0] })
    }
}
