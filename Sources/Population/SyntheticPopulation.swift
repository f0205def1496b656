import CivilTime
import JSON
import Randomness

/// People who were never there: households, what is known of them, what they buy and how they answer offers.
///
/// ```swift
/// let population = try SyntheticPopulation(PopulationParameters(seed: 7, from: begin, until: end))
/// for person in population.people(in: population.shard(2, of: 7)) { population.purchases(of: person) }
/// ```
///
/// Nothing is kept from one person to the next: everything of person n is drawn from random numbers at the place n, so
/// any person can be made alone, and any number of shards make the same people.
public struct SyntheticPopulation: Sendable {
    public let parameters: PopulationParameters
    private let peopleOfBlock: Int
    private let clocks: [PurchaseClock]
    /// Where telephone numbers begin: different for different seeds, so that two populations seldom share one.
    private let firstPhone: Int

    /// - Throws: the parameter that cannot be.
    public init(_ parameters: PopulationParameters) throws(PopulationProblem) {
        try parameters.check()
        self.parameters = parameters
        peopleOfBlock = HouseholdBlock.people(parameters)
        clocks = HomeTown.all.map { PurchaseClock(rhythm: parameters.rhythm, zone: $0.zone) }
        var random = RandomRow(seed: parameters.seed, stream: Streams.phoneNumbers, row: 0)
        firstPhone = random.index(below: PopulationParameters.maximumPeople)
    }

    /// The numbers of all people.
    public var numbers: Range<Int> { 1..<(parameters.people + 1) }

    /// The numbers of one of several parts, which together are all people, each once.
    ///
    /// - Parameters:
    ///   - index: 0 ..< count.
    ///   - count: at least 1; parts may be empty.
    public func shard(_ index: Int, of count: Int) -> Range<Int> {
        precondition(count > 0 && 0..<count ~= index, "shard \(index) of \(count)")
        return (1 + parameters.people * index / count)..<(1 + parameters.people * (index + 1) / count)
    }

    /// One person.
    ///
    /// - Parameter number: from 1, also beyond ``PopulationParameters/people``, up to its maximum.
    public func person(_ number: Int) -> Individual { people(in: number..<(number + 1))[0] }

    /// People by their numbers.
    public func people(in range: Range<Int>) -> [Individual] {
        precondition(
            range.lowerBound >= 1 && range.upperBound <= PopulationParameters.maximumPeople + 1,
            "people are numbered from 1 to \(PopulationParameters.maximumPeople)")
        var people: [Individual] = []
        people.reserveCapacity(range.count)
        var number = range.lowerBound
        while number < range.upperBound {
            let index = (number - 1) / peopleOfBlock
            let block = HouseholdBlock(index, of: parameters)
            let end = min(range.upperBound, (index + 1) * peopleOfBlock + 1)
            for number in number..<end {
                people.append(individual(number, block, at: number - 1 - index * peopleOfBlock))
            }
            number = end
        }
        return people
    }

    /// The shop's clock where somebody lives.
    func clock(of town: Int) -> PurchaseClock { clocks[town] }

    func clock(of person: Individual) -> PurchaseClock {
        clocks[HomeTown.all.firstIndex(of: person.town) ?? 0]
    }

    private func individual(_ number: Int, _ block: HouseholdBlock, at offset: Int) -> Individual {
        let place = block.places[offset]
        let home = Home(place.household, seed: parameters.seed)
        var random = RandomRow(seed: parameters.seed, stream: Streams.traits, row: UInt64(number))
        let firstName = Names.first[random.index(below: Names.first.count)]
        let age = home.age(at: place.position, random.index(below: 13), random.index(below: 10))
        let habits = habits(of: number)
        let plan = plan(habits, luck: random.uniform())
        let userID = "\(parameters.prefix)-\(digits(number, 5))"
        let address = "\(firstName).\(home.lastName).\(userID)@example.net".lowercased()
        var own = RandomRow(seed: parameters.seed, stream: Streams.responsiveness, row: UInt64(number))
        return Individual(
            number: number, userID: userID, email: block.hasEmail[offset] ? address : nil,
            phone: block.hasPhone[offset] ? phone(number) : nil,
            householdID: "\(parameters.prefix)-h\(digits(place.household, 5))", householdSize: place.size,
            firstName: firstName, lastName: home.lastName, age: age, town: HomeTown.all[home.town], plan: plan,
            consents: block.consents[offset], joinedAt: clock(of: home.town).moment(at: joining(number, home.town)),
            habits: habits,
            responsiveness: own.normal(mean: 0, standardDeviation: parameters.responses.spread))
    }

    /// When somebody joins, on the shop's clock.
    func joining(_ number: Int, _ town: Int) -> Double {
        var random = RandomRow(seed: parameters.seed, stream: Streams.joining, row: UInt64(number))
        return clock(of: town).weeks(at: parameters.from) + random.uniform() * Double(parameters.joiningWeeks)
    }

    func habits(of number: Int) -> Individual.Habits {
        let law = parameters.purchases
        var random = RandomRow(seed: parameters.seed, stream: Streams.habits, row: UInt64(number))
        let rate = random.gamma(shape: law.rateShape, scale: 1 / law.rateWeeks)
        let dropout = random.beta(law.dropoutFirst, law.dropoutSecond)
        let lines = parameters.extraLines == 0 ? 0 : random.gamma(shape: 2, scale: parameters.extraLines / 2)
        return Individual.Habits(purchasesPerWeek: rate, dropout: dropout, extraLines: lines)
    }

    /// Who buys more often than most is more often on a better plan.
    private func plan(_ habits: Individual.Habits, luck: Double) -> Individual.Plan {
        let typical = parameters.purchases.rateShape / parameters.purchases.rateWeeks
        let standing = (luck + habits.purchasesPerWeek / (habits.purchasesPerWeek + typical)) / 2
        return standing > 0.72 ? .gold : standing > 0.45 ? .silver : .basic
    }

    private func phone(_ number: Int) -> String {
        let index = (firstPhone + number) % PopulationParameters.maximumPeople
        return "+1-\(digits(200 + index / 100, 3))-555-01\(digits(index % 100, 2))"
    }
}

/// What the members of a household share.
private struct Home {
    let town: Int
    let lastName: String
    private let headAge: Int

    init(_ household: Int, seed: UInt64) {
        var random = RandomRow(seed: seed, stream: Streams.homes, row: UInt64(household))
        town = random.index(below: HomeTown.all.count)
        lastName = Names.last[random.index(below: Names.last.count)]
        headAge = 25 + random.index(below: 55)
    }

    /// The second member is about as old as the first, all others are young.
    func age(at position: Int, _ near: Int, _ young: Int) -> Int {
        switch position {
        case 0: headAge
        case 1: headAge + near - 6
        default: 16 + young
        }
    }
}
