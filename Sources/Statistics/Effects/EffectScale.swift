/// What an effect is measured in.
public enum EffectScale: Sendable, Hashable, CaseIterable {
    /// In the metric's unit.
    case absolute
    /// In shares of the control's mean: 0.02 is 2 %.
    case relative
}
