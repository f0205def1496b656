import Assignment
import ExperimentsAPI
import JSON
import JSONRPC
import SQLite
import ServiceContract
import Synchronization

/// All that decides about a brand's assignments, compiled: of one version of its configuration, and good until a moment.
final class CompiledAssignments: Sendable {
    /// An experiment that is not archived.
    struct Entry: Sendable {
        let number: Int64
        let unitType: String
        let isSticky: Bool
        /// The attributes that may name the unit.
        let hashAttributes: [String]
        /// By the variants' keys.
        let configs: [String: JSONRaw]
    }

    let version: Int64
    /// Some experiment begins or ends by itself then.
    let validUntil: Timestamp?
    let set: ExperimentSet
    /// By the experiments' keys.
    let entries: [String: Entry]
    /// The keys of experiments that assign, in the order in which they were created.
    let assigning: [String]

    init(
        version: Int64, at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        let experiments = ExperimentStore()
        let phases = PhaseStore()
        var definitions: [ExperimentDefinition] = []
        var entries: [String: Entry] = [:]
        var assigning: [String] = []
        var validUntil: Timestamp?
        for number in try experiments.numbers(after: 0, limit: .max, status: nil, in: transaction) {
            guard let experiment = try experiments.find(number: number, in: transaction) else { continue }
            let allocation =
                experiment.phase == 0
                ? nil : try phases.allocation(of: experiment, in: transaction)
            definitions.append(try experiment.definition(allocation, at: now))
            entries[experiment.key] = Entry(
                number: number, unitType: experiment.unitType, isSticky: experiment.isSticky,
                hashAttributes: [experiment.hashAttribute] + (experiment.fallbackAttribute.map { [$0] } ?? []),
                configs: Dictionary(
                    uniqueKeysWithValues: experiment.variants.compactMap { variant in
                        variant.config.map { (variant.key, $0) }
                    }))
            if experiment.isAssigning(at: now) { assigning.append(experiment.key) }
            validUntil = [validUntil, experiment.nextChange(after: now)].compactMap(\.self).min()
        }
        do {
            set = try ExperimentSet(experiments: definitions)
        } catch {
            throw .internalError("The stored experiments do not compile: \(error)")
        }
        self.version = version
        self.validUntil = validUntil
        self.entries = entries
        self.assigning = assigning
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

/// The brands' compiled assignments, made when they are first asked for and whenever something changed.
///
/// Every call reads the version of the configuration in its own transaction, so what it uses is what its database says.
final class AssignmentCache: Sendable {
    private let known = Mutex<[String: CompiledAssignments]>([:])
    private let config = AssignmentConfigStore()

    func compiled(
        at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> CompiledAssignments {
        let path = transaction.connection.path
        let version = try config.version(in: transaction)
        let cached = known.withLock { $0[path] }
        if let cached, cached.version == version, cached.validUntil.map({ now < $0 }) ?? true { return cached }
        let compiled = try CompiledAssignments(version: version, at: now, in: transaction)
        // A reader may be behind a writer: the newest stays.
        known.withLock { known in
            if let other = known[path], other.version > version { return }
            known[path] = compiled
        }
        return compiled
    }

    /// - Parameter path: of a brand's file that is no longer there.
    func forget(_ path: String) {
        known.withLock { $0[path] = nil }
    }
}
