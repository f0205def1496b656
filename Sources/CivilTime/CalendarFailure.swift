/// Why a holiday, a calendar or a deadline cannot be: a sentence for those who stated it.
public struct CalendarFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}
