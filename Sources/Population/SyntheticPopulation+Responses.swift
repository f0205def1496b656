import CivilTime
public import JSON
import Randomness

extension SyntheticPopulation {
    /// What somebody does with an offer on a day: always the same for the same person, offer, and number of times that
    /// they saw it before.
    ///
    /// One number between 0 and 1 decides it all, whatever the kind, the channel and the day are: where a world with
    /// another offer is likelier to make them order, it makes those order who did before, and some more.
    ///
    /// - Parameters:
    ///   - day: when they see it, where they live.
    ///   - earlier: when they saw this offer before; days after `day` do not count.
    public func response(
        of person: Individual, to offer: PlantedOffer, on day: CalendarDate, after earlier: [CalendarDate] = []
    ) -> PlantedResponse {
        let daysSince = Self.daysSince(earlier, on: day)
        var random = RandomRow(
            seed: seed(of: offer), stream: Streams.responses, row: Streams.row(person.number, daysSince.count + 1))
        let luck = random.uniform()
        let reached = PlantedResponse.allCases.last {
            luck < parameters.responses.probability(of: $0, by: person, to: offer, daysSince: daysSince)
        }
        return reached ?? .ignored
    }

    /// The chance that somebody goes at least so far on a day; ``response(of:to:on:after:)`` says whether they do.
    public func probability(
        of response: PlantedResponse, by person: Individual, to offer: PlantedOffer, on day: CalendarDate,
        after earlier: [CalendarDate] = []
    ) -> Double {
        parameters.responses.probability(
            of: response, by: person, to: offer, daysSince: Self.daysSince(earlier, on: day))
    }

    private static func daysSince(_ earlier: [CalendarDate], on day: CalendarDate) -> [Int] {
        earlier.map { $0.days(until: day) }.filter { $0 >= 0 }
    }

    func seed(of offer: PlantedOffer) -> UInt64 {
        var random = RandomRow(seed: parameters.seed, stream: Streams.offers, row: offer.number)
        return random.next()
    }
}

// MARK: The order that a response is

extension SyntheticPopulation {
    /// Whoever orders does so within so many days of the exposure.
    public static let responseDays = 3
    private static let meanResponseHours = 12.0

    /// What somebody orders because of an offer, if they do: the moment, and what is in the basket.
    ///
    /// - Parameters:
    ///   - moment: when they see it.
    ///   - earlier: when they saw this offer before.
    /// - Returns: nil for whom the offer does not bring to order. The moment lies less than ``responseDays`` days
    ///   later.
    public func order(
        of person: Individual, becauseOf offer: PlantedOffer, at moment: Timestamp, after earlier: [Timestamp] = []
    ) -> (moment: Timestamp, basket: Basket)? {
        let zone = clock(of: person).zone
        let days = earlier.compactMap { zone.localTime(at: $0)?.date }
        guard let day = zone.localTime(at: moment)?.date,
            response(of: person, to: offer, on: day, after: days) == .ordered
        else { return nil }
        let times = days.count { $0 <= day } + 1
        var random = RandomRow(
            seed: seed(of: offer), stream: Streams.responseOrders, row: Streams.row(person.number, times))
        let hours = random.exponential(rate: 1 / Self.meanResponseHours)
        let seconds = min(Int64(hours * 3_600), Int64(Self.responseDays) * 86_400 - 1)
        let orderedAt = Timestamp(microseconds: moment.microseconds + seconds * 1_000_000)
        return (orderedAt, Self.basket(person, &random))
    }

    /// The truth about an offer: what showing it to people once brings about on average, beside not showing it.
    ///
    /// - Parameters:
    ///   - people: to whom it is shown; at least one.
    ///   - moment: when.
    ///   - days: how long outcomes are counted, at least ``responseDays``.
    public func effect(
        of offer: PlantedOffer, on people: [Individual], at moment: Timestamp, days: Int
    ) -> PlantedEffect {
        precondition(!people.isEmpty && days >= Self.responseDays, "an effect takes people and time")
        let end = Timestamp(microseconds: moment.microseconds + Int64(days) * microsecondsPerDay)
        var (orders, lift, without) = (0.0, 0.0, 0)
        for person in people {
            let chance = parameters.responses.probability(of: .ordered, by: person, to: offer)
            let buysAnyway = purchases(of: person, before: end).contains { $0.moment >= moment }
            orders += chance
            if buysAnyway { without += 1 } else { lift += chance }
        }
        let count = Double(people.count)
        return PlantedEffect(
            people: people.count, ordersPerPerson: orders / count, buyersWithout: Double(without) / count,
            lift: lift / count)
    }
}

/// What an offer truly does, in expectation over people's luck with it. What they would buy anyway is no matter of
/// luck.
public struct PlantedEffect: Sendable, Equatable {
    public let people: Int
    /// Additional orders a person.
    public let ordersPerPerson: Double
    /// The share of people who buy within the time without the offer.
    public let buyersWithout: Double
    /// What the offer adds to that share: people who buy with it, and not without.
    public let lift: Double
}
