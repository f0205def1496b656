import JSON

/// How an outcome's credit is shared over the touches before it.
public enum AttributionModel: Sendable, Hashable {
    /// All to the first touch.
    case first
    /// All to the last touch.
    case last
    /// As much to each.
    case linear
    /// A touch gets half of what one gets that is a half-life later, 2^(-age / half-life); a week of 604,800 seconds is
    /// usual. From 1 second to ``AttributionRule/maximumWindowDays``.
    case timeDecay(halfLifeSeconds: Int = 604_800)
    /// 40 % to the first, 40 % to the last, 20 % shared alike by those between them; halves to two, all to one.
    case position

    /// Whole numbers in proportion to the weights of touches in their order.
    func parts(of touches: [Touch]) -> [UInt64] {
        let count = touches.count
        switch self {
        case .first: return touches.indices.map { $0 == 0 ? 1 : 0 }
        case .last: return touches.indices.map { $0 == count - 1 ? 1 : 0 }
        case .linear: return Array(repeating: 1, count: count)
        case .timeDecay(let halfLifeSeconds):
            // Since the last touch: the time from there to the outcome is a factor that all of them share.
            return touches.map {
                Self.halved($0.at.microseconds.distance(to: touches[count - 1].at.microseconds), halfLifeSeconds)
            }
        case .position:
            guard count > 2 else { return Array(repeating: 1, count: count) }
            // 2/5 : 1/(5 (n - 2)), without the fractions.
            let outer = UInt64(2 * (count - 2))
            return touches.indices.map { $0 == 0 || $0 == count - 1 ? outer : 1 }
        }
    }

    /// 2⁴⁰ × 2^(-age / half-life), rounded.
    ///
    /// By integers and the series of e^x alone, for the C library's powers may differ in the last bit from machine to
    /// machine, and credit must not.
    private static func halved(_ ageMicroseconds: Int, _ halfLifeSeconds: Int) -> UInt64 {
        let (times, rest) = ageMicroseconds.quotientAndRemainder(dividingBy: halfLifeSeconds * 1_000_000)
        guard times <= 40 else { return 0 }
        let exponent = -0x1.62e42fefa39efp-1 * Double(rest) / Double(halfLifeSeconds * 1_000_000)
        var series = 1.0
        for divisor in stride(from: 18.0, through: 1, by: -1) { series = series * exponent / divisor + 1 }
        return UInt64((series * Double(sign: .plus, exponent: 40 - times, significand: 1)).rounded())
    }
}
