public import Randomness

/// A fitted equation, and how well it is known.
///
/// Errors are those of the coefficients at the chosen shape, from the observed information; the choice of the shape adds
/// to them and is not in them.
public struct ResponseFit: Sendable, Equatable {
    /// What was fitted to, and how it went.
    public struct Figures: Sendable, Hashable {
        /// At the coefficients, without the prior's part.
        public let logLikelihood: Double
        /// Of an intercept alone.
        public let nullLogLikelihood: Double
        public let rowCount: Int
        /// Rows where the outcome happened.
        public let eventCount: Int
        /// As given to ``ResponseEstimation``.
        public let ridge: Double
        /// Newton steps of the last shape.
        public let iterations: Int

        public init(
            logLikelihood: Double, nullLogLikelihood: Double, rowCount: Int, eventCount: Int, ridge: Double,
            iterations: Int
        ) {
            self.logLikelihood = logLikelihood
            self.nullLogLikelihood = nullLogLikelihood
            self.rowCount = rowCount
            self.eventCount = eventCount
            self.ridge = ridge
            self.iterations = iterations
        }
    }

    public let equation: ResponseEquation
    /// The lower triangle, row by row, of the observed information: XᵀWX, with the ridge added.
    public let information: [Double]
    /// The lower triangle of its inverse, the covariance of the coefficients.
    public let covariance: [Double]
    public let figures: Figures
    private let factor: CholeskyFactor

    /// From what the members of a fit were.
    ///
    /// - Throws: ``ResponseFailure/parameter(_:)`` where the information is not that of such an equation.
    public init(
        equation: ResponseEquation, information: [Double], figures: Figures
    ) throws(ResponseFailure) {
        let dimension = equation.coefficients.count
        guard information.count == dimension * (dimension + 1) / 2,
            let factor = CholeskyFactor(information, dimension: dimension)
        else { throw .parameter("information") }
        self.equation = equation
        self.information = information
        self.factor = factor
        self.figures = figures
        covariance = factor.inverse
    }

    /// Of each coefficient.
    public var standardErrors: [Double] {
        equation.coefficients.indices.map { covariance[CholeskyFactor.place($0, $0)].squareRoot() }
    }

    /// How far a score may be off, one deviation: √(xᵀ Σ x).
    ///
    /// - Parameters:
    ///   - traits, offer, channel: of the schema; checked.
    ///   - stock, recent: as of ``ResponseEquation/historyScore(stock:recent:)``.
    /// - Throws: ``ResponseFailure/parameter(_:)``, ``ResponseFailure/notFinite(_:)``.
    public func scoreError(
        traits: some Collection<TraitValue>, offer: Int, channel: Int, stock: Double = 0, recent: Int = 0
    ) throws(ResponseFailure) -> Double {
        let schema = equation.schema
        try schema.check(traits: traits)
        try schema.check(offer: offer, channel: channel)
        var row = [Double](repeating: 0, count: schema.columns.count)
        row[0] = 1
        schema.forEachColumn(of: traits, equation.scalings) { row[$0] = $1 }
        if let column = schema.column(offer: offer) { row[column] = 1 }
        if let column = schema.column(channel: channel) { row[column] = 1 }
        if let shape = equation.shape, let column = schema.saturationColumn {
            row[column] = shape.saturation(stock: stock)
        }
        if let column = schema.fatigueColumn { row[column] = -Double(recent) }
        return factor.forward(row).reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    /// Another equation that the rows might have come from: coefficients drawn from the normal distribution about the
    /// estimates with their covariance, at the same shape. Takes a number of 64 bits for each coefficient.
    public func draw(_ random: inout RandomRow) -> ResponseEquation {
        let normals = equation.coefficients.map { _ in random.normal() }
        return ResponseEquation(
            known: equation.schema, equation.scalings, equation.shape,
            zip(equation.coefficients, factor.backward(normals)).map { $0 + $1 })
    }
}
