/// Why an allocation, a condition or a set of experiments cannot be.
public struct AssignmentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where, as a JSON Pointer (RFC 6901) from what was given: "/experiments/2/condition/age/$gt", or "" for all of it.
    public let pointer: String
    /// A sentence whose subject is the value there, with its remedy: "is no operator; …".
    public let message: String

    /// An error about the value at `pointer`.
    public init(pointer: String, message: String) {
        self.pointer = pointer
        self.message = message
    }

    /// "/weights/2: must not be negative", or the message alone for all of what was given.
    public var description: String { pointer.isEmpty ? message : "\(pointer): \(message)" }

    /// The same error in something that contains this one at `prefix`.
    public func prefixed(by prefix: String) -> AssignmentError {
        AssignmentError(pointer: prefix + pointer, message: message)
    }
}
