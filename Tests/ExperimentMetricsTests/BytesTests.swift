import Statistics
import Testing

@testable import ExperimentMetrics

@Suite("What is stored")
struct BytesTests {
    private func trajectory(_ unit: World.Unit, _ definition: MetricDefinition) throws -> UnitTrajectory {
        var trajectory = try UnitTrajectory(unit)
        for event in unit.events { trajectory.add(event, for: definition) }
        return trajectory
    }

    @Test("Trajectories and tallies are read as they were written, bit for bit")
    func roundTrip() throws {
        for definition in try Definitions.all() {
            for unit in try World(count: 30).units {
                let trajectory = try trajectory(unit, definition)
                #expect(try UnitTrajectory(bytes: trajectory.bytes) == trajectory)
                for change in definition.changes(from: nil, to: trajectory) {
                    let total = change.change.total
                    #expect(try Tally(bytes: total.bytes, sumCount: definition.sumCount) == total)
                    for (_, bin) in change.change.bins {
                        let sumCount = try #require(definition.binSumCount)
                        #expect(try Tally(bytes: bin.bytes, sumCount: sumCount) == bin)
                    }
                }
            }
        }
        for (high, low) in [
            (0.1, 0x1p-60), (-0.1, 0), (0x1p52, 0), (0x1p53, 0), (-0x1p53 - 2, 0), (0x1p53 - 1, 0), (1 - 0x1p53, 0),
            (1e300, 1e283), (.leastNonzeroMagnitude, 0), (3, 0x1p-70), (0, 0),
        ] {
            let tally = Tally(count: -3, sums: [CompensatedSum(high: high, low: low)])
            #expect(try Tally(bytes: tally.bytes, sumCount: 1) == tally)
        }
    }

    @Test("A proportion's unit takes a few bytes, and a day's sums of whole numbers too")
    func sizes() throws {
        let definition = try Definitions.named("proportion")
        let world = try World(count: 200)
        let sizes = try world.units.map { try trajectory($0, definition).bytes.count }
        #expect(sizes.reduce(0, +) / sizes.count < 32)
        let rows = try world.days(definition).rows.values.joined().joined().map { $0.total.bytes.count }
        #expect(try #require(rows.max()) <= 12)
    }

    @Test("Bytes cut short, or with more behind them, are damaged")
    func truncated() throws {
        for name in ["mean", "eventQuantile", "ratio"] {
            let definition = try Definitions.named(name)
            let unit = try #require(try World(count: 30).units.max { $0.events.count < $1.events.count })
            let trajectory = try trajectory(unit, definition)
            let bytes = trajectory.bytes
            for end in bytes.indices {
                #expect(throws: DamagedBytes.self) { try UnitTrajectory(bytes: Array(bytes[..<end])) }
            }
            #expect(throws: DamagedBytes(offset: bytes.count)) { try UnitTrajectory(bytes: bytes + [0]) }
            let total = try #require(definition.changes(from: nil, to: trajectory).first).change.total
            for end in total.bytes.indices {
                #expect(throws: DamagedBytes.self) {
                    try Tally(bytes: Array(total.bytes[..<end]), sumCount: definition.sumCount)
                }
            }
            #expect(throws: DamagedBytes.self) { try Tally(bytes: total.bytes, sumCount: definition.sumCount - 1) }
        }
    }

    @Test("Days or bins that are empty or out of order, and counts beyond 2⁵³, are damaged")
    func outOfOrder() throws {
        // Form, exposure, nothing before, so many days; of each its distance, one event, no sums, so many bins.
        func isRead(_ bytes: [UInt8]) -> Bool { (try? UnitTrajectory(bytes: bytes)) != nil }
        #expect(isRead([1, 0, 0, 1, 0, 1, 0, 0, 0]))
        #expect(!isRead([2, 0, 0, 1, 0, 1, 0, 0, 0]))
        #expect(!isRead([1, 0, 0, 1, 0, 0]))
        #expect(isRead([1, 0, 0, 2, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0]))
        #expect(!isRead([1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]))
        #expect(isRead([1, 0, 0, 1, 0, 1, 0, 0, 2, 0, 1, 2, 1]))
        #expect(!isRead([1, 0, 0, 1, 0, 1, 0, 0, 2, 0, 1, 0, 1]))
        #expect(!isRead([1, 0, 0, 1, 0, 1, 0, 0, 2, 0, 1, 2, 0]))
        for count in [1 << 53, -(1 << 53)] {
            let (over, most) = (Tally(count: count, sums: []), Tally(count: count - count.signum(), sums: []))
            #expect(throws: DamagedBytes.self) { try Tally(bytes: over.bytes, sumCount: 0) }
            #expect(try Tally(bytes: most.bytes, sumCount: 0) == most)
        }
    }

    @Test("Any other bytes are damaged, or mean exactly one trajectory")
    func garbage() throws {
        var generator = SeededGenerator(seed: 13)
        var read = 0
        for name in ["mean", "eventQuantile", "proportion"] {
            let definition = try Definitions.named(name)
            for unit in try World(count: 40).units {
                let bytes = try trajectory(unit, definition).bytes
                for _ in 0..<50 {
                    var changed = bytes
                    for _ in 0...generator.below(2) {
                        changed[generator.below(changed.count)] = UInt8(generator.below(256))
                    }
                    guard let trajectory = try? UnitTrajectory(bytes: changed) else { continue }
                    read += 1
                    #expect(trajectory.bytes == changed)
                    // Nothing of it makes the reckoning trap.
                    _ = definition.changes(from: nil, to: trajectory)
                }
            }
        }
        #expect(read > 100)
        for _ in 0..<20_000 {
            let bytes = (0..<generator.below(24)).map { _ in UInt8(generator.below(256)) }
            if let tally = try? Tally(bytes: bytes, sumCount: 2) { #expect(tally.bytes == bytes) }
            if let trajectory = try? UnitTrajectory(bytes: [1] + bytes) { #expect(trajectory.bytes == [1] + bytes) }
        }
    }
}
