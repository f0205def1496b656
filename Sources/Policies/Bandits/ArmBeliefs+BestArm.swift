internal import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ArmBeliefs {
    /// The probability that each arm is the best one: what Thompson sampling plays it with.
    ///
    /// P(i is best) = ∫ fᵢ(x) Π Fⱼ(x) dx over the arms j ≠ i, by Gauss-Legendre quadrature with panels no wider than the
    /// standard deviation of any arm near them; absolute error below 1e-10. No random draws: the same beliefs give the
    /// same probabilities bit for bit.
    ///
    /// Source: Thompson, Biometrika 25 (1933); for the integral Scott, "A modern Bayesian look at the multi-armed
    /// bandit", Appl. Stochastic Models Bus. Ind. 26 (2010), section 3.1.
    ///
    /// - Returns: in the order of the arms; their sum is 1.
    /// - Throws: ``PolicyError/tooFewArms(needed:)`` for none, ``PolicyError/tooManyArms(limit:)``,
    ///   ``PolicyError/notFinite``, ``PolicyError/armWithoutData(_:)`` for an arm whose parameters are not positive.
    public func bestArmProbabilities() throws(PolicyError) -> [Double] {
        guard count >= 1 else { throw .tooFewArms(needed: 1) }
        guard count <= Self.largestArmCount else { throw .tooManyArms(limit: Self.largestArmCount) }
        switch self {
        case .normal(let arms):
            return Self.bestArm(
                try arms.enumerated().map { index, arm throws(PolicyError) in try NormalArm(arm, index) })
        case .beta(let arms):
            return Self.bestArm(
                try arms.enumerated().map { index, arm throws(PolicyError) in try LogitArm(arm, index) })
        }
    }

    private static func bestArm(_ arms: [some Arm]) -> [Double] {
        guard arms.count > 1 else { return [1] }
        let grid = arms.flatMap(\.grid).sorted()
        var sums = [Double](repeating: 0, count: arms.count)
        var masses = sums
        // The products of the distribution functions of the arms before and after each arm.
        var before = [Double](repeating: 1, count: arms.count + 1)
        var after = [Double](repeating: 1, count: arms.count + 1)
        for (low, high) in zip(grid, grid.dropFirst()) where low < high {
            for node in GaussLegendre.eight.nodes(from: low, to: high, panelsNoWiderThan: .infinity) {
                let below = arms.map { $0.cumulative(node.place) }
                for arm in below.indices { before[arm + 1] = before[arm] * below[arm] }
                for arm in below.indices.reversed() { after[arm] = after[arm + 1] * below[arm] }
                for arm in arms.indices {
                    let mass = node.weight * arms[arm].density(node.place)
                    masses[arm] += mass
                    sums[arm] += mass * before[arm] * after[arm + 1]
                }
            }
        }
        let shares = zip(sums, masses).map { $0 / $1 }
        let total = shares.reduce(0, +)
        return shares.map { $0 / total }
    }
}

/// One arm on the axis of the integration.
private protocol Arm {
    /// Where panels end: everything but some 1e-18 of the arm lies between the first and the last.
    var grid: [Double] { get }
    /// But for a factor.
    func density(_ x: Double) -> Double
    func cumulative(_ x: Double) -> Double
}

private struct NormalArm: Arm {
    private let arm: ArmBeliefs.Normal

    init(_ arm: ArmBeliefs.Normal, _ index: Int) throws(PolicyError) {
        guard arm.mean.isFinite, arm.standardDeviation.isFinite else { throw .notFinite }
        guard arm.standardDeviation > 0 else { throw .armWithoutData(index) }
        self.arm = arm
    }

    var grid: [Double] { (-9...9).map { arm.mean + Double($0) * arm.standardDeviation } }

    func density(_ x: Double) -> Double { Normal.density((x - arm.mean) / arm.standardDeviation) }

    func cumulative(_ x: Double) -> Double { Normal.cumulative((x - arm.mean) / arm.standardDeviation) }
}

/// A beta variable by its logit y = ln(x / (1 - x)), whose density is smooth and has exponential tails, whatever the
/// parameters: e^(a y) / (1 + e^y)^(a + b) / B(a, b). By its ratio to that of the mode, where nothing large cancels.
private struct LogitArm: Arm {
    private let a: Double
    private let b: Double

    init(_ arm: ArmBeliefs.Beta, _ index: Int) throws(PolicyError) {
        guard arm.successes.isFinite, arm.failures.isFinite else { throw .notFinite }
        guard arm.successes >= 0.01, arm.failures >= 0.01 else { throw .armWithoutData(index) }
        a = arm.successes
        b = arm.failures
    }

    private var mode: Double { log(a / b) }

    private func logDensity(_ y: Double) -> Double {
        let distance = y - mode
        // From the side on which the exponential does not overflow: the variable and its mirror image are alike.
        let (near, far, step) = distance < 0 ? (a, b, distance) : (b, a, -distance)
        return near * step - (a + b) * log1p(near / (near + far) * expm1(step))
    }

    func density(_ y: Double) -> Double { exp(logDensity(y)) }

    func cumulative(_ y: Double) -> Double {
        let (small, large) = (1 / (1 + exp(abs(y))), 1 / (1 + exp(-abs(y))))
        return y < 0
            ? Beta.regularized(small, complement: large, a, b) : Beta.regularized(large, complement: small, a, b)
    }

    /// From the mode outwards by standard deviations, then by growing steps in the tails.
    var grid: [Double] { tail(-1, rate: a).reversed() + [mode] + tail(1, rate: b) }

    private func tail(_ sign: Double, rate: Double) -> [Double] {
        let deviation = min(2, (1 / a + 1 / b).squareRoot())
        let end = -45.0
        var (place, step, points) = (mode, deviation, [Double]())
        while logDensity(place) > end, points.count < 10_000 {
            place += sign * step
            points.append(place)
            if points.count > 9 { step = max(deviation, min(step * 1.25, 2 / rate)) }
        }
        return points
    }
}
