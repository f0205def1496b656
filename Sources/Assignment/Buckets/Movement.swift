/// Which units go where between two allocations of the same experiment, in ten-thousandths of all units.
public struct Movement: Sendable, Hashable {
    /// Buckets that go from a variant, or from none, to another one, or to none.
    public struct Flow: Sendable, Hashable {
        /// Nil where the units were in no variant.
        public let from: String?
        /// Nil where the units will be in no variant.
        public let to: String?
        /// How many units, of all.
        public let tenThousandths: Int
    }

    /// In the order of the arms; only what moves.
    public let flows: [Flow]
    /// What no way between these shares can move less than: ½·Σ|Δ| over the variants and none.
    public let leastPossible: Int

    /// All that moves.
    public var moved: Int { flows.reduce(0) { $0 + $1.tenThousandths } }

    /// What moves between two variants: such units saw both, and an analysis of both phases must know it.
    public var betweenVariants: Int {
        flows.reduce(0) { $0 + ($1.from != nil && $1.to != nil ? $1.tenThousandths : 0) }
    }

    /// Compares bucket by bucket; variants are the same if their keys are.
    public init(from old: Allocation, to new: Allocation) {
        let before: [(String?, BucketSet)] = old.arms.map { ($0.variant, $0.buckets) } + [(nil, old.free)]
        let after: [(String?, BucketSet)] = new.arms.map { ($0.variant, $0.buckets) } + [(nil, new.free)]
        var flows: [Flow] = []
        var changes: [ExactText: Int] = [:]
        for (name, buckets) in before {
            if let name { changes[ExactText(name), default: 0] -= buckets.count }
            for (other, others) in after where !Movement.isSame(name, other) {
                let common = buckets.intersection(others).count
                if common > 0 { flows.append(Flow(from: name, to: other, tenThousandths: common)) }
            }
        }
        for arm in new.arms { changes[ExactText(arm.variant), default: 0] += arm.buckets.count }
        self.flows = flows
        leastPossible = (changes.values.reduce(0) { $0 + abs($1) } + abs(new.total - old.total)) / 2
    }

    private static func isSame(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.isExactly(right)
        default: false
        }
    }
}
