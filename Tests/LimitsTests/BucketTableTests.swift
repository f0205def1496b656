import Testing

@testable import Limits

@Suite struct BucketTableTests {
    typealias Charge = BucketTable.Charge

    private let second: Int64 = 1_000_000_000

    private func key(_ number: UInt64, _ limit: RateLimit) -> Charge { Charge(BucketName(.key, low: number), limit) }

    @Test("A full bucket gives its burst at once, and then its rate")
    func burstThenRate() {
        var table = BucketTable()
        var charges = [key(1, RateLimit(ratePerSecond: 10, burst: 5))]
        for _ in 0..<5 { #expect(table.spend(1, of: &charges, at: 0) == .admitted) }
        #expect(table.spend(1, of: &charges, at: 0) == .refused(charge: 0, retryAfterNanoseconds: second / 10))
        #expect(
            table.spend(1, of: &charges, at: second / 10 - 1) == .refused(charge: 0, retryAfterNanoseconds: 1))
        #expect(table.spend(1, of: &charges, at: second / 10) == .admitted)
    }

    @Test("A rate that does not divide a second never gives more than it says, and a burst is whole at any rate")
    func rounding() {
        for rate: Int64 in [1, 3, 7, 10, 999, 700_000, 999_999, 1_000_000, 10_000_000] {
            let limit = RateLimit(ratePerSecond: rate, burst: 9)
            #expect(limit.nanosecondsPerUnit * rate >= second)
            var table = BucketTable()
            var charges = [key(1, limit)]
            #expect(table.spend(9, of: &charges, at: 0) != .refused(charge: 0, retryAfterNanoseconds: 1))
        }
        #expect(RateLimit(ratePerSecond: 5, burst: 0).burst == 1)
        #expect(RateLimit(ratePerSecond: 0, burst: 10_000_001).burst == 10_000_000)
    }

    @Test("What costs more than the burst is never admitted, and spends nothing")
    func tooCostly() {
        var table = BucketTable()
        var charges = [key(1, RateLimit(ratePerSecond: 10, burst: 5))]
        #expect(table.spend(6, of: &charges, at: 0) == .tooCostly(charge: 0))
        #expect(table.spend(5, of: &charges, at: 0) == .admitted)
    }

    @Test("A check over several buckets charges all or none, and names the one that takes longest")
    func allOrNone() {
        var table = BucketTable()
        let wide = Charge(BucketName(.brand), RateLimit(ratePerSecond: 10, burst: 10))
        let narrow = key(1, RateLimit(ratePerSecond: 4, burst: 2))
        let slow = Charge(BucketName(.process), RateLimit(ratePerSecond: 1, burst: 1))
        var charges = [wide, narrow, slow]
        #expect(table.spend(1, of: &charges, at: 0) == .admitted)
        #expect(table.spend(1, of: &charges, at: 0) == .refused(charge: 2, retryAfterNanoseconds: second))
        #expect(table.spend(2, of: &charges, at: 0) == .tooCostly(charge: 2))
        // Eight or nine are left: the refusals took none.
        #expect(table.standing(of: wide, at: 0).units == 9)
        #expect(table.standing(of: narrow, at: 0).units == 1)
        #expect(table.standing(of: slow, at: 0) == (0, second))
        var others = [wide]
        #expect(table.spend(9, of: &others, at: 0) == .admitted)
        #expect(table.spend(1, of: &others, at: 0) == .refused(charge: 0, retryAfterNanoseconds: second / 10))
    }

    @Test("A refusal names the moment from which the same request passes")
    func retryAfter() {
        var table = BucketTable()
        var charges = [key(1, RateLimit(ratePerSecond: 3, burst: 3))]
        #expect(table.spend(3, of: &charges, at: 0) == .admitted)
        guard case .refused(_, let wait) = table.spend(2, of: &charges, at: 0) else {
            Issue.record("admitted")
            return
        }
        #expect(table.spend(2, of: &charges, at: wait - 1) != .admitted)
        #expect(table.spend(2, of: &charges, at: wait) == .admitted)
    }

