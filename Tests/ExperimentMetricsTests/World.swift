import Statistics

@testable import ExperimentMetrics

let hour: Int64 = 3_600_000_000
let day: Int64 = 24 * hour

/// Units with what they did before and after their exposure: two phases with other allocations, three arms, of which the
/// second does more, and units that differ in how much they do.
struct World {
    struct Unit {
        let arm: Int
        let phase: Int
        let exposure: Int64
        var events: [MetricEvent]
    }

    static let armCount = 3
    static let weights: [[Double]] = [[8_000, 1_000, 1_000], [3_400, 3_300, 3_300]]

    var units: [Unit]

    init(count: Int, seed: UInt64 = 7) throws {
        units = []
        for number in 0..<count {
            var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 1_000_003)
            let exposureDay = 10 + generator.below(12)
            let phase = exposureDay < 16 ? 0 : 1
            let place = Double(generator.below(10_000))
            let weights = Self.weights[phase]
            let arm = place < weights[0] ? 0 : place < weights[0] + weights[1] ? 1 : 2
            let exposure = Int64(exposureDay) * day + Int64(generator.below(Int(day)))
            let rate = generator.below(5)
            let before = rate + generator.below(3)
            let after = rate + generator.below(3) + (arm == 1 ? generator.below(2) : 0) + phase
            var events: [MetricEvent] = []
            for index in 0..<(before + after) {
                let time =
                    index < before
                    ? exposure - 1 - Int64(generator.below(Int(20 * day)))
                    : exposure + Int64(generator.below(Int(15 * day)))
                let value = Double(100 + generator.below(20_000)) / 100 * Double(1 + rate)
                let denominator = Double(1 + generator.below(4))
                if let event = MetricEvent(time: time, value: value, denominator: denominator) { events.append(event) }
            }
            units.append(Unit(arm: arm, phase: phase, exposure: exposure, events: events))
        }
    }

    /// First exposures until the end of a day.
    func dailyUnits(through last: Int = .max) -> [DailyUnits] {
        var counts: [[Int]: [Int]] = [:]
        for unit in units where Day.number(of: unit.exposure) <= last {
            let key = [Day.number(of: unit.exposure), unit.phase]
            counts[key, default: Array(repeating: 0, count: Self.armCount)][unit.arm] += 1
        }
        return counts.map { DailyUnits(phase: $0[1], day: $0[0], counts: $1) }.sorted { $0.day < $1.day }
    }

    /// What a service would have stored: the sums of each day, made of the changes that units brought.
    func days(_ definition: MetricDefinition) throws -> DailySums {
        var sums = DailySums(definition)
        for unit in units {
            var trajectory = try UnitTrajectory(unit)
            for event in unit.events { trajectory.add(event, for: definition) }
            sums.apply(definition.changes(from: nil, to: trajectory), to: unit)
        }
        return sums
    }
}

extension UnitTrajectory {
    struct NoTime: Error {}

    init(_ unit: World.Unit) throws {
        guard let trajectory = UnitTrajectory(exposure: unit.exposure) else { throw NoTime() }
        self = trajectory
    }
}

/// The rows of one metric: phase, arm and day.
struct DailySums {
    let definition: MetricDefinition
    var rows: [Int: PhasedSums] = [:]

    init(_ definition: MetricDefinition) { self.definition = definition }

    var nothing: PhasedSums {
        World.weights.map { $0.map { _ in definition.noSums } }
    }

    mutating func apply(_ changes: [DayChange], to unit: World.Unit) {
        let nothing = nothing
        for change in changes { rows[change.day, default: nothing][unit.phase][unit.arm].merge(change.change) }
    }

    /// Of all days up to one.
    func through(_ last: Int) -> PhasedSums {
        var sums = nothing
        for (day, row) in rows.sorted(by: { $0.key < $1.key }) where day <= last {
            for phase in row.indices { for arm in row[phase].indices { sums[phase][arm].merge(row[phase][arm]) } }
        }
        return sums
    }
}
