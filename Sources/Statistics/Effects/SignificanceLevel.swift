/// The rate of false alarms that a test accepts, alpha; its intervals miss the truth as often.
public struct SignificanceLevel: Sendable, Hashable {
    /// Above 0 and below 1.
    public let alpha: Double

    /// nil unless alpha is above 0 and below 1.
    public init?(alpha: Double) {
        guard alpha > 0, alpha < 1 else { return nil }
        self.alpha = alpha
    }

    private init(percent: Double) { alpha = percent / 100 }

    public static let tenPercent = Self(percent: 10)
    public static let fivePercent = Self(percent: 5)
    public static let onePercent = Self(percent: 1)
    /// What a sample-ratio test takes by custom (Fabijan et al., KDD 2019).
    public static let tenthOfAPercent = Self(percent: 0.1)
}

/// What is suspected when "no effect" is tested.
public enum Alternative: Sendable, Hashable, CaseIterable {
    case twoSided
    /// The effect is above the null value.
    case greater
    /// The effect is below the null value.
    case less
}
