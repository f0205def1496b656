/// A linear model of the reward, kept as sums that can be merged: A = Σ x xᵀ and b = Σ r x.
///
/// The coefficients are (λI + A)⁻¹ b (Hoerl and Kennard, Technometrics 12 (1970)).
public struct RidgeRegression: Sendable, Equatable {
    /// Features at most; the work of a solution grows with their cube.
    public static let largestDimension = 256

    public let dimension: Int
    public private(set) var count = 0
    /// The lower triangle of A, row by row: x₀x₀, x₁x₀, x₁x₁ …
    public private(set) var gram: [Double]
    public private(set) var moment: [Double]

    /// - Parameters:
    ///   - dimension: features, from 1; a constant feature is the caller's to add.
    public init(dimension: Int) throws(PolicyError) {
        guard (1...Self.largestDimension).contains(dimension) else { throw .parameter("dimension") }
        self.dimension = dimension
        gram = Array(repeating: 0, count: dimension * (dimension + 1) / 2)
        moment = Array(repeating: 0, count: dimension)
    }

    /// From what ``count``, ``gram`` and ``moment`` were.
    ///
    /// - Throws: ``PolicyError/differentLengths`` where they are not of one dimension, ``PolicyError/notFinite``.
    public init(count: Int, gram: [Double], moment: [Double]) throws(PolicyError) {
        try self.init(dimension: moment.count)
        guard gram.count == self.gram.count else { throw .differentLengths }
        guard gram.allSatisfy(\.isFinite), moment.allSatisfy(\.isFinite) else { throw .notFinite }
        guard count >= 0 else { throw .parameter("count") }
        self.count = count
        self.gram = gram
        self.moment = moment
    }

    /// - Throws: ``PolicyError/differentLengths``, ``PolicyError/notFinite``.
    public mutating func add(_ features: [Double], reward: Double) throws(PolicyError) {
        guard features.count == dimension else { throw .differentLengths }
        guard reward.isFinite, features.allSatisfy(\.isFinite) else { throw .notFinite }
        var place = 0
        for row in 0..<dimension {
            for column in 0...row {
                gram[place] += features[row] * features[column]
                place += 1
            }
            moment[row] += reward * features[row]
        }
        count += 1
    }

    /// - Throws: ``PolicyError/differentLengths``.
    public mutating func merge(_ other: Self) throws(PolicyError) {
        guard other.dimension == dimension else { throw .differentLengths }
        for place in gram.indices { gram[place] += other.gram[place] }
        for row in moment.indices { moment[row] += other.moment[row] }
        count += other.count
    }

    /// A model ready to predict.
    ///
    /// - Parameters:
    ///   - penalty: λ, positive and finite: how strongly coefficients are drawn to 0.
    /// - Throws: ``PolicyError/parameter(_:)``, ``PolicyError/notFinite``.
    public func solution(penalty: Double = 1) throws(PolicyError) -> Solution {
        guard penalty > 0, penalty.isFinite else { throw .parameter("penalty") }
        return try Solution(self, penalty: penalty)
    }

    /// The coefficients, and what is uncertain about them.
    public struct Solution: Sendable, Equatable {
        public let coefficients: [Double]
        /// The lower triangle of Cholesky's factor L of λI + A, row by row.
        private let factor: [Double]

        fileprivate init(_ state: RidgeRegression, penalty: Double) throws(PolicyError) {
            var factor = state.gram
            func at(_ row: Int, _ column: Int) -> Int { row * (row + 1) / 2 + column }
            for row in 0..<state.dimension {
                for column in 0...row {
                    var rest = factor[at(row, column)] + (row == column ? penalty : 0)
                    for inner in 0..<column { rest -= factor[at(row, inner)] * factor[at(column, inner)] }
                    // Positive but for rounding: the smallest eigenvalue is at least the penalty.
                    guard row != column || rest > 0 else { throw .notFinite }
                    factor[at(row, column)] = row == column ? rest.squareRoot() : rest / factor[at(column, column)]
                }
            }
            guard factor.allSatisfy(\.isFinite) else { throw .notFinite }
            self.factor = factor
            var solution = Self.forward(factor, state.moment)
            for row in stride(from: state.dimension - 1, through: 0, by: -1) {
                for below in stride(from: row + 1, to: state.dimension, by: 1) {
                    solution[row] -= factor[at(below, row)] * solution[below]
                }
                solution[row] /= factor[at(row, row)]
            }
            coefficients = solution
        }

        /// L⁻¹ v
        private static func forward(_ factor: [Double], _ vector: [Double]) -> [Double] {
            var solution = vector
            var place = 0
            for row in vector.indices {
                for column in 0..<row { solution[row] -= factor[place + column] * solution[column] }
                solution[row] /= factor[place + row]
                place += row + 1
            }
            return solution
        }

        /// The reward that is expected of these features; they have to be as many as the coefficients.
        public func prediction(_ features: [Double]) throws(PolicyError) -> Double {
            guard features.count == coefficients.count else { throw .differentLengths }
            return zip(features, coefficients).reduce(0) { $0 + $1.0 * $1.1 }
        }

        /// √(xᵀ (λI + A)⁻¹ x): how little is known of the reward of these features, in standard deviations of a reward.
        public func uncertainty(_ features: [Double]) throws(PolicyError) -> Double {
            guard features.count == coefficients.count else { throw .differentLengths }
            return Self.forward(factor, features).reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }
}
