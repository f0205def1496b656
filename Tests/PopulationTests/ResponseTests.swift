import CivilTime
import Foundation
import JSON
import Testing

@testable import Population

@Suite("Planted responses")
struct ResponseTests {
    private let population: SyntheticPopulation
    private let people: [Individual]
    private let day: CalendarDate
    private let moment = Timestamp.of("2026-06-01T12:00:00Z")

    init() throws {
        population = try SyntheticPopulation(.year(people: 400))
        people = population.people(in: population.numbers)
        day = try #require(CalendarDate("2026-06-01"))
    }

    private func offer(_ number: UInt64, _ kind: PlantedOffer.Kind = .freeShipping) -> PlantedOffer {
        PlantedOffer(number: number, kind: kind, channel: .email)
    }

    private func logOdds(_ probability: Double) -> Double { log(probability / (1 - probability)) }

    @Test("What somebody does with an offer is decided once, and another offer or exposure is another chance")
    func decided() {
        let first = people.map { population.response(of: $0, to: offer(1), on: day) }
        #expect(people.map { population.response(of: $0, to: offer(1), on: day) } == first)
        #expect(people.map { population.response(of: $0, to: offer(2), on: day) } != first)
        let long = day.adding(days: -1_000).map { [$0] } ?? []
        #expect(people.map { population.response(of: $0, to: offer(1), on: day, after: long) } != first)
        let tomorrow = day.adding(days: 1).map { [$0] } ?? []
        #expect(people.map { population.response(of: $0, to: offer(1), on: day, after: tomorrow) } == first)
    }

    @Test("A likelier offer of the same number brings everybody at least as far, and some further")
    func commonRandomNumbers() {
        var further = 0
        for person in people {
            let nothing = population.response(of: person, to: offer(5, .none), on: day)
            let shipping = population.response(of: person, to: offer(5), on: day)
            #expect(nothing <= shipping)
            if nothing < shipping { further += 1 }
        }
        #expect(further > 20)
    }

    @Test("The log-odds are the stated sum, and fatigue takes its part and halves with time")
    func logOdds() throws {
        let law = population.parameters.responses
        let person = try #require(people.first { $0.plan == .silver })
        let expected = law.ordered + 0.9 - 0.3 + 0.3 + 0.1 * Double(person.age - 45) / 10 + person.responsiveness
        let fresh = law.probability(of: .ordered, by: person, to: offer(1))
        #expect(abs(logOdds(fresh) - expected) < 1e-12)
        for (days, part) in [([0], 1.0), ([7], 0.5), ([14], 0.25), ([0, 0, 7], 2.5)] {
            let tired = law.probability(of: .ordered, by: person, to: offer(1), daysSince: days)
            #expect(abs(logOdds(fresh) - logOdds(tired) - 0.35 * part) < 1e-12)
        }
        #expect(law.probability(of: .opened, by: person, to: offer(1)) > fresh)
        #expect(law.probability(of: .ignored, by: person, to: offer(1)) == 1)
        let strong = PlantedOffer(number: 1, kind: .freeShipping, channel: .email, strength: 0.5)
        #expect(abs(logOdds(law.probability(of: .ordered, by: person, to: strong)) - expected - 0.5) < 1e-12)
    }

    /// 100 offers to 400 people; bounds of 4.5 standard errors.
    @Test("How many open, click and order is what the closed form says", arguments: [[], [0], [2, 9]])
    func shares(daysAgo: [Int]) {
        let earlier = daysAgo.compactMap { day.adding(days: -$0) }
        let offers = 100
        var reached = [Int](repeating: 0, count: 4)
        for number in 0..<offers {
            for person in people {
                reached[population.response(of: person, to: offer(UInt64(number)), on: day, after: earlier).rawValue] +=
                    1
            }
        }
        for response in PlantedResponse.allCases.dropFirst() {
            let seen = Double(reached[response.rawValue...].reduce(0, +))
            let chances = people.map {
                population.probability(of: response, by: $0, to: offer(0), on: day, after: earlier)
            }
            let expected = Double(offers) * chances.reduce(0, +)
            let deviation = (Double(offers) * chances.reduce(0) { $0 + $1 * (1 - $1) }).squareRoot()
            #expect(abs(seen - expected) < 4.5 * deviation, "\(response)")
        }
    }

    @Test("The planted lift is what showing the offer adds to the share of people who buy")
    func lift() {
        let days = 28
        let end = Timestamp(microseconds: moment.microseconds + Int64(days) * 86_400_000_000)
        let effect = population.effect(of: offer(0), on: people, at: moment, days: days)
        let anyway = people.map { person in
            population.purchases(of: person, before: end).contains { $0.moment >= moment }
        }
        #expect(effect.people == 400)
        #expect(effect.buyersWithout == Double(anyway.count { $0 }) / 400)
        #expect(effect.buyersWithout > 0.05 && effect.lift < effect.ordersPerPerson)
        let offers = 200
        var (orders, buyers) = (0, 0)
        for number in 0..<offers {
            for (person, buysAnyway) in zip(people, anyway) {
                let order = population.order(of: person, becauseOf: offer(UInt64(number)), at: moment)
                if let order {
                    orders += 1
                    #expect(moment <= order.moment && order.moment < end && order.basket.quantity > 0)
                }
                if order != nil, !buysAnyway { buyers += 1 }
            }
        }
        let trials = Double(offers * 400)
        let rate = effect.ordersPerPerson
        #expect(abs(Double(orders) / trials - rate) < 4.5 * (rate / trials).squareRoot())
        #expect(abs(Double(buyers) / trials - effect.lift) < 4.5 * (effect.lift / trials).squareRoot())
    }

    @Test("Who orders is who responds with an order, at a moment that is always the same")
    func orders() {
        for person in people.prefix(200) {
            let order = population.order(of: person, becauseOf: offer(9), at: moment)
            let zone = person.town.zone
            let local = zone.localTime(at: moment)?.date ?? day
            #expect((order != nil) == (population.response(of: person, to: offer(9), on: local) == .ordered))
            let again = population.order(of: person, becauseOf: offer(9), at: moment)
            #expect(order?.moment == again?.moment && order?.basket == again?.basket)
        }
    }
}
