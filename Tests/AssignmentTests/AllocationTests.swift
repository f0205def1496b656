import JSON
import Testing

@testable import Assignment

@Suite("Allocations")
struct AllocationTests {
    private func shares(_ amounts: Int...) -> [Allocation.Share] {
        amounts.enumerated().map { Allocation.Share("v\($0)", $1) }
    }

    @Test("Two halves at a tenth of all units begin where they would at full coverage")
    func layout() throws {
        let allocation = try Allocation(shares(500, 500))
        #expect(allocation.arms.map { $0.buckets.description } == ["[0, 500)", "[5000, 5500)"])
        #expect(allocation.arm(of: 499) == 0)
        #expect(allocation.arm(of: 500) == nil)
        #expect(allocation.arm(of: 5_499) == 1)
        #expect(allocation.propensities == [0.05, 0.05, 0.9])
    }

    @Test("A ramp widens what each arm has, keeps the ratio, and moves nobody between arms")
    func ramp() throws {
        var allocation = try Allocation(shares(10, 20, 30))
        for total in [60, 120, 121, 600, 999, 6_000, 10_000] {
            let next = try allocation.ramped(to: total, weights: [1, 2, 3])
            #expect(next.total == total)
            for (before, after) in zip(allocation.arms, next.arms) {
                #expect(before.buckets.isSubset(of: after.buckets))
            }
            #expect(Movement(from: allocation, to: next).betweenVariants == 0)
            allocation = next
        }
        let ratio = [1_667, 3_333, 5_000]
        for (share, due) in zip(allocation.shares, ratio) { #expect(abs(share.tenThousandths - due) <= 2) }
        // Room was left behind each arm, so that each is still one range.
        #expect(allocation.arms.allSatisfy { $0.buckets.ranges.count <= 2 })
        #expect(try Allocation(shares(500, 500)).ramped(to: 3_000).shares == shares(1_500, 1_500))
        #expect(throws: AssignmentError.self) { try allocation.ramped(to: 9_999) }
        #expect(throws: AssignmentError.self) { try Allocation(shares(0, 0)).ramped(to: 10) }
        #expect(throws: AssignmentError.self) { try Allocation(shares(10), version: .v1).ramped(to: 25) }
    }

    @Test("A thousand random edits move what they must and no more, and only out of arms that shrink")
    func minimalMovement() throws {
        var random = SeededGenerator(seed: 6_730)
        for version in HashVersion.allCases {
            let step = version.step
            var allocation = try Allocation(randomShares(&random, step), version: version)
            for _ in 0..<500 {
                let next = try allocation.edited(to: randomShares(&random, step))
                try check(allocation, next)
                allocation = next
            }
        }
    }

    private func check(_ old: Allocation, _ new: Allocation) throws {
        let movement = Movement(from: old, to: new)
        let before = Dictionary(uniqueKeysWithValues: old.shares.map { ($0.variant, $0.tenThousandths) })
        let after = Dictionary(uniqueKeysWithValues: new.shares.map { ($0.variant, $0.tenThousandths) })
        // The bound by hand: half of all changes, the free part counted as an arm.
        let names = Set(before.keys).union(after.keys)
        let changes = names.reduce(0) { $0 + abs((after[$1] ?? 0) - (before[$1] ?? 0)) } + abs(new.total - old.total)
        #expect(movement.moved == changes / 2)
        #expect(movement.leastPossible == movement.moved)
        for flow in movement.flows {
            if let from = flow.from { #expect(after[from] ?? 0 < before[from] ?? 0, "\(flow)") }
            if let to = flow.to { #expect(after[to] ?? 0 > before[to] ?? 0, "\(flow)") }
        }
        // Bucket by bucket: who stays in an arm that keeps or grows, stays.
        for bucket in stride(from: 0, to: 10_000, by: 10) {
            guard let arm = old.arm(of: bucket).map({ old.arms[$0].variant }) else { continue }
            if (after[arm] ?? 0) >= before[arm] ?? 0 {
                #expect(new.arm(of: bucket).map { new.arms[$0].variant } == arm)
            }
        }
        // What it says of itself is an allocation.
        #expect(try Allocation(arms: new.arms, version: new.version) == new)
    }

    private func randomShares(_ random: inout SeededGenerator, _ step: Int) -> [Allocation.Share] {
        var left = 10_000 / step
        var shares: [Allocation.Share] = []
        for name in 0..<8 where random.below(4) > 0 {
            let amount = random.below(3) == 0 ? left / 2 : random.below(left / 2 + 1)
            shares.append(.init("v\(name)", amount * step))
            left -= amount
        }
        return shares.isEmpty ? [.init("v0", 10_000)] : shares
    }

    @Test("An arm that is added takes from whom it must, one that goes leaves its units to who grows")
    func addAndRemove() throws {
        let halves = try Allocation(shares(5_000, 5_000))
        let thirds = try halves.edited(to: shares(3_334, 3_333, 3_333))
        #expect(Movement(from: halves, to: thirds).moved == 3_333)
        let back = try thirds.edited(to: shares(5_000, 5_000))
        #expect(back == halves)
        let killed = try thirds.edited(to: [.init("v0", 3_334), .init("v2", 3_333)])
        #expect(Movement(from: thirds, to: killed).flows == [.init(from: "v1", to: nil, tenThousandths: 3_333)])
    }

    @Test("Buckets are stored as pairs, and read only in their one form")
    func json() throws {
        let set = BucketSet([try BucketRange(5_000, 5_500), try BucketRange(0, 500)])
        #expect(String(decoding: set.json(), as: UTF8.self) == "[[0,500],[5000,5500]]")
        #expect(try BucketSet(json: set.json()) == set)
        #expect(try BucketSet(json: "[]").isEmpty)
        for text in ["[[0,500],[500,600]]", "[[5,5]]", "[[6,5]]", "[[0,10001]]", "[[0]]", "[[-1,5]]", "[[7,8],[1,2]]"] {
            #expect(throws: JSONError.self) { try BucketSet(json: text) }
        }
    }

    @Test("Arms stay in few ranges after many edits of two to four arms")
    func fragments() throws {
        var random = SeededGenerator(seed: 1)
        var allocation = try Allocation(shares(5_000, 5_000))
        var most = 0
        for _ in 0..<200 {
            let cuts = [random.below(10_001), random.below(10_001), random.below(10_001)].sorted()
            let next = shares(cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 10_000 - cuts[2])
            allocation = try allocation.edited(to: Array(next.prefix(2 + random.below(3))))
            most = max(most, allocation.slices.count)
        }
        #expect(most <= 40, "\(most)")
    }

    @Test("Weights and coverage become GrowthBook's ranges with the rounding of its sums")
    func weights() throws {
        let allocation = try Allocation(weights: [("a", 0.1), ("b", 0.2), ("c", 0.7)])
        // 0.1 + 0.2 is more than 0.3 in doubles: bucket 3,000 is still b's.
        #expect(allocation.arms.map { $0.buckets.description } == ["[0, 1000)", "[1000, 3001)", "[3001, 10000)"])
        let half = try Allocation(weights: [("a", 0.5), ("b", 0.5)], coverage: 0.1, version: .v1)
        #expect(half.arms.map { $0.buckets.description } == ["[0, 500)", "[5000, 5500)"])
    }

    @Test("What cannot be allocated is refused with its place and a remedy")
    func refusals() throws {
        func refusal(_ body: () throws(AssignmentError) -> Allocation) -> String {
            do throws(AssignmentError) {
                _ = try body()
                return "accepted"
            } catch {
                return error.description
            }
        }
        #expect(
            refusal { () throws(AssignmentError) in try Allocation(shares(5_000, -1)) }.hasPrefix("/1: must be a share")
        )
        #expect(refusal { () throws(AssignmentError) in try Allocation(shares(6_000, 4_001)) }.contains("take away 1"))
        #expect(refusal { () throws(AssignmentError) in try Allocation([]) }.contains("1 to 100 variants"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation([.init("a", 1), .init("a", 2)]) }.hasPrefix("/1:"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation([.init("", 1)]) }.hasPrefix("/0: has an empty name"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation(shares(15), version: .v1) }.contains(
                "multiple of 10"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation(weights: [("a", 0.5), ("b", 0.4)]) }
                .hasPrefix("/weights: must add up to 1, not 0.9"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation(weights: [("a", 1.2), ("b", -0.2)]) }
                .hasPrefix("/weights/1: must be a weight"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation(weights: [("a", .nan), ("b", 1)]) }
                .hasPrefix("/weights/0:"))
        #expect(
            refusal { () throws(AssignmentError) in try Allocation(weights: [("a", 1)], coverage: 1.5) }
                .hasPrefix("/coverage"))
        let many = (0...100).map { Allocation.Share("v\($0)", 1) }
        #expect(refusal { () throws(AssignmentError) in try Allocation(many) }.contains("not 101"))
        #expect(refusal { () throws(AssignmentError) in try Allocation(Array(many.dropLast())) } == "accepted")
        let overlapping = BucketSet([try BucketRange(0, 10)])
        #expect(
            refusal { () throws(AssignmentError) in
                try Allocation(arms: [.init("a", overlapping), .init("b", overlapping)])
            }.hasPrefix("/1: has buckets [0, 10)"))
        #expect(throws: AssignmentError.self) { try BucketRange(5, 10_001) }
    }
}
