/// How likely each of the 168 hours of a week is, from Monday 00:00 on the local clock.
public struct WeeklyRhythm: Sendable, Equatable {
    public static let hours = 168

    /// Each hour's share of the week: 168, sum 1.
    public let shares: [Double]
    /// What has passed when each hour begins, and 1 at last.
    private let passed: [Double]

    /// - Parameter weights: 168, each finite and not negative, at least one positive; within an hour all moments are
    ///   alike.
    public init(weights: [Double]) throws(PopulationProblem) {
        guard weights.count == Self.hours, weights.allSatisfy({ $0 >= 0 && $0 <= 1e9 }),
            weights.contains(where: { $0 > 0 })
        else {
            throw PopulationProblem(
                "rhythm", "must have 168 weights, one an hour from Monday 00:00, none negative, not all 0")
        }
        self.init(checked: weights)
    }

    private init(checked weights: [Double]) {
        let sum = weights.reduce(0, +)
        shares = weights.map { $0 / sum }
        var passed = [0.0]
        var running = 0.0
        for weight in weights {
            running += weight
            passed.append(running / sum)
        }
        self.passed = passed
    }

    /// A shop's week: quiet nights, a small peak at noon, a large one in the evening; more from Friday to Sunday.
    public static let shop: WeeklyRhythm = {
        let hours: [Double] = [
            2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 13, 12, 12, 13, 15, 18, 20, 20, 16, 10, 5,
        ]
        let days: [Double] = [9, 9, 9, 10, 12, 14, 13]
        return WeeklyRhythm(checked: days.flatMap { day in hours.map { day * $0 } })
    }()

    /// How much of a week's activity lies before a moment of it, 0 to 1.
    func share(before hours: Double) -> Double {
        let hour = min(max(Int(hours), 0), Self.hours - 1)
        return passed[hour] + shares[hour] * (hours - Double(hour))
    }

    /// The moment of the week, in hours from Monday 00:00, before which such a share of its activity lies; the other
    /// way round than ``share(before:)``.
    func hours(before share: Double) -> Double {
        var (low, high) = (0, Self.hours)
        while high - low > 1 {
            let middle = (low + high) / 2
            if passed[middle] <= share { low = middle } else { high = middle }
        }
        guard shares[low] > 0 else { return Double(low) }
        return Double(low) + min((share - passed[low]) / shares[low], 1)
    }
}
