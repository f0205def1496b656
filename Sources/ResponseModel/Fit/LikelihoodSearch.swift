/// The way to the likeliest coefficients and shape; a state machine without data, as ``NewtonSearch``.
///
/// It finds the coefficients of the first shape, compares the others by the highest likelihood each of them reaches, from
/// the coefficients of the best so far, and takes the last digits of the best one at the end.
struct LikelihoodSearch: Sendable {
    enum Action: Sendable {
        /// Take the sums with this shape at these coefficients.
        case evaluate(FrequencyShape, [Double])
        /// Take the margins along this direction, with the shape of the sums before.
        case separate([Double])
        case finish(FrequencyShape, NewtonSearch.Maximum)
        case fail(ResponseFailure)
    }

    /// Twice the log-likelihood that is left to gain: of a fit, and where shapes are compared.
    private static let tolerance = (fit: 1e-20, comparison: 1e-6)
    /// A shape has to be better by so much, of log-likelihood, to be more than rounding.
    private static let improvement = 1e-5

    private enum Phase {
        case first, comparing, last
    }

    private let columns: [String]
    private let ridge: Double
    private var shapes: ShapeSearch?
    private var phase = Phase.first
    private var shape: FrequencyShape
    private var newton: NewtonSearch
    private var best: (shape: FrequencyShape, maximum: NewtonSearch.Maximum)?

    /// - Parameters:
    ///   - grid: nil where no column depends on it.
    ///   - intercept: of no other columns.
    init(columns: [String], grid: ShapeGrid?, ridge: Double, intercept: Double) {
        self.columns = columns
        self.ridge = ridge
        shapes = grid.map { ShapeSearch($0) }
        shape = grid?.start ?? .usual
        newton = NewtonSearch(
            columns: columns, ridge: ridge, start: columns.indices.map { $0 == 0 ? intercept : 0 },
            tolerance: Self.tolerance.fit)
    }

    func begin() -> Action { action(newton.begin()) }

    mutating func take(_ sums: LikelihoodSums) -> Action { follow(newton.take(sums)) }

    mutating func take(_ margins: Margins) -> Action { follow(newton.take(margins)) }

    private func action(_ action: NewtonSearch.Action) -> Action {
        switch action {
        case .evaluate(let coefficients): .evaluate(shape, coefficients)
        case .separate(let direction): .separate(direction)
        case .finish(let maximum): .finish(shape, maximum)
        case .fail(let failure): .fail(failure)
        }
    }

    private mutating func follow(_ next: NewtonSearch.Action) -> Action {
        switch (next, phase) {
        case (.evaluate, _), (.separate, _), (.fail, .first), (.fail, .last), (.finish, .last): return action(next)
        case (.fail, .comparing): break
        case (.finish(let maximum), .first): best = (shape, maximum)
        case (.finish(let maximum), .comparing):
            if let best, maximum.objective > best.maximum.objective + Self.improvement {
                self.best = (shape, maximum)
                shapes?.move(to: shape)
            }
        }
        return compare()
    }

    private mutating func compare() -> Action {
        guard let best else { preconditionFailure("the first shape has a maximum") }
        if let next = shapes?.next() {
            phase = .comparing
            shape = next
        } else if phase == .first {
            return .finish(best.shape, best.maximum)
        } else {
            phase = .last
            shape = best.shape
        }
        newton = NewtonSearch(
            columns: columns, ridge: ridge, start: best.maximum.coefficients,
            tolerance: phase == .last ? Self.tolerance.fit : Self.tolerance.comparison,
            floor: phase == .last ? -.infinity : best.maximum.objective)
        return action(newton.begin())
    }
}
