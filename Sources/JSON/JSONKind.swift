/// The six kinds of JSON value.
public enum JSONKind: Sendable, Equatable {
    /// Names and values in braces.
    case object
    /// Values in brackets.
    case array
    /// Text in quotes.
    case string
    /// Digits.
    case number
    /// `true` or `false`.
    case bool
    /// `null`.
    case null
}
