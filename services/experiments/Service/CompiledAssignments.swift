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
        let key: String
        let unitType: String
        /// The kind of identifier that names its units; nil: they are nobody's.
        let identifierType: String?
        let isSticky: Bool
        /// The attributes that may name the unit.
        let hashAttributes: [String]
        /// By the variants' keys.
        let configs: [String: JSONRaw]
    }

    /// An attribute that names a person, and by which kind of identifier.
    struct Naming: Sendable, Hashable {
        let attribute: String
        let identifierType: String
    }

    /// A holdout that has begun, and how it is measured.
    struct MeasuredHoldout: Sendable {
        let measure: StoredExperiment
        /// The kind of identifier that names its units; nil: they are nobody's.
        let identifierType: String?
    }

    let version: Int64
    /// Some experiment or holdout begins or ends by itself then.
    let validUntil: Timestamp?
    let set: ExperimentSet
    /// By the experiments' keys.
    let entries: [String: Entry]
    /// Those that keep assignments.
    let sticky: [Entry]
    /// Those in which something was decided by hand.
    let forcible: [Entry]
    let namings: Set<Naming>
    /// The keys of experiments that assign, in the order in which they were created.
    let assigning: [String]
    /// By the holdouts' keys.
    let holdouts: [String: MeasuredHoldout]
    private let madeFeatures = Mutex<ClientFeatures?>(nil)

    init(
        version: Int64, at now: Timestamp, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        let definitions = try AssignmentDefinitions(at: now, in: transaction)
        let types = try UnitTypeTable(in: transaction)
        let forced = try ForcedAssignmentStore().experiments(in: transaction)
        let all = definitions.experiments.map { Entry($0, identifierType: types.identifierType(of: $0.unitType)) }
        let holdouts = definitions.holdouts
        do {
            set = try definitions.set(withholding: holdouts.filter { $0.startAt <= now })
        } catch {
            throw .internalError("The stored experiments do not compile: \(error)")
        }
        var measured: [String: MeasuredHoldout] = [:]
        for holdout in holdouts where holdout.startAt <= now {
            measured[holdout.key] = MeasuredHoldout(
                measure: try ExperimentStore().find(measuring: holdout.number, in: transaction),
                identifierType: types.identifierType(of: holdout.unitType))
        }
        self.holdouts = measured
        self.version = version
        let changes =
            definitions.experiments.compactMap { $0.nextChange(after: now) }
            + holdouts.flatMap { [$0.startAt, $0.endAt ?? now] }.filter { $0 > now }
        validUntil = changes.min()
        entries = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
        sticky = all.filter(\.isSticky)
        forcible = all.filter { forced.contains($0.number) }
        namings = Set(
            all.flatMap { entry in
                entry.hashAttributes.compactMap { attribute in
                    entry.identifierType.map { Naming(attribute: attribute, identifierType: $0) }
                }
            })
        assigning = definitions.experiments.filter { $0.isAssigning(at: now) }.map(\.key)
    }

    /// What clients decide by, made when it is first asked for.
    func features(at now: Timestamp) throws(RPCError) -> ClientFeatures {
        if let made = madeFeatures.withLock(\.self) { return made }
        let features = try ClientFeatures(self, at: now)
        return madeFeatures.withLock { made in
            made = made ?? features
            return made ?? features
        }
    }
}

extension CompiledAssignments.Entry {
    fileprivate init(_ experiment: StoredExperiment, identifierType: String?) {
        self.init(
            number: experiment.number, key: experiment.key, unitType: experiment.unitType,
            identifierType: identifierType, isSticky: experiment.isSticky,
            hashAttributes: [experiment.hashAttribute] + (experiment.fallbackAttribute.map { [$0] } ?? []),
            configs: Dictionary(
                uniqueKeysWithValues: experiment.variants.compactMap { variant in
                    variant.config.map { (variant.key, $0) }
                }))
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