    @Test("A bucket may be spent a block beyond what is on disk, and one unit more waits for the disk")
    func reservations() {
        var table = BucketTable()
        let limit = RateLimit(ratePerSecond: 10, burst: 100)
        var charges = [key(1, limit)]
        #expect(table.spend(5, of: &charges, at: 0) == .admitted)
        #expect(!table.wantsReservations)
        #expect(table.spend(5, of: &charges, at: 0) == .admitted)
        #expect(table.spend(1, of: &charges, at: 0) == .unreserved)
        let wanted = table.takeReservations()
        #expect(wanted == [.init(name: charges[0].name, arrival: second + second / 10)])
        #expect(table.spend(1, of: &charges, at: 0) == .unreserved)
        table.reserved(wanted)
        #expect(table.spend(11, of: &charges, at: 0) == .admitted)
        #expect(table.spend(1, of: &charges, at: 0) == .unreserved)
        table.notReserved(table.takeReservations())
        #expect(table.spend(1, of: &charges, at: 0) == .unreserved)
        #expect(table.wantsReservations)
    }

    @Test("A bucket that holds no more than a block never needs the disk")
    func smallBuckets() {
        var table = BucketTable()
        var charges = [key(1, RateLimit(ratePerSecond: 100, burst: 100))]
        #expect(table.spend(100, of: &charges, at: 0) == .admitted)
        #expect(!table.wantsReservations)
    }

    @Test("Buckets that are full are forgotten when there are too many; while none is, a new one is refused")
    func maximumBuckets() {
        let limit = RateLimit(ratePerSecond: 1, burst: 1)
        var table = BucketTable(maximumBuckets: 3)
        for number in 0..<UInt64(3) {
            var charges = [key(number, limit)]
            #expect(table.spend(1, of: &charges, at: 0) == .admitted)
        }
        var fourth = [key(3, limit)]
        #expect(table.spend(1, of: &fourth, at: 0) == .tableFull)
        #expect(table.spend(1, of: &fourth, at: second) == .admitted)
        #expect(table.count == 1)
    }

    @Test("Making room within one check never charges another's bucket")
    func sweepWithinACheck() {
        let limit = RateLimit(ratePerSecond: 1, burst: 1)
        var table = BucketTable(maximumBuckets: 2)
        var first = [key(1, limit)]
        var second = [key(2, limit)]
        #expect(table.spend(1, of: &first, at: 0) == .admitted)
        #expect(table.spend(1, of: &second, at: 0) == .admitted)
        // Both are full again; the first is found, then swept to make room for the third.
        var charges = [key(1, limit), key(3, limit)]
        let later = 2 * self.second
        #expect(table.spend(1, of: &charges, at: later) == .admitted)
        #expect(table.standing(of: charges[0], at: later).units == 0)
        #expect(table.standing(of: charges[1], at: later).units == 0)
        #expect(table.spend(1, of: &first, at: later) != .admitted)
    }

    @Test(
        "What a process left is found by the next",
        arguments: [
            // Checkpoint, what was reserved then, and when the bucket is full again, of a start at 20 s; a crash adds a
            // block.
            ("same", 10, true, 25, 25), ("same", 10, false, 25, 25), ("same", 10, false, 15, 20),
            ("same", 10, true, 15, 20), ("other", 10, true, 15, 25), ("other", 10, false, 15, 25),
            ("other", 19, true, 15, 20), ("same", 30, true, 35, 25), ("", 10, true, 15, 25),
        ] as [(String, Int64, Bool, Int64, Int64)])
    func restart(boot: String, clock: Int64, isClean: Bool, arrival: Int64, full: Int64) {
        let charge = key(1, RateLimit(ratePerSecond: 1, burst: 100))
        let now = 20 * second
        let table = BucketTable(
            restoring: [.init(name: charge.name, arrival: arrival * second)],
            .init(boot: boot, clock: clock * second, isClean: isClean), boot: boot == "" ? "" : "same", at: now)
        let block = isClean ? 0 : BucketTable.block
        #expect(table.standing(of: charge, at: now).fullAfterNanoseconds == full * second - now + block)
        // A bucket that nobody remembers.
        #expect(table.standing(of: key(2, charge.limit), at: now).fullAfterNanoseconds == block)
    }

    @Test("A bucket that was spent under a higher limit is empty at most, and fills from then on")
    func loweredLimit() {
        var charges = [key(1, RateLimit(ratePerSecond: 10, burst: 10))]
        var table = BucketTable(restoring: [.init(name: charges[0].name, arrival: 1_000_000 * second)])
        #expect(table.standing(of: charges[0], at: 0) == (0, second))
        #expect(table.spend(1, of: &charges, at: 0) == .refused(charge: 0, retryAfterNanoseconds: second / 10))
        #expect(table.standing(of: charges[0], at: second).units == 10)
        #expect(table.spend(10, of: &charges, at: second) == .admitted)
    }
}
