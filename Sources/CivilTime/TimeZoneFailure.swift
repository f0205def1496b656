/// Why a time zone's bytes were refused.
public struct TimeZoneFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where reading stopped, counted from 0.
    public let byte: Int
    public let reason: String

    public var description: String { "time zone, byte \(byte): \(reason)" }
}
