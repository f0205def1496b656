extension Allocation {
    /// The allocation with other shares, other variants or both, in which the fewest units move.
    ///
    /// Every arm that shrinks or goes gives up just what it is to lose; every arm that grows or comes takes what was
    /// given up first, then what was free. So a unit moves only out of a shrinking arm (or out of none) and only into a
    /// growing one (or into none): nobody moves between arms that both keep or grow. The moved buckets are as few as they
    /// can be, half the sum of all changes, the free part counted as an arm: ½·Σ|Δ| is what any other way must move too.
    ///
    /// An arm gives up its smallest ranges first, then the end of what is left; it takes what adjoins its own ranges
    /// first, so that ranges stay few.
    ///
    /// - Parameter shares: All variants that the experiment is to have, in their order, with the bounds of
    ///   ``init(_:version:)``. Who is missing goes; who is new comes.
    /// - Throws: ``AssignmentError`` at "/2", the share at fault, or at "".
    public func edited(to shares: [Share]) throws(AssignmentError) -> Allocation {
        try Allocation.check(shares, version: version)
        var kept: [ExactText: BucketSet] = [:]
        for arm in arms { kept[ExactText(arm.variant)] = arm.buckets }
        var pool = BucketPool(free: free)
        var edited: [Arm] = []
        for share in shares {
            var buckets = kept.removeValue(forKey: ExactText(share.variant)) ?? BucketSet()
            let surplus = buckets.count - share.tenThousandths
            if surplus > 0 {
                let given = buckets.smallestEnds(surplus)
                buckets = buckets.subtracting(given)
                pool.add(given)
            }
            edited.append(Arm(share.variant, buckets))
        }
        // In the order of the old arms, so that the result does not depend on a hash table.
        for arm in arms {
            if let gone = kept[ExactText(arm.variant)] { pool.add(gone) }
        }
        for (index, share) in shares.enumerated() {
            let missing = share.tenThousandths - edited[index].buckets.count
            guard missing > 0 else { continue }
            let taken = pool.take(missing, beside: edited[index].buckets)
            edited[index] = Arm(share.variant, edited[index].buckets.union(taken))
        }
        return Allocation(known: edited, version: version)
    }

    /// The allocation with more units in it: each arm grows or stays, so nobody moves.
    ///
    /// Each further step goes to the arm that is the furthest behind its weight, by Webster's method (the greatest
    /// weight / (2·share + 1)), which never takes back what it gave.
    ///
    /// - Parameters:
    ///   - total: The coverage, in ten-thousandths of all units; at least ``total``, at most 10,000, and a multiple of
    ///     10 for version 1.
    ///   - weights: The ratio in which the arms are to grow, one for each, 0 to 10,000; unless given, their shares. Who
    ///     ramps in several steps should give it: shares are rounded, and the next step would grow their rounding too.
    /// - Throws: ``AssignmentError`` if it is less than now, out of bounds, or no arm has any weight.
    public func ramped(to total: Int, weights: [Int]? = nil) throws(AssignmentError) -> Allocation {
        guard self.total...BucketSet.width ~= total, (total - self.total) % version.step == 0 else {
            throw AssignmentError(
                pointer: "",
                message: "can ramp from \(self.total) up to 10000 ten-thousandths in steps of \(version.step), not to "
                    + "\(total); with less, units would leave: that is an edit of the shares")
        }
        let step = version.step
        var counts = arms.map { $0.buckets.count / step }
        let weights = weights ?? counts
        guard weights.count == arms.count, weights.allSatisfy({ 0...BucketSet.width ~= $0 }),
            weights.contains(where: { $0 > 0 })
        else {
            throw AssignmentError(
                pointer: "/weights",
                message: "must be \(arms.count) weights of 0 to 10000, one for each variant, not all 0")
        }
        for _ in 0..<((total - self.total) / step) {
            var best = 0
            for arm in counts.indices
            where weights[arm] * (2 * counts[best] + 1) > weights[best] * (2 * counts[arm] + 1) {
                best = arm
            }
            counts[best] += 1
        }
        return try edited(to: zip(arms, counts).map { Share($0.variant, $1 * step) })
    }
}

/// What arms gave up and what was free before, to be taken in this order.
private struct BucketPool {
    private var given = BucketSet()
    private var free: BucketSet

    init(free: BucketSet) { self.free = free }

    mutating func add(_ buckets: BucketSet) { given = given.union(buckets) }

    /// Takes `count` buckets, which must be there.
    mutating func take(_ count: Int, beside own: BucketSet) -> BucketSet {
        let first = given.nearest(min(count, given.count), beside: own)
        given = given.subtracting(first)
        let rest = free.nearest(count - first.count, beside: own.union(first))
        free = free.subtracting(rest)
        return first.union(rest)
    }
}

extension BucketSet {
    /// `count` of the buckets: the smallest ranges whole, then the end of the next one.
    fileprivate func smallestEnds(_ count: Int) -> BucketSet {
        var left = count
        var chosen: [BucketRange] = []
        for range in ranges.sorted(by: { ($0.count, -$0.lower) < ($1.count, -$1.lower) }) where left > 0 {
            let part = min(left, range.count)
            chosen.append(BucketRange(known: range.upper - part, range.upper))
            left -= part
        }
        return BucketSet(chosen)
    }

    /// `count` of the buckets, which must be there: what begins where a range of `own` ends, then what ends where one
    /// begins, then the largest ranges from their start.
    fileprivate func nearest(_ count: Int, beside own: BucketSet) -> BucketSet {
        var left = count
        var rest = self
        var chosen: [BucketRange] = []
        for mine in own.ranges where left > 0 {
            guard let range = rest.ranges.first(where: { $0.lower == mine.upper }) else { continue }
            let part = BucketRange(known: range.lower, range.lower + min(left, range.count))
            chosen.append(part)
            rest = rest.subtracting(BucketSet([part]))
            left -= part.count
        }
        for mine in own.ranges where left > 0 {
            guard let range = rest.ranges.first(where: { $0.upper == mine.lower }) else { continue }
            let part = BucketRange(known: range.upper - min(left, range.count), range.upper)
            chosen.append(part)
            rest = rest.subtracting(BucketSet([part]))
            left -= part.count
        }
        for range in rest.ranges.sorted(by: { ($1.count, $0.lower) < ($0.count, $1.lower) }) where left > 0 {
            let part = BucketRange(known: range.lower, range.lower + min(left, range.count))
            chosen.append(part)
            left -= part.count
        }
        return BucketSet(chosen)
    }
}
