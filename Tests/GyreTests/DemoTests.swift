import JSON
import Population
import Testing

@testable import Gyre

@Suite struct DemoTests {
    private let moment = Timestamp(microseconds: 1_790_000_000_123_456)

    @Test("2,000 people of a year that ends when the brand was made, of whom some buy once and some often")
    func people() throws {
        let population = try DemoPeople.population(until: moment)
        let people = population.people(in: population.numbers)
        #expect(people.count == 2_000 && people.first?.userID == DemoPeople.firstCustomerID)
        let purchases = people.map { population.purchases(of: $0) }
        #expect(purchases.joined().allSatisfy { $0.moment < moment })
        #expect(purchases.count { $0.count == 1 } > 500 && purchases.count { $0.count >= 5 } > 100)
        #expect(people.count { $0.consents } == 1_200)
    }

    @Test("What gyre up says of them")
    func sentence() {
        var tally = PopulationTally()
        tally.people = PopulationTally.Count(new: 1_999, erased: 1)
        tally.orders = PopulationTally.Count(new: 4_700, erased: 3)
        tally.consents = PopulationTally.Count(new: 1_200)
        #expect(
            DemoPeople.sentence(tally)
                == "the demo brand has 1,999 people with 4,700 orders; 7,899 facts are new; 1 was erased and stays out")
        tally.people = PopulationTally.Count(known: 2_000)
        tally.orders = PopulationTally.Count(known: 4_700)
        tally.consents = PopulationTally.Count(known: 1_200)
        #expect(
            DemoPeople.sentence(tally)
                == "the demo brand has 2,000 people with 4,700 orders, all of them from an earlier start")
    }
}
