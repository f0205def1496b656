import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract

/// All that decides about a brand's assignments, as it is stored: what is compiled, and checked before a change is kept.
struct AssignmentDefinitions {
    /// Those that are not archived, in the order in which they were created.
    private(set) var experiments: [StoredExperiment] = []
    private(set) var layers: [LayerDefinition] = []
    /// Those that have not ended.
    let holdouts: [StoredHoldout]
    private var definitions: [ExperimentDefinition] = []
    private var groups: [(key: String, group: Assignment::SavedGroups.Group)] = []

    init(at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        let (stored, phases, layerStore) = (ExperimentStore(), PhaseStore(), LayerStore())
        for number in try stored.numbers(after: 0, limit: .max, status: nil, in: transaction) {
            guard let experiment = try stored.find(number: number, in: transaction) else { continue }
            let allocation =
                experiment.phase == 0
                ? nil : try phases.allocation(of: experiment, in: transaction)
            definitions.append(try experiment.definition(allocation, at: now))
            experiments.append(experiment)
        }
        for layer in try layerStore.list(after: 0, isArchived: false, limit: .max, in: transaction) {
            var definition = LayerDefinition(
                key: layer.key, seed: layer.seed,
                slots: try layerStore.slots(of: layer.number, in: transaction).map {
                    LayerDefinition.Slot($0.experiment, $0.buckets)
                })
            definition.hashVersion = HashVersion(rawValue: layer.hashVersion) ?? .v2
            definition.hashAttribute = layer.hashAttribute
            layers.append(definition)
        }
        holdouts = try HoldoutStore().list(after: 0, unendedAt: now, limit: .max, in: transaction)
        groups = try SavedGroupStore().definitions(in: transaction)
    }

    /// - Parameter withholding: which of ``holdouts``.
    func set(withholding: [StoredHoldout]) throws(AssignmentError) -> ExperimentSet {
        let experimentKeys = Set(experiments.map(\.key))
        let layerKeys = Set(layers.map(\.key))
        var holdouts: [HoldoutDefinition] = []
        for holdout in withholding {
            holdouts.append(try holdout.definition(experiments: experimentKeys, layers: layerKeys))
        }
        return try ExperimentSet(
            experiments: definitions, layers: layers, holdouts: holdouts, savedGroups: savedGroups)
    }

    var savedGroups: Assignment::SavedGroups {
        Assignment::SavedGroups(Dictionary(uniqueKeysWithValues: groups.map { ($0.key, $0.group) }))
    }

    /// Refuses conditions of groups that cannot be compiled, whether or not anything names them.
    ///
    /// - Throws: at "/savedGroups/2/condition/…".
    func checkGroups() throws(AssignmentError) {
        for (index, entry) in groups.enumerated() {
            guard case .condition(let condition) = entry.group else { continue }
            do {
                _ = try Condition(condition, savedGroups: savedGroups)
            } catch {
                throw AssignmentError(
                    pointer: "/savedGroups/\(index)/condition" + error.pointer, message: error.message)
            }
        }
    }

    /// The keys of the saved groups, in the order of the places in errors.
    var groupKeys: [String] { groups.map(\.key) }
}

extension StoredHoldout {
    /// What of its members is still there; what is archived needs no withholding.
    fileprivate func definition(
        experiments: Set<String>, layers: Set<String>
    ) throws(AssignmentError) -> HoldoutDefinition {
        let scope: HoldoutDefinition.Scope =
            switch scope {
            case .everything: .everything
            case .layers: .layers(members.filter { layers.contains($0) })
            case .experiments: .experiments(members.filter { experiments.contains($0) })
            }
        var definition = HoldoutDefinition(
            key: key, seed: seed, withheld: BucketSet([try BucketRange(0, share)]), scope: scope)
        definition.hashVersion = HashVersion(rawValue: hashVersion) ?? .v2
        definition.hashAttribute = hashAttribute
        return definition
    }
}

extension SavedGroupStore {
    /// All groups as the kernel takes them, in the order in which they were created.
    func definitions(
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> [(key: String, group: Assignment::SavedGroups.Group)] {
        var groups: [(key: String, group: Assignment::SavedGroups.Group)] = []
        for group in try list(after: 0, limit: .max, in: transaction) {
            if let condition = group.condition {
                do {
                    groups.append((group.key, .condition(try JSONValue(parsing: condition.bytes))))
                } catch {
                    throw .internalError("The condition of the group \(group.key) is no JSON: \(error)")
                }
            } else {
                let values = try values(of: group.number, in: transaction)
                groups.append((group.key, .values(values.map { .string($0) }, attribute: group.attribute)))
            }
        }
        return groups
    }
}

extension StoredExperiment {
    /// - Parameter allocation: of its phase; nil for a draft.
    fileprivate func definition(
        _ allocation: Allocation?, at now: Timestamp
    ) throws(RPCError) -> ExperimentDefinition {
        do {
            var definition = ExperimentDefinition(
                key: key, seed: seed, allocation: try allocation ?? Allocation(shares, version: hash))
            definition.hashAttribute = hashAttribute
            definition.fallbackAttribute = fallbackAttribute
            definition.condition = try condition.map { try JSONValue(parsing: $0.bytes) }
            definition.prerequisites = prerequisites.map { Prerequisite($0.experiment, variants: $0.variants) }
            definition.isActive = isAssigning(at: now)
            definition.isSticky = isSticky
            definition.bucketVersion = bucketVersion
            definition.minimumBucketVersion = minimumBucketVersion
            definition.phase = phase
            definition.version = Int64(version)
            return definition
        } catch {
            throw .internalError("The experiment \(key) does not compile: \(error)")
        }
    }
}
