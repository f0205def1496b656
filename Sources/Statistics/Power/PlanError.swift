/// Why a plan has no answer.
public enum PlanError: Error, Sendable, Equatable {
    /// No number of units, or no effect, gives what is asked for.
    case outOfReach
    /// A relative effect of a metric whose mean is 0.
    case controlMeanIsZero
    /// A parameter out of its range, by its name.
    case parameter(String)
}
