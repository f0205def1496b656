/// A reward model that never predicts a row from itself: rows are dealt out to folds, and a fold is predicted by what the
/// other folds learned. With it the doubly robust estimators stay unbiased (Chernozhukov et al., Econometrics Journal 21
/// (2018), definition 3.1).
///
/// A ridge regression for each arm; an arm without data predicts what all arms together would.
///
/// Two passes: ``add(_:arm:reward:row:)`` every row, then ``models(penalty:)`` and ``Models/predictions(_:row:)``.
public struct CrossFitting: Sendable, Equatable {
    /// Folds at most.
    public static let largestFoldCount = 20

    /// By fold, then by arm.
    var states: [[RidgeRegression]]

    /// - Parameters:
    ///   - folds: from 2; 5 is usual.
    ///   - arms: from 1.
    ///   - dimension: features; a constant one is added here.
    public init(folds: Int = 5, arms: Int, dimension: Int) throws(PolicyError) {
        guard (2...Self.largestFoldCount).contains(folds) else { throw .parameter("folds") }
        guard arms >= 1 else { throw .tooFewArms(needed: 1) }
        guard arms <= Propensities.largestArmCount else { throw .tooManyArms(limit: Propensities.largestArmCount) }
        let empty = try RidgeRegression(dimension: dimension + 1)
        states = Array(repeating: Array(repeating: empty, count: arms), count: folds)
    }

    /// - Parameters:
    ///   - row: the place of the row in the data set, not negative: it decides the fold.
    public mutating func add(_ features: [Double], arm: Int, reward: Double, row: Int) throws(PolicyError) {
        guard states[0].indices.contains(arm) else { throw .parameter("arm") }
        guard row >= 0 else { throw .parameter("row") }
        try states[row % states.count][arm].add([1] + features, reward: reward)
    }

    public mutating func merge(_ other: Self) throws(PolicyError) {
        guard other.states.count == states.count, other.states[0].count == states[0].count else {
            throw .differentLengths
        }
        for fold in states.indices {
            for arm in states[fold].indices { try states[fold][arm].merge(other.states[fold][arm]) }
        }
    }

    /// Models of all folds, by fold and arm.
    public struct Models: Sendable, Equatable {
        fileprivate let solutions: [[RidgeRegression.Solution]]

        /// What each arm is expected to bring, by the folds that this row is not in.
        public func predictions(_ features: [Double], row: Int) throws(PolicyError) -> [Double] {
            guard row >= 0 else { throw .parameter("row") }
            return try solutions[row % solutions.count].map { arm throws(PolicyError) in
                try arm.prediction([1] + features)
            }
        }
    }

    /// - Parameters:
    ///   - penalty: of ``RidgeRegression/solution(penalty:)``.
    /// - Throws: ``PolicyError/armWithoutData(_:)`` of arm 0 where the other folds of some fold have no row at all.
    public func models(penalty: Double = 1) throws(PolicyError) -> Models {
        var solutions: [[RidgeRegression.Solution]] = []
        for fold in states.indices {
            var arms = try empty()
            var all = try RidgeRegression(dimension: arms[0].dimension)
            for other in states.indices where other != fold {
                for arm in arms.indices {
                    try arms[arm].merge(states[other][arm])
                    try all.merge(states[other][arm])
                }
            }
            guard all.count > 0 else { throw .armWithoutData(0) }
            let common = try all.solution(penalty: penalty)
            solutions.append(
                try arms.map { arm throws(PolicyError) in
                    arm.count > 0 ? try arm.solution(penalty: penalty) : common
                })
        }
        return Models(solutions: solutions)
    }

    private func empty() throws(PolicyError) -> [RidgeRegression] {
        Array(repeating: try RidgeRegression(dimension: states[0][0].dimension), count: states[0].count)
    }
}
