/// Why a definition or a plan cannot be.
public struct MetricProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where, as a JSON Pointer (RFC 6901) from what was given: "/windowSeconds".
    public let pointer: String
    /// A sentence whose subject is the value there, with its remedy: "must be longer than the delay".
    public let message: String

    public init(_ pointer: String, _ message: String) {
        self.pointer = pointer
        self.message = message
    }

    public var description: String { "\(pointer): \(message)" }
}
