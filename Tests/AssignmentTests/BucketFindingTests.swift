import Testing

@testable import Assignment

/// Buckets that are found for who asks for some.
@Suite struct BucketFindingTests {
    private func set(_ ranges: (Int, Int)...) -> BucketSet {
        BucketSet(ranges.map { BucketRange(known: $0.0, $0.1) })
    }

    @Test("Whoever grows keeps all it has, takes what lies beside it, and leaves large ranges to others")
    func growth() {
        let own = set((1_000, 2_000))
        let free = set((0, 500), (2_000, 2_300), (5_000, 9_000))
        #expect(BucketSet.finding(1_200, keeping: own, in: free) == set((1_000, 2_200)))
        #expect(BucketSet.finding(1_800, keeping: own, in: free) == set((0, 500), (1_000, 2_300)))
        #expect(BucketSet.finding(400, in: free) == set((0, 400)))
        #expect(BucketSet.finding(501, in: free) == set((5_000, 5_501)))
        #expect(BucketSet.finding(4_100, in: free) == set((2_000, 2_100), (5_000, 9_000)))
    }

    @Test("Whoever shrinks keeps its first buckets, and there is never more than there is")
    func bounds() {
        let own = set((10, 20), (30, 40))
        #expect(BucketSet.finding(15, keeping: own, in: BucketSet()) == set((10, 20), (30, 35)))
        #expect(BucketSet.finding(20, keeping: own, in: BucketSet()) == own)
        #expect(BucketSet.finding(21, keeping: own, in: BucketSet()) == nil)
        #expect(BucketSet.finding(10_000, in: .all) == .all)
        #expect(BucketSet.finding(0, keeping: own, in: .all)?.isEmpty == true)
    }
}
