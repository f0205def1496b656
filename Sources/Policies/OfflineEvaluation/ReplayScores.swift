/// The five scores of a replayed plan that are kept beside its reward. Each is a number from 0 to 1 for one row, or nil
/// where the row says nothing about it; a replay's score is the mean over the rows that have one. A row may bring scores
/// of its own instead.
///
/// Items are anything that can be told apart: the meals of a week, the steps of a flow.
public enum ReplayScores {
    /// Which way a score should go.
    public enum Direction: Sendable, Equatable {
        case higherIsBetter
        case lowerIsBetter
    }

    /// The names as they are stored, each with its direction.
    public static let directions: [(name: String, direction: Direction)] = [
        ("planAlignment", .higherIsBetter), ("constraintRespect", .higherIsBetter), ("editDistance", .lowerIsBetter),
        ("diversity", .higherIsBetter), ("leftovers", .lowerIsBetter),
    ]

    /// **planAlignment**, higher is better: how far the plan is what the person went on to do, however often each item
    /// and in whatever order: 2 |plan ∩ done| / (|plan| + |done|), counting repetitions (Dice 1945; the F1 score). nil
    /// when both are empty.
    public static func planAlignment<Item: Hashable>(plan: [Item], done: [Item]) -> Double? {
        guard !plan.isEmpty || !done.isEmpty else { return nil }
        var left = done.reduce(into: [Item: Int]()) { $0[$1, default: 0] += 1 }
        var common = 0
        for item in plan where left[item, default: 0] > 0 {
            left[item, default: 0] -= 1
            common += 1
        }
        return Double(2 * common) / Double(plan.count + done.count)
    }

    /// **constraintRespect**, higher is better: the share of the constraints' weight that the plan keeps: 1 - Σ w of
    /// those broken / Σ w. nil without constraints of any weight.
    ///
    /// - Parameters:
    ///   - constraints: weight, finite and not negative, and whether it was kept.
    public static func constraintRespect(_ constraints: [(weight: Double, isKept: Bool)]) -> Double? {
        guard constraints.allSatisfy({ $0.weight >= 0 && $0.weight.isFinite }) else { return nil }
        let all = constraints.reduce(0) { $0 + $1.weight }
        guard all > 0, all.isFinite else { return nil }
        return constraints.reduce(0) { $0 + ($1.isKept ? $1.weight : 0) } / all
    }

    /// **editDistance**, lower is better: how much the person changed the plan: the fewest insertions, deletions and
    /// replacements that turn it into what was done, by the length of the longer (Levenshtein 1966). nil when both are
    /// empty, or one is longer than ``largestSequence``: it takes time by the product of the lengths.
    public static func editDistance<Item: Equatable>(plan: [Item], done: [Item]) -> Double? {
        let longer = max(plan.count, done.count)
        guard (1...largestSequence).contains(longer) else { return nil }
        var distances = Array(0...done.count)
        for (row, item) in plan.enumerated() {
            var diagonal = distances[0]
            distances[0] = row + 1
            for (column, other) in done.enumerated() {
                let replaced = diagonal + (item == other ? 0 : 1)
                diagonal = distances[column + 1]
                distances[column + 1] = min(replaced, diagonal + 1, distances[column] + 1)
            }
        }
        return Double(distances[done.count]) / Double(longer)
    }

    /// Items of a plan that an edit distance looks at.
    public static let largestSequence = 2_000

    /// **diversity**, higher is better: the probability that two items of the plan, drawn without putting back, differ:
    /// 1 - Σ n (n - 1) / (N (N - 1)) (Simpson 1949). nil below two items.
    public static func diversity<Item: Hashable>(plan: [Item]) -> Double? {
        guard plan.count >= 2 else { return nil }
        let counts = plan.reduce(into: [Item: Int]()) { $0[$1, default: 0] += 1 }
        let same = counts.values.reduce(0.0) { $0 + Double($1) * Double($1 - 1) }
        return 1 - same / (Double(plan.count) * Double(plan.count - 1))
    }

    /// **leftovers**, lower is better: the share of what the plan provided that was not used: Σ max(0, provided - used) /
    /// Σ provided. nil where nothing was provided, or an amount is negative or not finite.
    ///
    /// - Parameters:
    ///   - amounts: of each item, in a unit that items have in common.
    public static func leftovers(_ amounts: [(provided: Double, used: Double)]) -> Double? {
        guard amounts.allSatisfy({ $0.provided >= 0 && $0.used >= 0 && $0.provided.isFinite && $0.used.isFinite })
        else {
            return nil
        }
        let provided = amounts.reduce(0) { $0 + $1.provided }
        guard provided > 0, provided.isFinite else { return nil }
        return amounts.reduce(0) { $0 + max(0, $1.provided - $1.used) } / provided
    }
}
