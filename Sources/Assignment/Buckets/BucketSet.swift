/// Some of the 10,000 buckets: ranges in ascending order that neither overlap nor touch.
public struct BucketSet: Sendable, Hashable {
    /// How many buckets there are.
    public static let width = 10_000

    /// All 10,000.
    public static let all = BucketSet(known: [BucketRange(known: 0, width)])

    /// Ascending, not empty, with a gap between each and the next.
    public private(set) var ranges: [BucketRange]

    private init(known ranges: [BucketRange]) { self.ranges = ranges }

    /// The buckets of `ranges`, in any order; they may touch, and overlap.
    public init(_ ranges: [BucketRange] = []) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lower < $1.lower }) where range.count > 0 {
            if let last = self.ranges.last, range.lower <= last.upper {
                self.ranges[self.ranges.count - 1] = BucketRange(known: last.lower, max(last.upper, range.upper))
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// The number of buckets.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// Whether it is none.
    public var isEmpty: Bool { ranges.isEmpty }

    /// Whether `bucket` is one of them. In most sets there is one range or two.
    @inlinable
    public func contains(_ bucket: Int) -> Bool {
        for range in ranges where bucket < range.upper { return range.lower <= bucket }
        return false
    }

    /// The buckets of either.
    public func union(_ other: BucketSet) -> BucketSet { BucketSet(ranges + other.ranges) }

    /// All the other buckets.
    public var complement: BucketSet {
        var free: [BucketRange] = []
        var next = 0
        for range in ranges {
            if next < range.lower { free.append(BucketRange(known: next, range.lower)) }
            next = range.upper
        }
        if next < BucketSet.width { free.append(BucketRange(known: next, BucketSet.width)) }
        return BucketSet(known: free)
    }

    /// The buckets of both.
    public func intersection(_ other: BucketSet) -> BucketSet {
        var common: [BucketRange] = []
        for range in ranges {
            for beside in other.ranges where beside.lower < range.upper && range.lower < beside.upper {
                common.append(BucketRange(known: max(range.lower, beside.lower), min(range.upper, beside.upper)))
            }
        }
        return BucketSet(common)
    }

    /// The buckets that are not in `other`.
    public func subtracting(_ other: BucketSet) -> BucketSet { intersection(other.complement) }

    /// Whether all of them are in `other`.
    public func isSubset(of other: BucketSet) -> Bool { subtracting(other).isEmpty }
}

extension BucketSet: CustomStringConvertible {
    /// The ranges, "[0, 500) [5000, 5500)", or "none".
    public var description: String { isEmpty ? "none" : ranges.map(\.description).joined(separator: " ") }
}
