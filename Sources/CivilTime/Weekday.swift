/// A day of the week; the raw value is its number in ISO 8601, from Monday, 1, to Sunday, 7.
public enum Weekday: Int, Sendable, Hashable, CaseIterable {
    case monday = 1, tuesday, wednesday, thursday, friday, saturday, sunday
}
