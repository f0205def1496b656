/// Everything that is known of one unit when it is assigned.
public struct UnitContext: Sendable {
    let attributes: AttributeValue
    private let forced: [ExactText: ForcedAssignment]
    let sticky: StickyAssignments
    let isRestricted: Bool

    /// - Parameters:
    ///   - attributes: An object, with the attributes that name the unit.
    ///   - forced: What was decided by hand, by the experiments' keys.
    ///   - sticky: What the unit was assigned before.
    ///   - isRestricted: Whether its data may be kept and not used: then it is in no variant.
    public init(
        attributes: AttributeValue, forced: [String: ForcedAssignment] = [:],
        sticky: StickyAssignments = StickyAssignments([]), isRestricted: Bool = false
    ) {
        self.attributes = attributes
        self.isRestricted = isRestricted
        self.forced = Dictionary(uniqueKeysWithValues: forced.map { (ExactText($0.key), $0.value) })
        self.sticky = sticky
    }

    func forced(in experiment: String) -> ForcedAssignment? {
        forced.isEmpty ? nil : forced[ExactText(experiment)]
    }
}

/// An assignment that was decided by hand. It goes before everything else, also before the experiment is active.
public enum ForcedAssignment: Sendable, Hashable {
    /// The variant of this key. If the experiment has none, it is as if nothing had been forced.
    case variant(String)
    /// In no variant.
    case excluded
}

/// An assignment as it was stored.
public struct StickyAssignment: Sendable, Hashable {
    /// The experiment's key.
    public let experiment: String
    /// The experiment's bucket version at the time, 0 or more.
    public let bucketVersion: Int
    /// The variant's key.
    public let variant: String
    /// The attribute that named the unit.
    public let hashAttribute: String
    /// What the attribute said, as the text that was hashed: ``Evaluation/unit``.
    public let unit: String
    /// The propensity at the time, 0 to 1; nil if it was not drawn.
    public let propensity: Double?

    /// An assignment, from what ``Evaluation`` said of it.
    public init(
        experiment: String, bucketVersion: Int = 0, variant: String, hashAttribute: String = "id", unit: String,
        propensity: Double? = nil
    ) {
        self.experiment = experiment
        self.bucketVersion = bucketVersion
        self.variant = variant
        self.hashAttribute = hashAttribute
        self.unit = unit
        self.propensity = propensity
    }
}

/// The stored assignments of a unit, under all the names it has.
public struct StickyAssignments: Sendable {
    private let byExperiment: [ExactText: [StickyAssignment]]

    /// Those that were stored under any name of the unit, in any order; of two under the same name the first counts.
    public init(_ assignments: [StickyAssignment]) {
        byExperiment = Dictionary(grouping: assignments) { ExactText($0.experiment) }
    }

    /// Those of an experiment for a unit that an attribute names.
    func assignments(in experiment: String, attribute: String, unit: String?) -> [StickyAssignment] {
        guard !byExperiment.isEmpty, let unit, let all = byExperiment[ExactText(experiment)] else { return [] }
        return all.filter { $0.hashAttribute.isExactly(attribute) && $0.unit.isExactly(unit) }
    }
}
