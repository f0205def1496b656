/// Newton's method for the maximum of a (penalised) likelihood, which for a logistic regression is iteratively
/// reweighted least squares: McCullagh and Nelder, "Generalized linear models" (1989), section 4.4.
///
/// A state machine without data: it says at which coefficients to take the sums, and takes them.
struct NewtonSearch: Sendable {
    enum Action: Sendable {
        /// Take the sums at these coefficients.
        case evaluate([Double])
        /// Take the margins along this direction.
        case separate([Double])
        case finish(Maximum)
        case fail(ResponseFailure)
    }

    struct Maximum: Sendable {
        let coefficients: [Double]
        let sums: LikelihoodSums
        /// log-likelihood less the penalty.
        let objective: Double
        /// With the ridge.
        let information: [Double]
        let iterations: Int
    }

    static let maximumIterations = 60
    private static let maximumHalvings = 30
    /// Below this a decrement may be nothing but rounding.
    private static let rounding = 1e-10
    /// From here on every fifth step is tried for separation; without it far fewer suffice.
    private static let patientIterations = 15

    private let columns: [String]
    private let ridge: Double
    /// Twice what the likelihood may at most gain by another step.
    private let tolerance: Double
    /// A maximum below this is of no interest.
    private let floor: Double

    private struct Point {
        var coefficients: [Double]
        var sums: LikelihoodSums
        var objective: Double
        var information: [Double]
        var step: [Double]
        /// gᵀ I⁻¹ g, twice what the step is expected to gain.
        var decrement: Double
    }

    private var best: Point?
    private var trial: [Double]
    private var halvings = 0
    private var iterations = 0
    private var isLost = false
    /// The size of each column, to compare coefficients by.
    private var sizes: [Double] = []

    /// - Parameters:
    ///   - ridge: precision of a normal prior about 0 on each coefficient but the intercept; 0 for none.
    ///   - start: where to begin; all 0, and the intercept at the share of events, if it is not known better.
    ///   - floor: ends the search where twice the expected gain does not reach it.
    init(
        columns: [String], ridge: Double, start: [Double], tolerance: Double, floor: Double = -.infinity
    ) {
        self.columns = columns
        self.ridge = ridge
        self.tolerance = tolerance
        self.floor = floor
        trial = start
    }

    func begin() -> Action { .evaluate(trial) }

    mutating func take(_ sums: LikelihoodSums) -> Action {
        let objective = sums.logLikelihood - ridge / 2 * trial.dropFirst().reduce(0) { $0 + $1 * $1 }
        if let best, !(objective >= best.objective - 1e-12 * abs(best.objective)) { return halve(best) }
        if sizes.isEmpty {
            sizes = columns.indices.map { sums.information[CholeskyFactor.place($0, $0)].squareRoot() }
        }
        if best == nil, ridge == 0, let dependence = Dependence(gram: sums.information, dimension: columns.count) {
            let column = columns[dependence.column]
            return .fail(
                dependence.others == [0]
                    ? .constant(column) : .collinear(column, with: dependence.others.map { columns[$0] }))
        }
        guard let point = point(sums, objective) else { return giveUp() }
        let stalls = best.map { point.decrement <= Self.rounding && point.decrement > 0.5 * $0.decrement } ?? false
        best = point
        if point.decrement <= tolerance || stalls || objective + point.decrement < floor { return finish(point) }
        guard iterations < Self.maximumIterations else { return giveUp() }
        iterations += 1
        halvings = 0
        if iterations >= Self.patientIterations, iterations % 5 == 0 { return .separate(point.step) }
        return advance(from: point)
    }

    mutating func take(_ margins: Margins) -> Action {
        guard let best else { preconditionFailure("margins follow sums") }
        if margins.separate { return .fail(.separation(names(best.step))) }
        return isLost ? .fail(.notConverged(iterations: iterations)) : advance(from: best)
    }

    private mutating func advance(from point: Point) -> Action {
        let size = Double(sign: .plus, exponent: -halvings, significand: 1)
        trial = zip(point.coefficients, point.step).map { $0 + size * $1 }
        return .evaluate(trial)
    }

    private mutating func halve(_ best: Point) -> Action {
        halvings += 1
        guard halvings <= Self.maximumHalvings else {
            return best.decrement <= Self.rounding ? finish(best) : giveUp()
        }
        return advance(from: best)
    }

    private func finish(_ point: Point) -> Action {
        .finish(
            Maximum(
                coefficients: point.coefficients, sums: point.sums, objective: point.objective,
                information: point.information, iterations: iterations))
    }

    private func point(_ sums: LikelihoodSums, _ objective: Double) -> Point? {
        var (information, gradient) = (sums.information, sums.gradient)
        for column in columns.indices.dropFirst() {
            information[CholeskyFactor.place(column, column)] += ridge
            gradient[column] -= ridge * trial[column]
        }
        guard objective.isFinite, let factor = CholeskyFactor(information, dimension: columns.count) else { return nil }
        let step = factor.solve(gradient)
        let decrement = zip(step, gradient).reduce(0) { $0 + $1.0 * $1.1 }
        return Point(
            coefficients: trial, sums: sums, objective: objective, information: information, step: step,
            decrement: decrement)
    }

    /// There is no way on, unless on the way to infinity.
    private mutating func giveUp() -> Action {
        isLost = true
        return best.map { .separate($0.step) } ?? .fail(.notConverged(iterations: iterations))
    }

    /// The columns that make up a direction, those that tell most first; the intercept only if there is no other.
    private func names(_ direction: [Double]) -> [String] {
        let parts = zip(direction, sizes).map { abs($0 * $1) }
        let largest = parts.dropFirst().max() ?? 0
        let telling = columns.indices.dropFirst().filter { largest > 0 && parts[$0] > 1e-3 * largest }
        return telling.isEmpty
            ? [columns[0]]
            : telling.sorted { parts[$0] != parts[$1] ? parts[$0] > parts[$1] : $0 < $1 }.map { columns[$0] }
    }
}
