import ExperimentsAPI
import JSON
import JSONRPC
import ServiceContract
import ServiceKit

/// What a transaction that takes in many events asked of its database: each once, for none of it changes meanwhile.
struct IntakeKnowledge {
    private var experiments: [String: NamedExperiment] = [:]
    private var types: UnitTypeTable?
    private var refused: (erased: Bool, restricted: Bool)?

    /// - Throws: notFound.
    mutating func experiment(
        _ key: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> NamedExperiment {
        if let known = experiments[key] { return known }
        let read = try NamedExperiment(key, in: transaction)
        experiments[key] = read
        return read
    }

    /// Nil for units that are nobody's.
    mutating func identifierType(
        of unitType: String, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> String? {
        if let types { return types.identifierType(of: unitType) }
        let read = try UnitTypeTable(in: transaction)
        types = read
        return read.identifierType(of: unitType)
    }

    /// Whether there is anybody whose events are refused.
    mutating func refuses(
        _ tombstones: Tombstones, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> (erased: Bool, restricted: Bool) {
        if let refused { return refused }
        let erased = try !tombstones.isEmpty(in: transaction)
        let restricted = try !UnitRestrictionStore().isEmpty(in: transaction)
        refused = (erased, restricted)
        return (erased, restricted)
    }
}

/// An experiment as events and exposures name it.
struct NamedExperiment: Sendable {
    let stored: StoredExperiment
    /// The numbers of all variants that it ever had, by their keys.
    let variants: [String: Int64]
    /// The last one first.
    private let phases: [(number: Int, openedAt: Timestamp, closedAt: Timestamp?)]
    /// Those of each dimension, by its attribute.
    private let segments: [String: [StoredSegment]]

    /// - Throws: notFound.
    init(_ key: String, in transaction: borrowing some Transaction & ~Copyable) throws(RPCError) {
        guard let stored = try ExperimentStore().find(key: key, in: transaction) else {
            throw .notFound("experiment", key)
        }
        self.stored = stored
        variants = try VariantStore().numbers(of: stored.number, in: transaction)
        phases = try ExposureStore().phases(of: stored.number, in: transaction)
        segments = Dictionary(
            grouping: try SegmentStore().list(of: stored.number, in: transaction), by: \.attribute)
    }

    /// Which phase and variant an exposure is of.
    ///
    /// - Throws: notFound for a variant that is not there; conflict when the experiment did not run then.
    func place(variant key: String, at time: Timestamp, now: Timestamp) throws(RPCError) -> (phase: Int, variant: Int64)
    {
        guard let variant = variants[key] else { throw .notFound("variant of \(stored.key)", key) }
        try ExposureIntake.check(time, at: now)
        let phase = phases.first { $0.openedAt <= time && $0.closedAt.map { time < $0 } ?? true }
        guard let phase, stored.endAt.map({ time < $0 }) ?? true else {
            throw .conflict("\(stored.key) did not run at \(time).")
        }
        return (phase.number, variant)
    }

    /// In which segments a unit with these attributes is: of each dimension one.
    ///
    /// - Parameter attributes: an object; nil: nothing is said of the unit.
    func segments(_ attributes: JSONRaw?) -> UnitSegments {
        guard !segments.isEmpty else { return UnitSegments() }
        var members: JSONObject?
        if let attributes, case .object(let object) = try? JSONValue(parsing: attributes.bytes) { members = object }
        let numbers = segments.compactMap { attribute, segments in
            let text = members?[attribute]?.segmentValue
            return (segments.first { $0.value != nil && $0.value == text } ?? segments.first { $0.value == nil })?
                .number
        }
        return UnitSegments(numbers: numbers, areTold: members != nil)
    }
}

extension JSONValue {
    /// A value of an attribute as plans write it; nil of what is none: null, lists, objects.
    fileprivate var segmentValue: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .null, .array, .object: nil
        }
    }
}
