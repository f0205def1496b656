/// Why a row became no record, or a template does not fit a file.
public struct MappingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The most characters of a value that an error repeats.
    public static let maximumValueLength = 40

    /// The target, column or part of the template at fault, such as "timestamp" or "source_fields/customer".
    public let field: String
    /// What is wrong with it, as a sentence whose subject is the field.
    public let reason: String
    /// The start of the value at fault. People's data: for dead letters, never for a log.
    public let value: String?

    public init(field: String, reason: String, value: String? = nil) {
        self.field = field
        self.reason = reason
        self.value = value.map { String($0.prefix(Self.maximumValueLength)) }
    }

    /// The field and the reason, without the value: fit for a log.
    public var description: String { "\(field) \(reason)" }
}
