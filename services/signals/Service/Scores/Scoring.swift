import JSON
import JSONRPC
import Scores
import ServiceContract
import SignalsAPI

/// Scores people up to a day, as the brand's rules say: for the length of one reading call.
struct Scoring {
    /// The last day that counts, in UTC.
    let asOf: CalendarDate
    /// Of all amounts; nil: no purchase named one.
    let currency: Currency?
    /// How many people the quintiles compare; nil: they are not asked for.
    let customers: Int?
    private let lifecycle: LifecycleRules
    private let purchases: PurchaseStore
    private let quintiles: CustomerQuintiles?

    /// - Parameters:
    ///   - asOf: nil: today.
    ///   - comparing: whether to compare with all customers, whose signals are then read.
    init(
        asOf: CalendarDate?, comparing: Bool, _ reach: ActorReach, at now: Timestamp,
        in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) {
        let rules = try ScoreRuleStore().find(in: transaction) ?? .ofNewBrand
        guard let day = asOf ?? now.date else { throw .internalError("The clock stands outside of the calendar.") }
        self.asOf = day
        lifecycle = LifecycleRules(
            newDays: rules.newDays, atRiskDays: rules.atRiskDays, churnedDays: rules.churnedDays)
        purchases = PurchaseStore(events: rules.purchaseEvents, through: day.dayNumber)
        if let currency = rules.currency {
            self.currency = currency
        } else {
            currency = try purchases.firstCurrency(reach, in: transaction)
        }
        guard comparing else {
            customers = nil
            quintiles = nil
            return
        }
        var values = CustomerValues()
        try purchases.each(reach, in: currency, in: transaction) { values.add($0) }
        customers = values.count
        quintiles = values.quintiles()
    }

    /// - Throws: conflict for a value that no amount can hold.
    func scores(
        of actor: ActorStore.Key, in transaction: borrowing some Transaction & ~Copyable
    ) throws(RPCError) -> ActorScores {
        let bought = try purchases.summary(of: actor.number, in: currency, in: transaction)
        let day = asOf.dayNumber
        return ActorScores(
            actorId: actor.id, stage: CustomerStage(lifecycle.stage(of: bought, on: day)),
            tenureDays: try purchases.firstDay(of: actor.number, in: transaction).map { day - $0 },
            purchases: try figures(of: bought),
            value: try Self.amount(bought.value), unsummed: bought.unsummed,
            quintiles: quintiles?.scores(of: bought).map {
                ActorScores.Quintiles(recency: $0.recency, frequency: $0.frequency, monetary: $0.monetary)
            })
    }

    private func figures(of bought: PurchaseSummary) throws(RPCError) -> PurchaseFigures? {
        let day = asOf.dayNumber
        guard let first = bought.firstDay.flatMap({ CalendarDate(dayNumber: $0) }),
            let last = bought.lastDay.flatMap({ CalendarDate(dayNumber: $0) }), let frequency = bought.frequency,
            let recency = bought.recency, let age = bought.age(on: day), let silence = bought.silence(on: day)
        else { return nil }
        var monetaryValue: Amount?
        if let average = bought.monetaryValue { monetaryValue = try Self.amount(average) }
        return PurchaseFigures(
            firstOn: first, lastOn: last, frequency: frequency, recencyDays: recency, ageDays: age,
            daysSincePurchase: silence, monetaryValue: monetaryValue)
    }

    private static func amount(_ tenThousandths: Int128) throws(RPCError) -> Amount {
        guard let amount = Int64(exactly: tenThousandths) else {
            throw .conflict("Somebody's purchases come to more than \(Amount.maximum); ask for an earlier day.")
        }
        return Amount(tenThousandths: amount)
    }
}

extension CustomerStage {
    init(_ stage: LifecycleStage) {
        switch stage {
        case .prospect: self = .prospect
        case .new: self = .new
        case .active: self = .active
        case .atRisk: self = .atRisk
        case .churned: self = .churned
        }
    }
}
