/// Why there is no answer yet: instead of a number that would be wrong.
public enum NotEnoughData: Error, Sendable, Equatable, CustomStringConvertible {
    /// An arm, or what is tested, has fewer units than it takes.
    case tooFewUnits(have: Int, need: Int)
    /// An arm has fewer units that did something, or fewer that did not, than it takes.
    case tooFewSuccesses(have: Int, need: Int)
    /// The first planned look is not reached.
    case beforeFirstLook
    /// Nothing varies, so nothing tells what chance does.
    case noVariance
    /// A value, or a sum of squares, is NaN or infinite.
    case notFinite
    /// A ratio whose denominators sum to 0.
    case denominatorIsZero
    /// A relative effect on a control mean of 0.
    case controlMeanIsZero
    /// The units about this quantile share one value, or are too many for the sketch to tell apart: its variance is
    /// unknown.
    case quantileIsTied

    public var description: String {
        switch self {
        case .tooFewUnits(let have, let need): "needs \(need) units and has \(have)"
        case .tooFewSuccesses(let have, let need):
            "needs \(need) units that did it and as many that did not in each arm, and has \(have)"
        case .beforeFirstLook: "the first planned look is not reached"
        case .noVariance: "all values of each variant are the same, so that chance cannot be judged"
        case .notFinite: "a value is not a finite number, or too large to be squared"
        case .denominatorIsZero: "the denominators of the ratio sum to zero"
        case .controlMeanIsZero: "the control's mean is zero, so that nothing is relative to it"
        case .quantileIsTied: "too many units share the value at this quantile"
        }
    }
}
