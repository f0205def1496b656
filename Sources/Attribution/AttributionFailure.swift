public import JSON

/// Why credit cannot be shared, as a sentence with its remedy.
public enum AttributionFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// A window out of its range.
    case windowDays
    /// A half-life out of its range.
    case halfLife
    /// So many touches lie within the window; there may be ``AttributionRule/maximumTouches``.
    case tooManyTouches(Int)
    /// One exposure stands twice among the touches.
    case exposureTwice(UUIDv7)

    public var description: String {
        switch self {
        case .windowDays: "A window has from 1 to \(AttributionRule.maximumWindowDays) days."
        case .halfLife: "A half-life has from 1 second to \(AttributionRule.maximumWindowDays) days."
        case .tooManyTouches(let count):
            "\(count) touches lie before one outcome; credit is shared over at most "
                + "\(AttributionRule.maximumTouches). Take a shorter window."
        case .exposureTwice(let exposure): "The exposure \(exposure) is among the touches twice; give each once."
        }
    }
}
