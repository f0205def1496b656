/// What is made of the variables of ``CrossMoments``, over the units of an arm.
public enum Quantity: Sendable, Hashable {
    /// The mean of a variable over units.
    case mean(Int)
    /// The sum of one variable over units by the sum of another: revenue per order, where units are users.
    ///
    /// A **clustered** metric is one: units are the clusters that were randomised (households), the variables of each
    /// are the sum of its observations and how many they are, and the quantity is the mean over observations.
    case ratio(Int, by: Int)

    /// Nil where a denominator is 0.
    func linearized(at means: [Double]) -> LinearQuantity? {
        switch self {
        case .mean(let variable):
            return LinearQuantity(value: means[variable], variable: variable, slope: 1)
        case .ratio(let numerator, let denominator):
            let divisor = means[denominator]
            guard divisor != 0 else { return nil }
            let value = means[numerator] / divisor
            return LinearQuantity(
                value: value, variable: numerator, slope: 1 / divisor, divisor: denominator,
                divisorSlope: -value / divisor)
        }
    }
}

/// A quantity at given means, and how much it moves with the means of its variables.
struct LinearQuantity {
    let value: Double
    let variable: Int
    let slope: Double
    /// Of a mean no variable moves it but one.
    var divisor = 0
    var divisorSlope = 0.0

    /// The covariance of what a unit contributes to two quantities.
    func covariance(_ other: Self, _ moments: CrossMoments) -> Double {
        var sum = slope * other.slope * moments.covariance(variable, other.variable)
        if divisorSlope != 0 { sum += divisorSlope * other.slope * moments.covariance(divisor, other.variable) }
        if other.divisorSlope != 0 { sum += slope * other.divisorSlope * moments.covariance(variable, other.divisor) }
        if divisorSlope != 0, other.divisorSlope != 0 {
            sum += divisorSlope * other.divisorSlope * moments.covariance(divisor, other.divisor)
        }
        return sum
    }
}

/// Several quantities of one arm, which may be spread over blocks, and what chance makes of them.
struct Quantities {
    /// The units of one block: how many, what its means weigh, and the covariance that a single unit contributes to the
    /// quantities, row by row with the divisor count - 1.
    struct Cell {
        let count: Double
        let weight: Double
        let covariances: [Double]
    }

    let count: Int
    let values: [Double]
    let cells: [Cell]

    init(_ moments: CrossMoments, _ quantities: [Quantity]) throws(NotEnoughData) {
        try self.init([(moments, 1)], quantities)
    }

    /// Of ratios by the delta method: a unit contributes what it moves the ratio by, to first order (Deng et al., KDD
    /// 2018, section 3).
    ///
    /// - Parameter blocks: with weights that sum to 1; quantities are made of the weighed means.
    init(_ blocks: [(moments: CrossMoments, weight: Double)], _ quantities: [Quantity]) throws(NotEnoughData) {
        var means = Array(repeating: 0.0, count: blocks.first?.moments.variableCount ?? 0)
        for (moments, weight) in blocks {
            guard moments.count >= 2 else { throw .tooFewUnits(have: moments.count, need: 2) }
            guard moments.isFinite else { throw .notFinite }
            for variable in means.indices { means[variable] += weight * moments.mean(variable) }
        }
        var parts: [LinearQuantity] = []
        for quantity in quantities {
            guard let part = quantity.linearized(at: means) else { throw .denominatorIsZero }
            parts.append(part)
        }
        count = blocks.reduce(0) { $0 + $1.moments.count }
        values = parts.map(\.value)
        cells = blocks.map { moments, weight in
            var covariances = Array(repeating: 0.0, count: parts.count * parts.count)
            for i in parts.indices {
                for j in 0...i {
                    covariances[i * parts.count + j] = parts[i].covariance(parts[j], moments)
                    covariances[j * parts.count + i] = covariances[i * parts.count + j]
                }
            }
            return Cell(count: Double(moments.count), weight: weight, covariances: covariances)
        }
    }

    /// The covariance of two of the ``values``.
    func covariance(_ i: Int, _ j: Int) -> Double {
        cells.reduce(0) {
            $0 + $1.weight * $1.weight * $1.covariances[i * values.count + j] / $1.count
        }
    }

    /// The sum over units of the products of what each contributes, from the means of its block.
    func within(_ i: Int, _ j: Int) -> Double {
        cells.reduce(0) { $0 + ($1.count - 1) * $1.covariances[i * values.count + j] }
    }
}
