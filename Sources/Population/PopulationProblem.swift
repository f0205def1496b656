/// Why a population cannot be made: which parameter is at fault, and what it must be.
public struct PopulationProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The parameter's name, such as `householdSizes` or `purchases.rateWeeks`.
    public let field: String
    public let reason: String

    public init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String { "\(field): \(reason)" }
}
