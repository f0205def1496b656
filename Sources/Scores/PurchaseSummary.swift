/// What somebody's purchases come to, put together one by one.
///
/// The figures are those of Fader, Hardie and Lee, "RFM and CLV: Using iso-value curves for customer base analysis"
/// (Journal of Marketing Research, 2005), with a day as the period: several purchases of one day are one. Days are
/// numbers that count up by one; amounts are whole numbers of the smallest part of one currency.
public struct PurchaseSummary: Sendable, Equatable {
    /// Of the first purchase; nil: there is none.
    public private(set) var firstDay: Int?
    /// Of the last purchase.
    public private(set) var lastDay: Int?
    /// Days with a purchase.
    public private(set) var days = 0
    /// What was paid in total, less what was given back.
    public private(set) var value: Int128 = 0
    /// Purchases and refunds that are in no sum.
    public private(set) var unsummed = 0

    private var repeatTotal: Int128 = 0
    /// Days after the first with a purchase that is summed.
    private var repeatDays = 0
    private var isLastDayAveraged = false

    /// Nothing was bought.
    public init() {}

    /// Adds a purchase.
    ///
    /// - Parameters:
    ///   - day: not before the day of the purchase that was added last.
    ///   - amount: what was paid, not below 0, and 0 where that is unknown; nil: it was paid in another currency, and is in
    ///     no sum.
    public mutating func addPurchase(on day: Int, paying amount: Int64?) {
        if day != lastDay {
            precondition(lastDay.map { $0 < day } ?? true, "Purchases are added in the order of their days.")
            firstDay = firstDay ?? day
            lastDay = day
            days += 1
            isLastDayAveraged = false
        }
        guard let amount else {
            unsummed += 1
            return
        }
        value += Int128(amount)
        guard days > 1 else { return }
        repeatTotal += Int128(amount)
        if !isLastDayAveraged { repeatDays += 1 }
        isLastDayAveraged = true
    }

    /// Adds what was given back: it lowers the value, and is no purchase.
    ///
    /// - Parameter amount: below 0; nil: it was given in another currency, and is in no sum.
    public mutating func addRefund(of amount: Int64?) {
        guard let amount else {
            unsummed += 1
            return
        }
        value += Int128(amount)
    }

    /// Days with a purchase after the first one; nil without a purchase.
    public var frequency: Int? { days == 0 ? nil : days - 1 }

    /// Days from the first purchase to the last; nil without a purchase.
    public var recency: Int? {
        guard let firstDay, let lastDay else { return nil }
        return lastDay - firstDay
    }

    /// Days from the first purchase to the end of what is observed, the field's T; nil without a purchase.
    public func age(on day: Int) -> Int? { firstDay.map { day - $0 } }

    /// Days from the last purchase to the end of what is observed; nil without a purchase.
    public func silence(on day: Int) -> Int? { lastDay.map { day - $0 } }

    /// What was paid on a day with a purchase after the first one, on average, rounded to the nearest, half to even; nil
    /// where there is no such day. The first day is left out, as what is bought again is what models of spend forecast
    /// (Fader and Hardie, "The gamma-gamma model of monetary value", 2013). A day on which everything was paid in other
    /// currencies is left out, too.
    public var monetaryValue: Int128? {
        guard repeatDays > 0 else { return nil }
        let count = Int128(repeatDays)
        let (quotient, remainder) = repeatTotal.quotientAndRemainder(dividingBy: count)
        let isUp = remainder * 2 > count || (remainder * 2 == count && quotient % 2 == 1)
        return isUp ? quotient + 1 : quotient
    }
}
