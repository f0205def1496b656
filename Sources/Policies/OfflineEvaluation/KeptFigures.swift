import Statistics

// Long evaluations are kept between their pieces: each state is a list of numbers, and what is restored from them goes on
// bit for bit as if it had never been put away.

extension OffPolicyEvaluation {
    /// The state as numbers, for ``restore(_:)``. How many there are follows from how the evaluation was set up.
    public var figures: [Double] {
        [Double(moments.count)] + moments.sums.flatMap { [$0.high, $0.low] } + support.flatMap(\.figures)
    }

    /// Takes up the state of an evaluation that was set up alike.
    ///
    /// - Parameter figures: as ``figures`` said them.
    /// - Throws: ``PolicyError/differentLengths``, and nothing changes; ``PolicyError/notFinite`` for what is no state.
    public mutating func restore(_ figures: [Double]) throws(PolicyError) {
        guard figures.count == self.figures.count else { throw .differentLengths }
        guard figures.allSatisfy(\.isFinite) else { throw .notFinite }
        let pairs = stride(from: 1, to: 1 + 2 * moments.sums.count, by: 2)
        let sums = pairs.map { CompensatedSum(high: figures[$0], low: figures[$0 + 1]) }
        guard
            let restored = CrossMoments(
                variableCount: moments.variableCount, count: Int(figures[0]), sums: sums)
        else { throw .differentLengths }
        moments = restored
        let rest = figures.dropFirst(1 + 2 * sums.count)
        support = support.indices.map { policy in
            let start = rest.startIndex + policy * OffPolicySupport.figureCount
            return OffPolicySupport(figures: Array(rest[start..<start + OffPolicySupport.figureCount]))
        }
    }
}

extension CrossFitting {
    /// The state as numbers, for ``restore(_:)``: arms × folds × (features + 1) × (features + 4) / 2 and some.
    public var figures: [Double] {
        states.flatMap { fold in fold.flatMap { [Double($0.count)] + $0.gram + $0.moment } }
    }

    /// Takes up the state of one that was set up alike.
    ///
    /// - Parameter figures: as ``figures`` said them.
    /// - Throws: ``PolicyError/differentLengths`` and ``PolicyError/notFinite``, and nothing changes.
    public mutating func restore(_ figures: [Double]) throws(PolicyError) {
        guard figures.count == self.figures.count else { throw .differentLengths }
        var restored = states
        var place = 0
        for fold in restored.indices {
            for arm in restored[fold].indices {
                let (gram, moment) = (restored[fold][arm].gram.count, restored[fold][arm].moment.count)
                let end = place + 1 + gram + moment
                restored[fold][arm] = try RidgeRegression(
                    count: Int(figures[place]), gram: Array(figures[place + 1..<place + 1 + gram]),
                    moment: Array(figures[place + 1 + gram..<end]))
                place = end
            }
        }
        states = restored
    }
}
