/// Why there is no weight, no estimate: said instead of a wrong number.
public enum PolicyError: Error, Sendable, Equatable {
    /// An input is not a number, or infinite.
    case notFinite
    /// Fewer arms than it takes.
    case tooFewArms(needed: Int)
    /// More arms than there may be.
    case tooManyArms(limit: Int)
    /// An arm about which nothing is known, and no prior says anything either.
    case armWithoutData(Int)
    /// Probabilities that are negative or do not sum to 1.
    case notProbabilities
    /// Lists that should have the same length.
    case differentLengths
    /// A parameter out of its range, by its name; a mistake of the caller's.
    case parameter(String)
}
