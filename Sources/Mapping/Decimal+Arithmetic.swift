import JSON

/// Exact arithmetic on at most 38 digits. Nil wherever the exact result has more, except for division, which rounds.
extension JSONDecimal {
    /// The decimals of a quotient that does not end before.
    static var quotientDecimals: Int { 18 }

    func adding(_ other: JSONDecimal) -> JSONDecimal? {
        guard let (left, right, exponent) = aligned(with: other) else { return nil }
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? nil : JSONDecimal(within: sum, exponent: exponent)
    }

    func multiplied(by other: JSONDecimal) -> JSONDecimal? {
        let (product, overflows) = coefficient.multipliedReportingOverflow(by: other.coefficient)
        return overflows ? nil : JSONDecimal(within: product, exponent: exponent + other.exponent)
    }

    var negated: JSONDecimal? { JSONDecimal(coefficient: -coefficient, exponent: exponent) }

    /// The quotient, exact if it ends within 18 decimals, otherwise rounded half away from zero to that many, or to as
    /// many of them as 38 digits have room for. Nil if the divisor is zero, or if dividend and divisor have more than
    /// 38 digits when written with the same number of decimals.
    func divided(by divisor: JSONDecimal) -> JSONDecimal? {
        guard divisor.coefficient != 0, let (left, right, _) = aligned(with: divisor) else { return nil }
        let (numerator, denominator) = (left.magnitude, right.magnitude)
        var (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        var decimals = 0
        let limit = UInt128(Int128.powerOfTen(Self.digitLimit - 1) ?? 1)
        while remainder != 0, decimals < Self.quotientDecimals, quotient < limit {
            // The remainder is below the denominator, so the digit fits; ten times the remainder may not.
            let (digit, rest) = denominator.dividingFullWidth(remainder.multipliedFullWidth(by: 10))
            quotient = quotient * 10 + digit
            remainder = rest
            decimals += 1
        }
        if remainder >= denominator - remainder { quotient += 1 }
        let isNegative = (left < 0) != (right < 0)
        guard let value = Int128(exactly: quotient) else { return nil }
        return JSONDecimal(within: isNegative ? -value : value, exponent: -decimals)
    }

    /// The nearest number with so many decimals, halves away from zero. Negative decimals round to tens, hundreds ….
    func rounded(to decimals: Int) -> JSONDecimal? {
        guard exponent < -decimals else { return self }
        guard let unit = Int128.powerOfTen(-decimals - exponent) else {
            return JSONDecimal(coefficient: 0, exponent: 0)
        }
        var (quotient, remainder) = coefficient.magnitude.quotientAndRemainder(dividingBy: unit.magnitude)
        if remainder >= unit.magnitude - remainder { quotient += 1 }
        guard let value = Int128(exactly: quotient) else { return nil }
        return JSONDecimal(within: coefficient < 0 ? -value : value, exponent: -decimals)
    }

    /// The number, if it is an integer that fits.
    var integer: Int? { scaled(by: 0).map(Int.init) }

    func isLess(than other: JSONDecimal) -> Bool {
        if let (left, right, _) = aligned(with: other) { return left < right }
        // Written with the same decimals one of them has more than 38 digits: that one is farther from zero, for the
        // other has at most 38 and the same unit.
        let isNegative = (coefficient < 0, other.coefficient < 0)
        if isNegative.0 != isNegative.1 { return isNegative.0 }
        let isFarther = coefficient.digitCount + exponent > other.coefficient.digitCount + other.exponent
        return isFarther == isNegative.0
    }

    /// Both coefficients in the smaller unit of the two; nil if one of them does not fit then.
    private func aligned(with other: JSONDecimal) -> (Int128, Int128, Int)? {
        let unit = min(exponent, other.exponent)
        guard let left = shifted(by: exponent - unit), let right = other.shifted(by: other.exponent - unit) else {
            return nil
        }
        return (left, right, unit)
    }

    private func shifted(by power: Int) -> Int128? {
        if power == 0 || coefficient == 0 { return coefficient }
        guard let factor = Int128.powerOfTen(power) else { return nil }
        let (product, overflows) = coefficient.multipliedReportingOverflow(by: factor)
        return overflows ? nil : product
    }
}
