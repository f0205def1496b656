/// The lower triangular L with L Lᵀ = A, of a symmetric positive definite A; row by row.
struct CholeskyFactor: Sendable, Equatable {
    let dimension: Int
    private let values: [Double]

    /// - Parameters:
    ///   - triangle: the lower one of A, row by row.
    /// - Returns: nil where A is not positive definite.
    init?(_ triangle: [Double], dimension: Int) {
        var values = triangle
        for row in 0..<dimension {
            for column in 0...row {
                var rest = values[Self.place(row, column)]
                for inner in 0..<column { rest -= values[Self.place(row, inner)] * values[Self.place(column, inner)] }
                if row == column {
                    guard rest > 0, rest.isFinite else { return nil }
                    values[Self.place(row, row)] = rest.squareRoot()
                } else {
                    values[Self.place(row, column)] = rest / values[Self.place(column, column)]
                }
            }
        }
        self.dimension = dimension
        self.values = values
    }

    /// Where the entry of a row and a column not behind it lies.
    static func place(_ row: Int, _ column: Int) -> Int { row * (row + 1) / 2 + column }

    /// A⁻¹ v
    func solve(_ vector: [Double]) -> [Double] { backward(forward(vector)) }

    /// L⁻¹ v
    func forward(_ vector: [Double]) -> [Double] {
        var solution = vector
        for row in 0..<dimension {
            for column in 0..<row { solution[row] -= values[Self.place(row, column)] * solution[column] }
            solution[row] /= values[Self.place(row, row)]
        }
        return solution
    }

    /// L⁻ᵀ v: standard normal numbers become such of covariance A⁻¹.
    func backward(_ vector: [Double]) -> [Double] {
        var solution = vector
        for row in stride(from: dimension - 1, through: 0, by: -1) {
            for below in stride(from: row + 1, to: dimension, by: 1) {
                solution[row] -= values[Self.place(below, row)] * solution[below]
            }
            solution[row] /= values[Self.place(row, row)]
        }
        return solution
    }

    /// The lower triangle of A⁻¹, row by row.
    var inverse: [Double] {
        var inverse: [Double] = []
        for row in 0..<dimension {
            let unit = (0..<dimension).map { $0 == row ? 1.0 : 0 }
            inverse += solve(unit)[...row]
        }
        return inverse
    }
}

/// The first column of XᵀX that the columns before it explain.
struct Dependence: Equatable {
    let column: Int
    /// What explains it; only 0, the intercept, of a column that is constant.
    let others: [Int]

    /// Residual share below which a column is explained: what is left of one that is a sum of others is rounding.
    private static let tolerance = 1e-10

    /// - Parameters:
    ///   - gram: the lower triangle of XᵀX or of a multiple; the first column is constant.
    init?(gram: [Double], dimension: Int) {
        func at(_ row: Int, _ column: Int) -> Int { CholeskyFactor.place(row, column) }
        for column in 1..<max(dimension, 1) {
            let before = Array(gram[..<at(column, 0)])
            guard let factor = CholeskyFactor(before, dimension: column) else { return nil }
            let products = Array(gram[at(column, 0)..<at(column, column)])
            let square = gram[at(column, column)]
            let explained = factor.forward(products).reduce(0) { $0 + $1 * $1 }
            guard square - explained <= Self.tolerance * max(square, Self.tolerance * gram[0]) else { continue }
            let coefficients = factor.solve(products)
            // By how much each of them moves this column.
            let parts = (0..<column).map { abs(coefficients[$0]) * gram[at($0, $0)].squareRoot() }
            let threshold = 1e-6 * max(square.squareRoot(), Self.tolerance * gram[0].squareRoot())
            let others = (1..<max(column, 1)).filter { parts[$0] > threshold }
            self.column = column
            self.others = others.isEmpty ? [0] : others
            return
        }
        return nil
    }
}
