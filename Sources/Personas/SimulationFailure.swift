public import ResponseModel

/// Why nothing can be simulated.
public enum SimulationFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// A value, or a number of them, out of its range; by the parameter's name.
    case parameter(String)
    /// A persona or a contact that the response model does not know.
    case response(ResponseFailure)

    public var description: String {
        switch self {
        case .parameter(let name): "\(name) is out of its range."
        case .response(let failure): failure.description
        }
    }
}
