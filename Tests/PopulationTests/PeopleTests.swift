import Foundation
import JSON
import Testing

@testable import Population

@Suite("People")
struct PeopleTests {
    private func population(_ people: Int) throws -> SyntheticPopulation {
        try SyntheticPopulation(.year(people: people))
    }

    @Test("One shard, two or seven make the same bytes", arguments: [2, 7])
    func shards(count: Int) throws {
        let population = try population(311)
        let parts = (0..<count).map { population.shard($0, of: count) }
        #expect(parts.flatMap { Array($0) } == Array(population.numbers))
        #expect(parts.map { population.table(of: $0) }.joined() == population.table(of: population.shard(0, of: 1)))
        let few = try self.population(3)
        #expect((0..<7).flatMap { Array(few.shard($0, of: 7)) } == [1, 2, 3])
    }

    @Test("Any person can be made alone, and more people or a later end change nobody")
    func alone() throws {
        let population = try population(600)
        let people = population.people(in: population.numbers)
        for number in [1, 250, 251, 600] { #expect(population.person(number) == people[number - 1]) }
        var later = PopulationParameters.year(people: 601)
        later.until = .of("2027-03-01T00:00:00Z")
        let more = try SyntheticPopulation(later)
        var added = 0
        for person in people {
            #expect(more.person(person.number) == person)
            let (before, after) = (population.purchases(of: person), more.purchases(of: person))
            #expect(Array(after.prefix(before.count)) == before)
            #expect(population.purchases(of: person, before: later.until) == after)
            added += after.count - before.count
        }
        #expect(added > 0)
    }

    @Test("Bits of people and purchases are pinned: a change of any of them is a change of every population")
    func pinned() throws {
        let population = try population(20)
        #expect(
            population.table(of: 8..<9) == """
                p7-00008-order-1,p7-00008,2025-12-05T19:12:25Z,1,59.00,1 x Kettle
                p7-00008-order-2,p7-00008,2026-06-22T06:09:24Z,2,59.00,1 x Teapot; 1 x Espresso beans 1 kg
                p7-00008-order-3,p7-00008,2026-07-25T00:15:59Z,2,37.00,2 x Milk jug

                """)
        let person = population.person(8)
        #expect(person.email == "sam.dubois.p7-00008@example.net" && person.phone == "+1-940-555-0187")
        #expect(person.householdID == "p7-h00003" && person.householdSize == 5 && person.age == 22)
        #expect(person.town.city == "New York" && person.plan == .basic)
        #expect(person.habits.purchasesPerWeek == 0.05277668051702854)
        #expect(person.habits.dropout == 0.5714062977625041)
        #expect(person.responsiveness == -0.5491006653657946)
    }

