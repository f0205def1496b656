public import JSON

/// The credit of one outcome, shared over touches.
public struct Attribution: Sendable, Hashable {
    /// What all weights of an outcome sum to, in millionths.
    public static let whole = 1_000_000

    /// What one touch gets.
    public struct Share: Sendable, Hashable {
        public let exposure: UUIDv7
        /// Its weight, from 0 to ``Attribution/whole``.
        public let millionths: Int
    }

    /// In the order of touches; their weights sum to exactly ``whole``. Empty for an organic outcome.
    public let shares: [Share]

    /// Whether no touch came before the outcome, so that nobody gets credit.
    public var isOrganic: Bool { shares.isEmpty }

    /// The value of the outcome in proportion to the weights, for each share; empty if it is organic.
    ///
    /// The credits sum to exactly the value. What rounding leaves goes by ten-thousandths to the largest remainders, of
    /// equal ones to the earlier touch. A reversal is credited as its opposite: `credits(of: -x)` is `-credits(of: x)`.
    public func credits(of value: Amount) -> [Amount] {
        let magnitudes = apportioned(value.tenThousandths.magnitude, by: shares.map { UInt64($0.millionths) })
        return magnitudes.map { magnitude in
            // Of -2⁶³ too, whose opposite there is not.
            let credit = Int64(truncatingIfNeeded: magnitude)
            return Amount(tenThousandths: value.tenThousandths < 0 ? 0 &- credit : credit)
        }
    }
}

/// A whole number in proportion to parts, exactly: rounded down, and what is left over one by one to the largest
/// remainders, of equal ones to the earlier (Hamilton's method). Empty if there are no parts.
///
/// - Parameters:
///   - parts: their sum is below 2⁶⁴, and positive if there are any.
func apportioned(_ total: UInt64, by parts: [UInt64]) -> [UInt64] {
    let sum = parts.reduce(0, +)
    let divisions = parts.map { sum.dividingFullWidth(total.multipliedFullWidth(by: $0)) }
    var shares = divisions.map(\.quotient)
    let remaining = parts.isEmpty ? 0 : Int(total - shares.reduce(0, +))
    let byRemainder = parts.indices.sorted { left, right in
        let (a, b) = (divisions[left].remainder, divisions[right].remainder)
        return a != b ? a > b : left < right
    }
    for index in byRemainder.prefix(remaining) { shares[index] += 1 }
    return shares
}
