extension BucketSet {
    /// As many free buckets as wanted, in as few ranges as can be and near those that were there before.
    ///
    /// Of what was there before as much stays as fits, from its beginning: who grows takes nothing away from its units, and
    /// who shrinks lets the last ones go. What is missing comes from beside the ranges that stay, then from the smallest
    /// free range in which all of it has room, then from the largest ones.
    ///
    /// - Parameters:
    ///   - count: How many, 0 to 10,000.
    ///   - free: Those that are nobody's, those that were there before aside.
    /// - Returns: The buckets; nil if there are not as many.
    public static func finding(_ count: Int, keeping before: BucketSet = BucketSet(), in free: BucketSet) -> BucketSet?
    {
        var found = before.prefix(count)
        var missing = count - found.count
        guard missing <= free.count else { return nil }
        var free = free
        func take(_ range: BucketRange, fromEnd: Bool = false) {
            let size = min(missing, range.count)
            let part =
                fromEnd
                ? BucketRange(known: range.upper - size, range.upper)
                : BucketRange(known: range.lower, range.lower + size)
            found = found.union(BucketSet([part]))
            free = free.subtracting(BucketSet([part]))
            missing -= size
        }
        for range in free.ranges where missing > 0 {
            if found.ranges.contains(where: { $0.upper == range.lower }) {
                take(range)
            } else if found.ranges.contains(where: { $0.lower == range.upper }) {
                take(range, fromEnd: true)
            }
        }
        while missing > 0 {
            let bySize = free.ranges.sorted { ($0.count, $1.lower) < ($1.count, $0.lower) }
            guard let range = bySize.first(where: { $0.count >= missing }) ?? bySize.last else { return nil }
            take(range)
        }
        return found
    }

    /// The first of them, so many or all.
    func prefix(_ count: Int) -> BucketSet {
        var left = count
        var kept: [BucketRange] = []
        for range in ranges where left > 0 {
            kept.append(BucketRange(known: range.lower, range.lower + min(left, range.count)))
            left -= range.count
        }
        return BucketSet(kept)
    }
}
