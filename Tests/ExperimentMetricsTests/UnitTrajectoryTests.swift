import Statistics
import Testing

@testable import ExperimentMetrics

@Suite("What a unit brings to the sums of each day")
struct UnitTrajectoryTests {
    @Test(
        "The sums up to any day are those of all units as of its end, whatever came late, went again or was withdrawn",
        arguments: try Definitions.all())
    func prefixOfDays(definition: MetricDefinition) throws {
        let world = try World(count: 60)
        var generator = SeededGenerator(seed: 11)
        var sums = DailySums(definition)
        var left: [World.Unit] = []
        for unit in world.units {
            var trajectory: UnitTrajectory?
            var events: [MetricEvent] = []
            func turn(to next: UnitTrajectory?) throws {
                let changes = definition.changes(from: trajectory, to: next)
                #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.day < $1.day })
                #expect(!changes.contains { $0.change.isZero })
                sums.apply(changes, to: unit)
                // As it is stored.
                trajectory = try next.map { try UnitTrajectory(bytes: $0.bytes) }
                #expect(trajectory == next)
            }
            try turn(to: UnitTrajectory(unit))
            for event in unit.events.shuffled(using: &generator) {
                var next = try #require(trajectory)
                next.add(event, for: definition)
                events.append(event)
                try turn(to: next)
                guard generator.below(4) == 0, let gone = events.randomElement(using: &generator) else { continue }
                let isGone = next.remove(gone, for: definition)
                #expect(isGone)
                events.remove(at: try #require(events.firstIndex(of: gone)))
                try turn(to: next)
            }
            if generator.below(8) == 0 {
                try turn(to: nil)
            } else {
                var unit = unit
                unit.events = events
                left.append(unit)
            }
        }
        for lastDay in [9, 10, 12, 15, 17, 20, 22, 25, 30, 50] {
            let kept = sums.through(lastDay)
            for phase in 0..<2 {
                for arm in 0..<World.armCount {
                    let units = left.filter { $0.phase == phase && $0.arm == arm }
                    let expected = BruteForce(definition: definition, lastDay: lastDay).sums(units)
                    #expect(kept[phase][arm].isClose(to: expected), "day \(lastDay), phase \(phase), arm \(arm)")
                }
            }
        }
    }

    @Test(
        "Whole numbers leave no trace: with every unit withdrawn each row is zero, and order changes no bit",
        arguments: ["proportion", "count", "finished", "topShare", "retention", "eventQuantile"])
    func exact(name: String) throws {
        let definition = try Definitions.named(name)
        let world = try World(count: 40)
        var generator = SeededGenerator(seed: 12)
        var (straight, shuffled) = (DailySums(definition), DailySums(definition))
        var trajectories: [UnitTrajectory] = []
        for unit in world.units {
            var (one, other) = (try UnitTrajectory(unit), try UnitTrajectory(unit))
            straight.apply(definition.changes(from: nil, to: one), to: unit)
            for event in unit.events {
                let old = one
                one.add(event, for: definition)
                straight.apply(definition.changes(from: old, to: one), to: unit)
            }
            for event in unit.events.shuffled(using: &generator) { other.add(event, for: definition) }
            shuffled.apply(definition.changes(from: nil, to: other), to: unit)
            #expect(one == other)
            trajectories.append(one)
        }
        for day in Set(straight.rows.keys).union(shuffled.rows.keys) {
            #expect(straight.rows[day] ?? straight.nothing == shuffled.rows[day] ?? straight.nothing)
        }
        for (unit, trajectory) in zip(world.units, trajectories) {
            straight.apply(definition.changes(from: trajectory, to: nil), to: unit)
        }
        #expect(!straight.rows.values.joined().joined().contains { !$0.isZero })
    }

    @Test("When all events are gone, nothing is left of them, though what rounding dropped does not come back")
    func residue() throws {
        let definition = try MetricDefinition(name: "m", kind: .ratio, lookBackSeconds: 100)
        var unit = try #require(UnitTrajectory(exposure: day))
        let empty = unit
        let values = [0.1, 1e45, 0.7, 1e-20]
        let events = try [day - 1, day + 1].flatMap { time in
            try values.map { try #require(MetricEvent(time: time, value: $0, denominator: $0 / 3)) }
        }
        var sum = CompensatedSum()
        for sign in [1.0, -1] { for value in values { sum += sign * value } }
        #expect(sum.value != 0)
        for event in events { unit.add(event, for: definition) }
        for event in events { unit.remove(event, for: definition) }
        #expect(unit == empty)
    }

    @Test("An event counts from the delay on until the window is over, and in the look-back before the exposure")
    func windowEdges() throws {
        let definition = try MetricDefinition(
            name: "m", kind: .mean, delaySeconds: 10, windowSeconds: 20, lookBackSeconds: 5)
        let exposure = 100 * day + 7
        func counted(_ offset: Int64) throws -> (y: Double, x: Double) {
            var unit = try #require(UnitTrajectory(exposure: exposure))
            unit.add(try #require(MetricEvent(time: exposure + offset, value: 3)), for: definition)
            let sums = definition.changes(from: nil, to: unit).reduce(into: definition.noSums) { $0.merge($1.change) }
            return (sums.total.sums[0].value, sums.total.sums[1].value)
        }
        let second: Int64 = 1_000_000
        for (offset, y, x): (Int64, Double, Double) in [
            (-5 * second - 1, 0, 0), (-5 * second, 0, 3), (-1, 0, 3), (0, 0, 0), (10 * second - 1, 0, 0),
            (10 * second, 3, 0), (20 * second - 1, 3, 0), (20 * second, 0, 0),
        ] {
            #expect(try counted(offset) == (y, x), "\(offset)")
        }
    }

    @Test("Where only finished windows count, a unit counts from the first day on that begins after its window")
    func finishedWindows() throws {
        let definition = try MetricDefinition(
            name: "m", kind: .count, windowSeconds: 86_400, countsFinishedWindowsOnly: true)
        for (exposure, first) in [(5 * day, 6), (5 * day + 1, 7), (6 * day - 1, 7), (-3 * day, -2), (-1, 1)] {
            let unit = try #require(UnitTrajectory(exposure: exposure))
            #expect(definition.changes(from: nil, to: unit).map(\.day) == [first], "\(exposure)")
        }
    }

    @Test("Days begin at midnight UTC, before 1970 too")
    func days() {
        for (time, number): (Int64, Int) in [(0, 0), (-1, -1), (day - 1, 0), (day, 1), (-day, -1), (-day - 1, -2)] {
            #expect(Day.number(of: time) == number)
        }
    }

    @Test("An earlier exposure is a new trajectory in place of the old one")
    func earlierExposure() throws {
        for definition in try Definitions.all() {
            let world = try World(count: 200)
            var moved = DailySums(definition)
            var units: [World.Unit] = []
            for unit in world.units {
                var old = try UnitTrajectory(unit)
                let earlier = World.Unit(
                    arm: unit.arm, phase: unit.phase, exposure: unit.exposure - 2 * day, events: unit.events)
                var new = try UnitTrajectory(earlier)
                for event in unit.events {
                    old.add(event, for: definition)
                    new.add(event, for: definition)
                }
                moved.apply(definition.changes(from: nil, to: old), to: unit)
                moved.apply(definition.changes(from: old, to: new), to: unit)
                units.append(earlier)
            }
            for lastDay in [10, 14, 30] {
                let own = units.filter { $0.phase == 0 && $0.arm == 0 }
                let expected = BruteForce(definition: definition, lastDay: lastDay).sums(own)
                #expect(moved.through(lastDay)[0][0].isClose(to: expected), "\(definition.name)")
            }
        }
    }

    @Test("An event that cannot have been added is not taken back, and nothing changes")
    func unknownEvents() throws {
        for definition in try Definitions.all() {
            var unit = try #require(UnitTrajectory(exposure: 10 * day))
            let times = [10 * day + 2 * hour, 13 * day, 9 * day]
            for time in times where definition.place(of: time, exposure: unit.exposure) != nil {
                let event = try #require(MetricEvent(time: time, value: 2))
                var isGone = unit.remove(event, for: definition)
                #expect(!isGone)
                unit.add(event, for: definition)
                let before = unit
                isGone = unit.remove(event, for: definition)
                #expect(isGone)
                isGone = unit.remove(event, for: definition)
                #expect(!isGone)
                unit.add(event, for: definition)
                #expect(unit == before)
            }
        }
        let quantile = try Definitions.named("eventQuantile")
        var unit = try #require(UnitTrajectory(exposure: 0))
        unit.add(try #require(MetricEvent(time: 5, value: 1)), for: quantile)
        unit.add(try #require(MetricEvent(time: 5, value: 9)), for: quantile)
        let before = unit
        let isGone = unit.remove(try #require(MetricEvent(time: 5, value: 4)), for: quantile)
        #expect(!isGone)
        #expect(unit == before)
    }

    @Test("What nobody can measure is refused: a value that is no number, or beyond 1e60, or a time of other ages")
    func refused() {
        for value in [Double.nan, .infinity, -.infinity, 1.1e60, -1.1e60] {
            #expect(MetricEvent(time: 0, value: value) == nil)
            #expect(MetricEvent(time: 0, value: 1, denominator: value) == nil)
        }
        for time in [Int64.min, -(1 << 60) - 1, (1 << 60) + 1, .max] {
            #expect(MetricEvent(time: time) == nil)
            #expect(UnitTrajectory(exposure: time) == nil)
        }
        for time in [-(Int64(1) << 60), 1 << 60] {
            #expect(MetricEvent(time: time, value: 1e60, denominator: -1e60) != nil)
            #expect(UnitTrajectory(exposure: time) != nil)
        }
    }

    @Test("The largest values and longest windows overflow nothing")
    func extremes() throws {
        let longest = MetricDefinition.longestSeconds
        for kind in [MetricDefinition.Kind.mean, .ratio] {
            let definition = try MetricDefinition(
                name: "m", kind: kind, windowSeconds: longest, countsFinishedWindowsOnly: true,
                lookBackSeconds: longest)
            for exposure in [-(Int64(1) << 60), 0, 1 << 60] {
                var unit = try #require(UnitTrajectory(exposure: exposure))
                for time in [-(Int64(1) << 60), exposure, 1 << 60] {
                    unit.add(try #require(MetricEvent(time: time, value: 1e60, denominator: -1e60)), for: definition)
                }
                let changes = definition.changes(from: nil, to: unit)
                #expect(changes.count == 1)
                #expect(changes[0].change.total.sums.allSatisfy { $0.value.isFinite })
            }
        }
    }
}
