/// An experiment with everything looked up that does not depend on the unit.
struct CompiledExperiment: Sendable {
    struct Layer: Sendable {
        let key: String
        let hash: UnitHash
        let buckets: BucketSet
    }

    struct Holdout: Sendable {
        let key: String
        let hash: UnitHash
        let withheld: BucketSet

        func withholds(_ unit: UnitContext) -> Bool {
            hash.bucket(unit.attributes).map { withheld.contains($0) } ?? false
        }
    }

    struct Parent: Sendable {
        let experiment: Int
        let key: String
        let variants: [String]
    }

    let definition: ExperimentDefinition
    let hash: UnitHash
    let fallback: AttributePath?
    let propensities: [Double]
    let condition: Condition?
    var layer: Layer?
    var holdouts: [Holdout] = []
    var parents: [Parent] = []

    init(_ definition: ExperimentDefinition, condition: Condition?) {
        self.definition = definition
        self.condition = condition
        hash = UnitHash(definition.allocation.version, definition.seed, definition.hashAttribute)
        fallback = definition.isSticky ? definition.fallbackAttribute.map(AttributePath.init) : nil
        propensities = definition.allocation.propensities
    }
}

/// A seeded hash of the unit that an attribute names.
struct UnitHash: Sendable {
    let path: AttributePath
    let hash: SeededHash

    init(_ version: HashVersion, _ seed: String, _ attribute: String) {
        path = AttributePath(attribute)
        hash = SeededHash(version: version, seed: seed)
    }

    /// Whether both give every unit the same bucket.
    func isSame(as other: UnitHash) -> Bool {
        hash.version == other.hash.version && hash.seed.isExactly(other.hash.seed)
            && path.text.isExactly(other.path.text)
    }

    func unit(_ attributes: AttributeValue) -> String? { path.namedValue(in: attributes).unitText }

    /// Nil if the attributes name no unit.
    func bucket(_ attributes: AttributeValue) -> Int? { unit(attributes).map(hash.bucket) }
}
