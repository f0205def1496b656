public import JSON

/// An experiment as it is to be assigned, before it is compiled.
public struct ExperimentDefinition: Sendable {
    /// Unique in its set; what sticky and forced assignments and prerequisites call it.
    public var key: String
    /// What the hash begins with, pinned for the life of the experiment; a new seed assigns everybody anew.
    public var seed: String
    /// Which buckets go to which variant, and how units get their buckets.
    public var allocation: Allocation
    /// The attribute that names the unit, a path such as "id" or "device.id".
    public var hashAttribute = "id"
    /// The attribute that names the unit where the first one is missing. Only of sticky experiments.
    public var fallbackAttribute: String?
    /// Who is targeted; nil for everybody.
    public var condition: JSONValue?
    /// Other experiments that a unit must be in.
    public var prerequisites: [Prerequisite] = []
    /// False for what is not running: nobody is assigned, but by force.
    public var isActive = true
    /// Whether a unit keeps the variant that it was once assigned.
    public var isSticky = false
    /// Which assignments are kept: those of this version. 0 or more.
    public var bucketVersion = 0
    /// Units with an assignment of an older version than this are left out. At most `bucketVersion`.
    public var minimumBucketVersion = 0
    /// The stretch of constant allocation that is under way.
    public var phase = 0
    /// The version of all of this.
    public var version: Int64 = 0

    /// - Parameter seed: The key, unless given.
    public init(key: String, seed: String? = nil, allocation: Allocation) {
        self.key = key
        self.seed = seed ?? key
        self.allocation = allocation
    }
}

/// An experiment that a unit must be in, and with which variants.
public struct Prerequisite: Sendable, Hashable {
    /// The other experiment's key.
    public let experiment: String
    /// The variants that will do; empty for any.
    public let variants: [String]

    /// - Parameter variants: The variants that will do; empty for any.
    public init(_ experiment: String, variants: [String] = []) {
        self.experiment = experiment
        self.variants = variants
    }
}

/// Experiments that exclude each other: each has some of the layer's buckets, and a unit is in the one that has its own.
public struct LayerDefinition: Sendable {
    /// An experiment's part of the layer.
    public struct Slot: Sendable, Hashable {
        /// The experiment's key.
        public let experiment: String
        /// The layer's buckets that are its own.
        public let buckets: BucketSet

        /// Whether slots overlap is checked where they are compiled.
        public init(_ experiment: String, _ buckets: BucketSet) {
            self.experiment = experiment
            self.buckets = buckets
        }
    }

    /// Unique in its set.
    public var key: String
    /// Must differ from the seeds of its experiments, or their variants would depend on their slots.
    public var seed: String
    /// How units get their buckets of the layer.
    public var hashVersion = HashVersion.v2
    /// The attribute that names the unit.
    public var hashAttribute = "id"
    /// No bucket is in two.
    public var slots: [Slot]

    /// - Parameter seed: "layer:" and the key, unless given. A namespace of GrowthBook has version 1 and "__" and its name.
    public init(key: String, seed: String? = nil, slots: [Slot]) {
        self.key = key
        self.seed = seed ?? "layer:" + key
        self.slots = slots
    }
}

/// Units that are withheld from experiments, so that the effect of all of these together can be measured.
public struct HoldoutDefinition: Sendable {
    /// From what they are withheld.
    public enum Scope: Sendable, Hashable {
        /// All experiments of the set.
        case everything
        /// The experiments of these layers.
        case layers([String])
        /// These experiments.
        case experiments([String])
    }

    /// Unique in its set.
    public var key: String
    /// Its salt; must differ from the seeds of what it is held from.
    public var seed: String
    /// How units get their buckets of the holdout.
    public var hashVersion = HashVersion.v2
    /// The attribute that names the unit.
    public var hashAttribute = "id"
    /// The buckets that are withheld.
    public var withheld: BucketSet
    /// From what the units are withheld.
    public var scope: Scope

    /// - Parameter seed: "holdout:" and the key, unless given.
    public init(key: String, seed: String? = nil, withheld: BucketSet, scope: Scope = .everything) {
        self.key = key
        self.seed = seed ?? "holdout:" + key
        self.withheld = withheld
        self.scope = scope
    }
}
