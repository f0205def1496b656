/// What is made of the variables of ``CrossMoments``, over the units of an arm.
public enum Quantity: Sendable, Hashable {
    /// The mean of a variable over units.
    case mean(Int)
    /// The sum of one variable over units by the sum of another: revenue per order, where units are users.
    ///
    /// A **clustered** metric is one: units are the clusters that were randomised (households), the variables of each
    /// are the sum of its observations and how many they are, and the quantity is the mean over observations.
    case ratio(Int, by: Int)

    /// Its value and derivatives by the means of the variables; nil where a denominator is 0.
    func linearized(at means: [Double]) -> (value: Double, gradient: [(variable: Int, slope: Double)])? {
        switch self {
        case .mean(let variable): return (means[variable], [(variable, 1)])
        case .ratio(let numerator, let denominator):
            let divisor = means[denominator]
            guard divisor != 0 else { return nil }
            let value = means[numerator] / divisor
            return (value, [(numerator, 1 / divisor), (denominator, -value / divisor)])
        }
    }
}

/// Several quantities of one arm, with the covariance that a single unit contributes to them.
struct Quantities {
    let count: Int
    let values: [Double]
    /// Row by row, with the divisor count - 1. Ratios by the delta method: a unit contributes what it moves the ratio
    /// by, to first order (Deng et al., KDD 2018, section 3).
    let covariance: [[Double]]

    init(_ moments: CrossMoments, _ quantities: [Quantity]) throws(NotEnoughData) {
        guard moments.count >= 2 else { throw .tooFewUnits(have: moments.count, need: 2) }
        guard moments.isFinite else { throw .notFinite }
        let means = moments.means
        var parts: [(value: Double, gradient: [(variable: Int, slope: Double)])] = []
        for quantity in quantities {
            guard let part = quantity.linearized(at: means) else { throw .denominatorIsZero }
            parts.append(part)
        }
        count = moments.count
        values = parts.map(\.value)
        covariance = parts.map { a in
            parts.map { b in
                a.gradient.reduce(0) { sum, i in
                    sum
                        + b.gradient.reduce(0) {
                            $0 + i.slope * $1.slope * moments.covariance(i.variable, $1.variable)
                        }
                }
            }
        }
    }
}
