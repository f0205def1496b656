/// Buckets from `lower` up to and without `upper`, in ten-thousandths of all units.
public struct BucketRange: Sendable, Hashable {
    /// The first bucket, 0 to 10,000.
    public let lower: Int
    /// The one behind the last, `lower` to 10,000.
    public let upper: Int

    /// The number of buckets.
    public var count: Int { upper - lower }

    /// Whether `bucket` is one of them.
    @inlinable public func contains(_ bucket: Int) -> Bool { lower <= bucket && bucket < upper }

    /// - Throws: ``AssignmentError`` with an empty pointer if the bounds are out of order or out of bounds.
    public init(_ lower: Int, _ upper: Int) throws(AssignmentError) {
        guard 0 <= lower, lower <= upper, upper <= BucketSet.width else {
            throw AssignmentError(
                pointer: "",
                message: "must be a range [lower, upper) with 0 ≤ lower ≤ upper ≤ 10000, not [\(lower), \(upper))")
        }
        self.init(known: lower, upper)
    }

    init(known lower: Int, _ upper: Int) {
        self.lower = lower
        self.upper = upper
    }

    /// The buckets `b` for which `lower ≤ b/10000 < upper` holds in double arithmetic: GrowthBook's `inRange`.
    ///
    /// So 0.1 + 0.2, which is more than 0.3, leaves bucket 3,000 to the range below. NaN makes the range empty.
    public init(from lower: Double, to upper: Double) {
        let first = BucketRange.firstBucket(atLeast: lower)
        self.init(known: first, max(first, BucketRange.firstBucket(atLeast: upper)))
    }

    /// The first bucket whose number is not below `bound`; 10,000 if there is none.
    private static func firstBucket(atLeast bound: Double) -> Int {
        guard bound > 0 else { return bound.isNaN ? BucketSet.width : 0 }
        guard bound <= 1 else { return BucketSet.width }
        var bucket = max(0, Int(bound * 10_000) - 1)
        while bucket < BucketSet.width, Double(bucket) / 10_000 < bound { bucket += 1 }
        return bucket
    }

    /// The range with the same multiples of `step` in it that begins and ends at such.
    func aligned(to step: Int) -> BucketRange {
        BucketRange(known: (lower + step - 1) / step * step, (upper + step - 1) / step * step)
    }

    /// The bounds as GrowthBook writes them. A unit is between them exactly if its bucket is in the range, since both
    /// sides are the double nearest to the same fraction.
    public var bounds: (lower: Double, upper: Double) { (Double(lower) / 10_000, Double(upper) / 10_000) }
}

extension BucketRange: CustomStringConvertible {
    /// As mathematicians write it: "[0, 500)".
    public var description: String { "[\(lower), \(upper))" }
}