    @Test("Of every hundred households as many as stated have each size, and of their 250 people the stated shares")
    func exactly() throws {
        var parameters = PopulationParameters.year(people: 750)
        parameters.consentShare = 0.333
        let population = try SyntheticPopulation(parameters)
        for block in 0..<3 {
            let people = population.people(in: (block * 250 + 1)..<(block * 250 + 251))
            let households = Dictionary(grouping: people, by: \.householdID)
            #expect(households.count == 100)
            #expect(households.values.allSatisfy { $0.count == $0[0].householdSize })
            let sizes = (1...6).map { size in households.values.count { $0.count == size } }
            #expect(sizes == [28, 32, 16, 14, 6, 4])
            #expect(people.count { $0.email != nil } == 238)
            #expect(people.count { $0.phone != nil } == 175)
            #expect(people.count { $0.consents } == 83)
            #expect(
                households.values.allSatisfy { home in
                    home.allSatisfy { $0.town == home[0].town && $0.lastName == home[0].lastName }
                })
        }
        let consenting = population.people(in: 1..<251).filter(\.consents).map { $0.number }
        let next = population.people(in: 251..<501).filter(\.consents).map { $0.number - 250 }
        #expect(consenting != next, "which of them is chosen anew in each stretch")
    }

    @Test("Ids, addresses and numbers are valid and nobody's twice, and addresses belong to nobody at all")
    func identifiers() throws {
        let population = try population(2_500)
        let people = population.people(in: population.numbers)
        let (emails, phones) = (people.compactMap(\.email), people.compactMap(\.phone))
        #expect(Set(people.map(\.userID)).count == 2_500)
        #expect(Set(emails).count == emails.count && emails.allSatisfy { EmailAddress.isValid($0) })
        #expect(emails.allSatisfy { $0.hasSuffix("@example.net") })
        #expect(Set(phones).count == phones.count)
        #expect(phones.allSatisfy { $0.wholeMatch(of: /\+1-[2-9]\d\d-555-01\d\d/) != nil })
        #expect(people.allSatisfy { 16...85 ~= $0.age })
        let last = try SyntheticPopulation(.year(people: PopulationParameters.maximumPeople))
        let edge = last.people(in: 79_801..<80_001).compactMap(\.phone)
        #expect(Set(edge).isDisjoint(with: phones) && Set(edge).count == edge.count)
        let purchases = people.prefix(500).flatMap { population.purchases(of: $0) }
        #expect(purchases.allSatisfy { $0.basket.amount.tenThousandths > 0 && $0.basket.quantity >= 1 })
        #expect(purchases.allSatisfy { Set($0.basket.lines.map(\.product.name)).count == $0.basket.lines.count })
    }

    @Test("Who buys often is oftener on a better plan")
    func plans() throws {
        let people = try population(2_000).people(in: 1..<2_001)
        func rate(_ plan: Individual.Plan) -> Double {
            let rates = people.filter { $0.plan == plan }.map(\.habits.purchasesPerWeek)
            return rates.reduce(0, +) / Double(max(rates.count, 1))
        }
        #expect(people.count { $0.plan == .gold } > 50)
        #expect(rate(.gold) > 2 * rate(.silver) && rate(.silver) > 2 * rate(.basic))
    }

    @Test("What cannot be is refused by its name")
    func refused() throws {
        let mistakes: [(String, (inout PopulationParameters) -> Void)] = [
            ("prefix", { $0.prefix = "7" }), ("prefix", { $0.prefix = "p_7" }),
            ("prefix", { $0.prefix = String(repeating: "a", count: 21) }),
            ("people", { $0.people = 0 }), ("people", { $0.people = 80_001 }),
            ("from", { $0.from = .of("1970-12-31T00:00:00Z") }),
            ("until", { $0.until = .of("2026-01-24T23:59:59Z") }), ("until", { $0.until = .last }),
            ("joiningWeeks", { $0.joiningWeeks = 0 }), ("joiningWeeks", { $0.joiningWeeks = 521 }),
            ("householdSizes", { $0.householdSizes = [] }), ("householdSizes", { $0.householdSizes = [0, 0] }),
            ("householdSizes", { $0.householdSizes = [1_001] }), ("householdSizes", { $0.householdSizes = [2, -1] }),
            ("emailShare", { $0.emailShare = 1.01 }), ("phoneShare", { $0.phoneShare = -0.01 }),
            ("consentShare", { $0.consentShare = .nan }), ("extraLines", { $0.extraLines = 5.1 }),
            ("purchases.rateShape", { $0.purchases.rateShape = 0 }),
            (
                "purchases.rateShape",
                {
                    $0.purchases.rateWeeks = 0.1; $0.purchases.rateShape = 1.1
                }
            ),
            ("purchases.rateWeeks", { $0.purchases.rateWeeks = .infinity }),
            ("purchases.dropoutFirst", { $0.purchases.dropoutFirst = 0 }),
            ("purchases.dropoutSecond", { $0.purchases.dropoutSecond = 1_001 }),
            ("responses.opened", { $0.responses.opened = .nan }), ("responses.clicked", { $0.responses.clicked = 0 }),
            ("responses.ordered", { $0.responses.ordered = -2 }),
            ("responses.kinds.gift", { $0.responses.kinds[.gift] = 21 }),
            ("responses.channels.email", { $0.responses.channels[.email] = -21 }),
            ("responses.plans.gold.trial", { $0.responses.plans[.gold] = [.trial: .infinity] }),
            ("responses.decades.mailbox", { $0.responses.decades[.mailbox] = 21 }),
            ("responses.spread", { $0.responses.spread = 5.1 }), ("responses.fatigue", { $0.responses.fatigue = -1 }),
            ("responses.fatigueDays", { $0.responses.fatigueDays = 0 }),
        ]
        for (field, mistake) in mistakes {
            var parameters = PopulationParameters.year(people: 10)
            mistake(&parameters)
            let problem = #expect(throws: PopulationProblem.self) { try SyntheticPopulation(parameters) }
            #expect(problem?.field == field)
        }
        var shortest = PopulationParameters.year(people: 1)
        shortest.until = .of("2026-01-25T00:00:00Z")
        #expect(try SyntheticPopulation(shortest).purchases(of: SyntheticPopulation(shortest).person(1)).count >= 1)
    }
}
