#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How much of α a group-sequential test may have spent when a fraction t of its information is in.
///
/// The functions say how much one side may spend; a two-sided test gives each side α/2. None depends on how many looks
/// there are or when, so looks need no plan; only the end does.
public enum AlphaSpending: Sendable, Equatable {
    /// 2 - 2Φ(z(α/2) / √t): hardly anything early, so that the last look is nearly a fixed test.
    /// (Lan and DeMets, Biometrika 70 (1983), α₁*.)
    case obrienFleming
    /// α ln(1 + (e-1) t): nearly the same bound at each look. (The same, α₂*.)
    case pocock
    /// α tᵖ, p > 0: 1 spends evenly, 3 is near O'Brien and Fleming. (Kim and DeMets, Biometrika 74 (1987).)
    case power(Double)

    /// What one side has spent.
    ///
    /// - Parameters:
    ///   - fraction: of the planned information; 0 gives 0, 1 and more give all.
    ///   - alpha: of one side.
    public func spent(at fraction: Double, alpha: Double) -> Double {
        guard fraction > 0 else { return 0 }
        guard fraction < 1 else { return alpha }
        switch self {
        case .obrienFleming: return 2 * Normal.survival(Normal.upperQuantile(alpha / 2) / fraction.squareRoot())
        case .pocock: return alpha * log1p((M_E - 1) * fraction)
        case .power(let power): return alpha * pow(fraction, power)
        }
    }
}
