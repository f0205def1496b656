/// Corrections of p-values for having asked several questions at once.
///
/// Holm and Hochberg bound the probability of any false discovery, the other two the expected share of false ones among
/// the discoveries.
public enum PValueAdjustment: String, Sendable, Equatable, CaseIterable {
    /// Any dependence. (Holm, Scand. J. Statist. 6 (1979).)
    case holm
    /// Independent or positively dependent; never less powerful than Holm. (Hochberg, Biometrika 75 (1988).)
    case hochberg
    /// Independent or positively dependent. (Benjamini and Hochberg, JRSS B 57 (1995).)
    case benjaminiHochberg
    /// Any dependence. (Benjamini and Yekutieli, Ann. Statist. 29 (2001).)
    case benjaminiYekutieli

    public var assumptions: [Assumption] {
        switch self {
        case .holm, .benjaminiYekutieli: []
        case .hochberg, .benjaminiHochberg: [.positiveDependence]
        }
    }

    /// One question of a family after the correction.
    public struct Adjusted: Sendable, Equatable {
        /// To be compared with α; from the p-value itself to 1.
        public let pValue: Double
        /// How many times stricter than alone the question was asked, at least 1: it is significant at α just where its
        /// own p-value is below α / strictness.
        public let strictness: Double
    }

    /// - Parameters:
    ///   - pValues: of one family. One that is missing, not a number or outside of 0 ... 1 is no question: it stays
    ///     without an answer and makes the others no stricter.
    /// - Returns: in the order of the p-values.
    public func adjust(_ pValues: [Double?]) -> [Adjusted?] {
        let questions = pValues.enumerated().compactMap { index, value in
            value.flatMap { (0...1).contains($0) ? (index: index, pValue: $0) : nil }
        }.sorted { ($0.pValue, $0.index) < ($1.pValue, $1.index) }
        let factors = questions.indices.map { factor(rank: $0 + 1, of: questions.count) }
        var strictness = factors
        var adjusted = zip(questions, factors).map { $0.pValue * $1 }
        // An answer is never stricter than that of a question with a larger p-value (or, going down, less strict than
        // that of one with a smaller).
        let order = self == .holm ? Array(questions.indices) : questions.indices.reversed()
        for (rank, neighbour) in zip(order.dropFirst(), order) {
            let takes = self == .holm ? adjusted[neighbour] > adjusted[rank] : adjusted[neighbour] < adjusted[rank]
            guard takes else { continue }
            adjusted[rank] = adjusted[neighbour]
            strictness[rank] = adjusted[rank] / questions[rank].pValue
        }
        var answers = [Adjusted?](repeating: nil, count: pValues.count)
        for (rank, question) in questions.enumerated() {
            answers[question.index] = Adjusted(pValue: min(1, adjusted[rank]), strictness: max(1, strictness[rank]))
        }
        return answers
    }

    /// What the p-value of this rank (1 is the smallest) is multiplied by.
    private func factor(rank: Int, of count: Int) -> Double {
        switch self {
        case .holm, .hochberg: Double(count - rank + 1)
        case .benjaminiHochberg: Double(count) / Double(rank)
        case .benjaminiYekutieli:
            (1...count).reversed().reduce(0) { $0 + 1 / Double($1) } * Double(count) / Double(rank)
        }
    }
}

extension PValueAdjustment.Adjusted {
    /// The interval that leaves 0 out just where the adjusted p-value is below α: that of the t distribution at level
    /// 1 - α / strictness. Its width is finite whatever the p-value.
    ///
    /// It says what the correction says and no more: all intervals of a family hold their effects together with
    /// probability 1 - α only under Bonferroni's strictness, the number of questions.
    ///
    /// - Parameters:
    ///   - estimate: of the effect whose two-sided p-value was adjusted.
    public func interval(of estimate: Estimate, _ level: SignificanceLevel = .fivePercent) -> Interval {
        estimate.interval(SignificanceLevel(alpha: level.alpha / strictness) ?? level)
    }
}
