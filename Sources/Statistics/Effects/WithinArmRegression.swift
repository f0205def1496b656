/// The least squares fit of a metric (quantity 0) on covariates (the others) within the blocks of two arms, by common
/// coefficients.
struct WithinArmRegression {
    /// One of each covariate; 0 where it adds nothing.
    let coefficients: [Double]
    /// How many covariates add something.
    let rank: Double
    /// Σθ·(treatment's covariate mean - control's): by how much the covariates shift the difference.
    let shift: Double
    /// d'S⁻¹d of the difference d of the covariates' means and their sums of squares S within arms: times the residual
    /// variance it is what the error of the coefficients adds to the variance of the difference.
    let leverage: Double

    init(_ treatment: Quantities, _ control: Quantities) {
        let size = treatment.values.count - 1
        func within(_ i: Int, _ j: Int) -> Double { treatment.within(i, j) + control.within(i, j) }
        let solver = Cholesky((0..<size).map { i in (0..<size).map { within(i + 1, $0 + 1) } })
        coefficients = solver.solve((0..<size).map { within($0 + 1, 0) })
        rank = Double(solver.rank)
        let difference = (0..<size).map { treatment.values[$0 + 1] - control.values[$0 + 1] }
        shift = zip(coefficients, difference).reduce(0) { $0 + $1.0 * $1.1 }
        leverage = zip(solver.solve(difference), difference).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The variances of an arm's quantities: of the metric, of the fitted covariates, and between the two.
    func parts(_ arm: Quantities) -> (metric: Double, cross: Double, covariates: Double) {
        var cross = 0.0
        var covariates = 0.0
        for (i, coefficient) in coefficients.enumerated() {
            cross += coefficient * arm.covariance(i + 1, 0)
            for (j, other) in coefficients.enumerated() {
                covariates += coefficient * other * arm.covariance(i + 1, j + 1)
            }
        }
        return (arm.covariance(0, 0), cross, covariates)
    }

    /// What the covariates leave of the variance of the metric of one unit, in each cell.
    func residuals(_ arm: Quantities) -> [Residual] {
        let size = arm.values.count
        return arm.cells.map { cell in
            var variance = cell.covariances[0]
            for (i, coefficient) in coefficients.enumerated() {
                variance -= 2 * coefficient * cell.covariances[i + 1]
                for (j, other) in coefficients.enumerated() {
                    variance += coefficient * other * cell.covariances[(i + 1) * size + j + 1]
                }
            }
            return Residual(cell: cell, variance: max(variance, 0))
        }
    }

    struct Residual {
        let cell: Quantities.Cell
        let variance: Double

        var ofMean: Double { cell.weight * cell.weight * variance / cell.count }
        var sumOfSquares: Double { (cell.count - 1) * variance }
    }
}

/// L·L' = A of a symmetric matrix A without negative eigenvalues. What is a combination of earlier rows is left out.
struct Cholesky {
    private var factor: [[Double]]
    /// Whether a row has something of its own.
    private var isKept: [Bool]

    /// A row of which less than this share is its own, not told by earlier ones, is left out.
    static let tolerance = 1e-10

    init(_ matrix: [[Double]]) {
        factor = matrix
        isKept = matrix.map { _ in true }
        for i in matrix.indices {
            for j in 0...i {
                var sum = matrix[i][j]
                for k in 0..<j { sum -= factor[i][k] * factor[j][k] }
                if i == j {
                    isKept[i] = sum > Self.tolerance * matrix[i][i] && matrix[i][i] > 0
                    factor[i][i] = isKept[i] ? sum.squareRoot() : 0
                } else {
                    factor[i][j] = isKept[j] ? sum / factor[j][j] : 0
                }
            }
        }
    }

    var rank: Int { isKept.count { $0 } }

    /// x with A·x = b, and 0 for the rows that were left out.
    func solve(_ b: [Double]) -> [Double] {
        var x = b
        for i in x.indices {
            for k in 0..<i { x[i] -= factor[i][k] * x[k] }
            x[i] = isKept[i] ? x[i] / factor[i][i] : 0
        }
        for i in x.indices.reversed() {
            for k in (i + 1)..<x.count { x[i] -= factor[k][i] * x[k] }
            x[i] = isKept[i] ? x[i] / factor[i][i] : 0
        }
        return x
    }
}
