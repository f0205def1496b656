import Assignment
import CommonAPI
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// Answers `assignments.*`.
struct AssignmentsMethods: Assignments.Service {
    let cache: AssignmentCache
    let tombstones: Tombstones
    private let assignments = AssignmentStore()
    private let units = UnitStore()

    init(cache: AssignmentCache, tombstones: Tombstones) {
        self.cache = cache
        self.tombstones = tombstones
    }

    func evaluate(
        _ params: Assignments.Evaluate.Params, in transaction: borrowing ReadTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.Evaluate.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let unit = try UnitAttributes(params.attributes, targetingKey: params.targetingKey)
        let evaluations = try evaluate(params.experiments, unit, compiled, in: transaction)
        return Assignments.Evaluate.Reply(
            assignments: evaluations.map { compiled.answer($0, isSaved: $0.reason == .sticky) },
            configVersion: Int(compiled.version))
    }

    func assign(
        _ params: Assignments.Assign.Params, in transaction: borrowing WriteTransaction, for call: CallContext
    ) throws(RPCError) -> Assignments.Assign.Reply {
        let compiled = try cache.compiled(at: call.now, in: transaction)
        let unit = try UnitAttributes(params.attributes, targetingKey: params.targetingKey)
        var answers: [UnitAssignment] = []
        for evaluation in try evaluate(params.experiments, unit, compiled, in: transaction) {
            let isSaved = try keep(evaluation, compiled, at: call.now, in: transaction)
            answers.append(compiled.answer(evaluation, isSaved: isSaved))
        }
        return Assignments.Assign.Reply(assignments: answers, configVersion: Int(compiled.version))
    }

    private func evaluate(
        _ asked: [String]?, _ unit: UnitAttributes, _ compiled: CompiledAssignments,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [Evaluation] {
        let keys = asked ?? compiled.assigning
        var kept: [StickyAssignment] = []
        // A prerequisite may be sticky as well, whether or not it was asked about.
        for (key, entry) in compiled.entries where entry.isSticky {
            kept += try assignments.kept(
                of: entry.number, key: key, unitType: entry.unitType, names: unit.names(entry.hashAttributes),
                in: transaction)
        }
        let context = UnitContext(attributes: unit.value, sticky: StickyAssignments(kept))
        var evaluations: [Evaluation] = []
        for (key, evaluation) in zip(keys, compiled.set.evaluate(keys, for: context)) {
            guard let evaluation else { throw .notFound("experiment", key) }
            evaluations.append(evaluation)
        }
        return evaluations
    }

    /// The variant that an experiment assigns a unit by its id alone; nil: none.
    func variant(
        of unit: String, in experiment: StoredExperiment, at now: Timestamp,
        _ transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> String? {
        let compiled = try cache.compiled(at: now, in: transaction)
        let attributes = UnitAttributes(naming: unit, as: experiment.hashAttribute)
        return try evaluate([experiment.key], attributes, compiled, in: transaction).first?.variant
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
        let type = UnitTypes.identifierType(of: entry.unitType)
        if let type, try tombstones.contains(type: type, value: unit, in: transaction) {
            throw .suppressed("this unit")
        }
        let number = try units.number(of: unit, type: entry.unitType, at: now, in: transaction)
        try assignments.keep(
            evaluation, of: entry.number, variant: variant, unit: number, hashAttribute: attribute, at: now,
            in: transaction)
        return true
    }
}

/// What is known of a unit, as the experiments see it.
struct UnitAttributes {
    let value: AttributeValue

    /// - Parameter targetingKey: the attribute `id`, where the attributes have none.
    init(_ attributes: JSONRaw?, targetingKey: String?) throws(RPCError) {
        var members: [AttributeValue.Member] = []
        if let attributes {
            do {
                guard case .object(let given) = AttributeValue(try JSONValue(parsing: attributes.bytes)) else {
                    throw RPCError.invalidParams(at: "/params/attributes", "must be an object")
                }
                members = given
            } catch let error as RPCError {
                throw error
            } catch {
                throw .internalError("Attributes that were read are no JSON: \(error)")
            }
        }
        if let targetingKey, !members.contains(where: { $0.name == "id" }) {
            members.append(AttributeValue.Member("id", .string(targetingKey)))
        }
        value = .object(members)
    }

    /// A unit of which only the id is known.
    init(naming unit: String, as attribute: String) {
        value = .object([AttributeValue.Member(attribute, .string(unit))])
    }

    /// What some attributes say, of those that name a unit.
    func names(_ attributes: [String]) -> [(attribute: String, unit: String)] {
        attributes.compactMap { attribute in
            value.unitText(of: attribute).map { (attribute, $0) }
        }
    }
}

extension CompiledAssignments {
    fileprivate func answer(_ evaluation: Evaluation, isSaved: Bool) -> UnitAssignment {
        UnitAssignment(
            experiment: evaluation.experiment, variant: evaluation.variant,
            reason: AssignmentReason(rawValue: evaluation.reason.rawValue) ?? .inactive, bucket: evaluation.bucket,
            propensity: evaluation.propensity, phase: evaluation.phase == 0 ? nil : evaluation.phase,
            version: Int(evaluation.version), isSaved: isSaved,
            config: evaluation.variant.flatMap { entries[evaluation.experiment]?.configs[$0] })
    }
}
