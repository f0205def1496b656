/// Whether logged decisions can speak for a policy at all.
public struct OffPolicySupport: Sendable, Equatable {
    public internal(set) var rows = 0
    /// Rows whose arm the policy plays too.
    public internal(set) var matches = 0
    public internal(set) var largestWeight = 0.0
    /// Rows on which the policy may play an arm that could not have been logged.
    public internal(set) var unsupportedRows = 0
    var weight = 0.0
    var squaredWeight = 0.0
    var unsupported = 0.0

    init() {}

    mutating func add(_ row: LoggedDecision, _ policy: [Double]) {
        let weight = policy[row.arm] / row.logged.values[row.arm]
        rows += 1
        matches += weight > 0 ? 1 : 0
        largestWeight = max(largestWeight, weight)
        self.weight += weight
        squaredWeight += weight * weight
        let missing = zip(policy, row.logged.values).reduce(0) { $0 + ($1.1 > 0 ? 0 : $1.0) }
        unsupported += missing
        unsupportedRows += missing > 0 ? 1 : 0
    }

    mutating func merge(_ other: Self) {
        rows += other.rows
        matches += other.matches
        largestWeight = max(largestWeight, other.largestWeight)
        unsupportedRows += other.unsupportedRows
        weight += other.weight
        squaredWeight += other.squaredWeight
        unsupported += other.unsupported
    }

    /// (Σw)² / Σw²: how many rows of the policy's own would be worth as much (Kish 1965); 0 without overlap.
    public var effectiveSampleSize: Double { squaredWeight > 0 ? weight * weight / squaredWeight : 0 }

    /// 1 but for chance, if the logged propensities are true and support the policy; NaN without rows.
    public var meanWeight: Double { weight / Double(rows) }

    /// How much of what the policy plays could never have been logged, from 0 to 1: nothing is known of it, and IPS
    /// takes it for reward 0. NaN without rows.
    public var unsupportedShare: Double { unsupported / Double(rows) }

    /// How far the mean weight is from 1, in standard errors; 0 where weights do not vary and are 1.
    public var meanWeightScore: Double {
        let n = Double(rows)
        let error = (max(0, squaredWeight / n - meanWeight * meanWeight) / n).squareRoot()
        let distance = meanWeight - 1
        return abs(distance) < 1e-9 ? 0 : distance / error
    }

    /// What makes estimates doubtful.
    public enum Concern: Sendable, Equatable, CustomStringConvertible {
        case noRows
        case noOverlap
        case unsupported(share: Double)
        case fewEffectiveRows(Double, of: Int)
        case oneRowDecides(share: Double)
        case propensitiesAreWrong(meanWeight: Double)

        public var description: String {
            switch self {
            case .noRows: "There are no decisions to learn from."
            case .noOverlap: "The policy never does what was done, so nothing is known of it."
            case .unsupported(let share):
                "\(Self.percent(share)) of what the policy does could never have been logged; nothing is known of that."
            case .fewEffectiveRows(let size, let rows):
                "The \(rows) decisions are worth only \(Int(size.rounded())) of the policy's own."
            case .oneRowDecides(let share):
                "A single decision makes up \(Self.percent(share)) of the weight."
            case .propensitiesAreWrong(let mean):
                "The weights average \((mean * 1_000).rounded() / 1_000) instead of 1: the logged propensities are not "
                    + "those that were played with."
            }
        }

        private static func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10) %" }
    }

    /// Fewer effective rows than this are few.
    public static let fewRows = 100.0
    /// A row that has more of the weight than this decides alone.
    public static let largeShare = 0.1
    /// A mean weight further from 1 than this, in standard errors, is no chance.
    public static let largeScore = 5.0

    public var concerns: [Concern] {
        guard rows > 0 else { return [.noRows] }
        guard matches > 0 else { return [.noOverlap] }
        var concerns: [Concern] = []
        if unsupportedRows > 0 { concerns.append(.unsupported(share: unsupportedShare)) }
        if effectiveSampleSize < Self.fewRows { concerns.append(.fewEffectiveRows(effectiveSampleSize, of: rows)) }
        if largestWeight > Self.largeShare * weight { concerns.append(.oneRowDecides(share: largestWeight / weight)) }
        // What is not supported lowers the mean weight in itself.
        if unsupportedRows == 0, abs(meanWeightScore) > Self.largeScore {
            concerns.append(.propensitiesAreWrong(meanWeight: meanWeight))
        }
        return concerns
    }
}
