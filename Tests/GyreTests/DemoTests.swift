import CommonAPI
import JSON
import SignalsAPI
import Testing

@testable import Gyre

@Suite struct DemoTests {
    private let random = CounterRandom(seed: DemoLoader.seed)

    private func people() -> [DemoPerson] { (0..<DemoPerson.count).map { DemoPerson($0, from: random) } }

    @Test("Numbers depend on their place alone")
    func counterRandom() {
        #expect(random.word(1, 2) == CounterRandom(seed: DemoLoader.seed).word(1, 2))
        #expect(
            Set([random.word(1, 2), random.word(2, 1), random.word(1, 3), CounterRandom(seed: 1).word(1, 2)]).count == 4
        )
        let units = (0..<1_000).map { random.unit(1, $0) }
        #expect(units.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect((0..<1_000).allSatisfy { 0..<7 ~= random.index(1, $0, below: 7) })
    }

    @Test("2,000 people differ in their ids, addresses and numbers, and each bought something within the last 90 days")
    func identity() {
        let people = people()
        #expect(people.count == 2_000)
        #expect(Set(people.map(\.customerID)).count == people.count)
        #expect(Set(people.map(\.email)).count == people.count)
        #expect(Set(people.map(\.phone)).count == people.count)
        #expect(people.allSatisfy { EmailAddress.isValid($0.email) })
        #expect(people.allSatisfy { 1...DemoPerson.maximumOrders ~= $0.orders.count })
        let ages = people.flatMap(\.orders).map(\.ageSeconds)
        #expect(ages.allSatisfy { 0..<DemoPerson.days * 86_400 ~= $0 })
    }

    @Test("Some buy once, some often, as people do")
    func orders() {
        let counts = people().map(\.orders.count)
        #expect(counts.count { $0 == 1 } > 500)
        #expect(counts.count { $0 >= 8 } > 100)
    }

    @Test("Every signal has a message id of its own, the same at any time, and none is from the future")
    func messageIDs() throws {
        func items(at now: Timestamp) throws -> [(String, Timestamp)] {
            let signals = DemoSignals(moment: now)
            let raw = people().prefix(300).flatMap { signals.items(of: $0) } + signals.views(from: random)
            return try raw.map { raw in
                let item = try JSONValue(parsing: raw.bytes)
                let time = try #require(item["timestamp"]?.string.flatMap { Timestamp($0) })
                return (try #require(item["messageId"]?.string), time)
            }
        }
        let now = Timestamp(microseconds: 1_790_000_000_000_000)
        let first = try items(at: now)
        #expect(Set(first.map(\.0)).count == first.count)
        #expect(first.allSatisfy { $0.1 <= now })
        let later = try items(at: Timestamp(microseconds: now.microseconds + 86_400_000_000))
        #expect(later.map(\.0) == first.map(\.0))
    }

    @Test("Items of a batch are what the contract takes")
    func contract() throws {
        let signals = DemoSignals(moment: Timestamp(microseconds: 1_790_000_000_000_000))
        let person = DemoPerson(0, from: random)
        let items = signals.items(of: person)
        let identify = try IdentifyItem(json: items[0].bytes)
        #expect(identify.userId == "demo-00001")
        #expect(identify.identifiers?.map(\.type) == ["email", "phone"])
        let order = try TrackItem(json: items[1].bytes)
        #expect(order.event == "Order Completed")
        #expect(order.revenue == person.orders[0].revenue)
    }
}
