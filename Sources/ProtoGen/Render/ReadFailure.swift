/// An error that generated code makes with its reader.
enum ReadFailure {
    /// A required member was not there.
    case missing(String)
    /// The value that was read last, or the one that begins at `place`, breaks a rule.
    case value(Kind = .constraint, message: String, at: String? = nil)

    enum Kind: String {
        case constraint, duplicateMember, type
    }

    var function: String {
        switch self {
        case .missing: "reader.missing"
        case .value: "reader.fail"
        }
    }

    /// The call on one line.
    var expression: String { "\(function)(\(arguments(width: .max).joined(separator: ", ")))" }

    /// The arguments of the call.
    ///
    /// - Parameter width: a message that is longer becomes a literal of several lines.
    func arguments(width: Int) -> [String] {
        switch self {
        case .missing(let name):
            return [SwiftLiteral.string(name)]
        case .value(let kind, let message, let place):
            let arguments = [".\(kind.rawValue)", SwiftLiteral.string(message, width: width)]
            return arguments + (place.map { ["at: \($0)"] } ?? [])
        }
    }
}
