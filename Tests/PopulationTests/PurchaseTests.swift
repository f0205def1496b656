import CivilTime
import Foundation
import JSON
import PythonOracle
import Testing

@testable import Population

@Suite("Purchases")
struct PurchaseTests {
    private static let oracle = PythonOracle("population_oracle.py")

    @Test(
        "Mean and variance are those of the published formulas",
        .enabled(if: oracle.isAvailable, "\(oracle.requirement)"))
    func closedForm() throws {
        let cases = try Self.oracle.cases()
        #expect(cases.count >= 8)
        for fields in cases {
            let numbers = try fields.map { try #require(Double($0)) }
            var law = PurchaseLaw()
            (law.rateShape, law.rateWeeks) = (numbers[0], numbers[1])
            (law.dropoutFirst, law.dropoutSecond) = (numbers[2], numbers[3])
            let count = law.count(within: numbers[4])
            #expect(isClose(count.mean, numbers[5], tolerance: 1e-9), "\(fields)")
            #expect(isClose(count.mean, numbers[6], tolerance: 1e-9), "\(fields)")
            #expect(isClose(count.variance, numbers[7], tolerance: 1e-8), "\(fields)")
        }
        #expect(PurchaseLaw().count(within: 0) == (0, 0))
    }

    /// Bounds of 4.5 standard errors; seeds are fixed, so the answer is too.
    @Test("People's purchases have the mean and the variance of the closed form", arguments: [12.0, 40])
    func simulated(weeks: Double) throws {
        let people = 20_000
        let population = try SyntheticPopulation(.year(people: people))
        let counts = population.numbers.map { number in
            let repeats = RepeatPurchases(population.habits(of: number), of: number, seed: 7)
            return Double(repeats.prefix { $0 < weeks }.count)
        }
        let expected = population.parameters.purchases.count(within: weeks)
        let n = Double(people)
        let mean = counts.reduce(0, +) / n
        #expect(abs(mean - expected.mean) < 4.5 * (expected.variance / n).squareRoot())
        let squares = counts.map { ($0 - expected.mean) * ($0 - expected.mean) }
        let variance = squares.reduce(0, +) / n
        let spread = squares.reduce(0) { $0 + ($1 - variance) * ($1 - variance) } / n
        #expect(abs(variance - expected.variance) < 4.5 * (spread / n).squareRoot())
    }

    @Test("Purchases fill the hours of the week on the local clock as the rhythm says (chi-square)")
    func hoursOfTheWeek() throws {
        let population = try SyntheticPopulation(.year(people: 6_000))
        var seen = [Double](repeating: 0, count: 168)
        var universal = seen
        for person in population.people(in: population.numbers) {
            let zone = person.town.zone
            for purchase in population.purchases(of: person) {
                seen[hour(purchase.moment, zone)] += 1
                universal[hour(purchase.moment, .utc)] += 1
            }
        }
        let sum = seen.reduce(0, +)
        #expect(sum > 12_000)
        let shares = WeeklyRhythm.shop.shares
        #expect(shares.map { $0 * sum }.min() ?? 0 > 5)
        #expect(normalScore(seen, shares) < 4.75)
        // What the test sees when the clock is another, or the week is flat.
        #expect(normalScore(universal, shares) > 20)
        #expect(normalScore(seen, [Double](repeating: 1 / 168, count: 168)) > 20)
    }

    private func hour(_ moment: Timestamp, _ zone: TimeZoneRules) -> Int {
        guard let local = zone.localTime(at: moment) else { return 0 }
        return (local.date.weekday.rawValue - 1) * 24 + Int(local.microsecondOfDay / 3_600_000_000)
    }

    /// How far into the tail a chi-square statistic lies (Wilson and Hilferty).
    private func normalScore(_ seen: [Double], _ shares: [Double]) -> Double {
        let sum = seen.reduce(0, +)
        let statistic = zip(seen, shares).reduce(0) { $0 + ($1.0 - sum * $1.1) * ($1.0 - sum * $1.1) / (sum * $1.1) }
        let deviation = 2 / (9 * Double(seen.count - 1))
        return (cbrt(statistic / Double(seen.count - 1)) - (1 - deviation)) / deviation.squareRoot()
    }

    @Test("Nobody buys before the beginning, behind the end, or before they joined, and everybody joins in time")
    func bounds() throws {
        let population = try SyntheticPopulation(.year(people: 500))
        let parameters = population.parameters
        let joinedBy = Timestamp.of("2026-01-24T02:00:00Z")
        for person in population.people(in: population.numbers) {
            let moments = population.purchases(of: person).map(\.moment)
            #expect(moments.first == person.joinedAt && moments == moments.sorted())
            #expect(parameters.from <= person.joinedAt && person.joinedAt < joinedBy)
            #expect(moments.allSatisfy { $0 < parameters.until })
        }
    }

    @Test("An hour without activity has no purchase, and what lies before a moment leads back to it")
    func inverse() throws {
        var weights = [Double](repeating: 0, count: 168)
        (weights[0], weights[30], weights[167]) = (1, 2, 1)
        let rhythm = try WeeklyRhythm(weights: weights)
        for step in 0..<1_000 {
            let share = Double(step) / 1_000
            let hours = rhythm.hours(before: share)
            #expect(weights[Int(hours)] > 0)
            #expect(abs(rhythm.share(before: hours) - share) < 1e-12)
        }
        for bad in [[], [1], [Double](repeating: 0, count: 168), [Double](repeating: .nan, count: 168)] {
            let problem = #expect(throws: PopulationProblem.self) { try WeeklyRhythm(weights: bad) }
            #expect(problem?.field == "rhythm")
        }
    }

    @Test("Towns' clocks are those of this machine's time zone database, from 2020 to 2030")
    func towns() throws {
        for town in HomeTown.all {
            let file = URL(filePath: "/usr/share/zoneinfo/\(town.timezone)")
            guard let bytes = try? Data(contentsOf: file) else { continue }
            let (rules, database) = (town.zone, try TimeZoneRules(parsing: Array(bytes)))
            for hour in stride(from: Int64(438_300), to: 525_984, by: 13) {
                let moment = Timestamp(microseconds: hour * 3_600_000_000)
                let (ours, theirs) = (rules.offset(at: moment), database.offset(at: moment))
                try #require(ours.seconds == theirs.seconds, "\(town.city) \(moment)")
            }
        }
    }
}
