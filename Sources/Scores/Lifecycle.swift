/// Where somebody stands as a customer.
public enum LifecycleStage: String, Sendable, CaseIterable {
    /// Has bought nothing yet.
    case prospect
    /// Bought first a short while ago.
    case new
    case active
    /// Has not bought for long.
    case atRisk
    /// Has not bought for so long that nothing more is expected.
    case churned
}

/// From when on customers are no longer new, at risk, or churned. All are whole days; who reaches a number exactly has not
/// passed it.
public struct LifecycleRules: Sendable, Equatable {
    /// Who bought first within so many days is new.
    public let newDays: Int
    /// Who has not bought for more days is at risk.
    public let atRiskDays: Int
    /// Who has not bought for more days has churned.
    public let churnedDays: Int

    public init(newDays: Int, atRiskDays: Int, churnedDays: Int) {
        self.newDays = newDays
        self.atRiskDays = atRiskDays
        self.churnedDays = churnedDays
    }

    /// The stage of a day. Silence counts before youth: who bought once and then not for long is at risk, however new.
    public func stage(of purchases: PurchaseSummary, on day: Int) -> LifecycleStage {
        guard let silence = purchases.silence(on: day), let age = purchases.age(on: day) else { return .prospect }
        if silence > churnedDays { return .churned }
        if silence > atRiskDays { return .atRisk }
        return age <= newDays ? .new : .active
    }
}
