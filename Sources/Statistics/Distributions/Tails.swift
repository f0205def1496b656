#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Both tails of a distribution at a point, of which one was computed, as its logarithm, and the other is what it
/// leaves of 1.
///
/// The one computed is the one of which digits could be lost: at most a little over a half.
struct Tails {
    enum Side { case lower, upper }

    /// Which tail was computed.
    let side: Side
    /// Its natural logarithm.
    let logarithm: Double

    var lower: Double { side == .lower ? exp(logarithm) : -expm1(logarithm) }
    var upper: Double { side == .upper ? exp(logarithm) : -expm1(logarithm) }
    var logLower: Double { side == .lower ? logarithm : Self.logComplement(logarithm) }
    var logUpper: Double { side == .upper ? logarithm : Self.logComplement(logarithm) }

    private static func logComplement(_ logarithm: Double) -> Double { log(-expm1(logarithm)) }

    /// A continued fraction 1/(b₀ + a₁/(b₁ + a₂/(b₂ + …))) by the modified Lentz method (DLMF 3.10(iii); Thompson and
    /// Barnett, J. Comput. Phys. 64, 1986), until a step changes nothing.
    ///
    /// - Parameter term: aₖ and bₖ of k = 1, 2, …
    static func continuedFraction(_ first: Double, term: (Double) -> (a: Double, b: Double)) -> Double {
        let tiny = 1e-300
        var denominator = 1 / (first == 0 ? tiny : first)
        var numerator = 1 / tiny
        var value = denominator
        var k = 1.0
        while k < 1_000_000 {
            let (a, b) = term(k)
            denominator = b + a * denominator
            numerator = b + a / numerator
            denominator = 1 / (denominator == 0 ? tiny : denominator)
            if numerator == 0 { numerator = tiny }
            let change = denominator * numerator
            value *= change
            if abs(change - 1) < 2e-16 { break }
            k += 1
        }
        return value
    }
}
