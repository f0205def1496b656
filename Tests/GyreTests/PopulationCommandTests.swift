import ArgumentParser
import CommonAPI
import JSON
import JSONRPC
import Population
import SignalsAPI
import Testing

@testable import Gyre

@Suite struct PopulationCommandTests {
    private func population(_ options: [String] = []) throws -> SyntheticPopulation {
        try PopulationOptions.parse(options).population(people: 300)
    }

    @Test("Facts are what the contract takes, each with a message id of its own, the same at any time")
    func facts() throws {
        let population = try population()
        let facts = PopulationFacts(population: population)
        var names: [String] = []
        for person in population.people(in: population.numbers) {
            let identify = try IdentifyItem(json: JSONRaw(facts.identify(person)).bytes)
            #expect(identify.userId == person.userID && identify.timestamp == person.joinedAt)
            #expect(identify.identifiers?.count ?? 0 == [person.email, person.phone].compactMap(\.self).count)
            names.append(try #require(identify.messageId))
            for purchase in population.purchases(of: person) {
                let order = try TrackItem(json: JSONRaw(facts.order(purchase, of: person)).bytes)
                #expect(order.revenue == purchase.basket.amount && order.currency == Currency("USD"))
                names.append(try #require(order.messageId))
            }
            let consent = facts.consent(person)
            #expect((consent != nil) == person.consents)
            if let consent { _ = try Consents.Record.Params(json: JSONRaw(consent).bytes) }
        }
        #expect(names.count > 800 && Set(names).count == names.count)
    }

    @Test("The columns of the exported table are those of its mapping, and no field needs quotes")
    func table() throws {
        let columns = SyntheticPopulation.heading.dropLast().split(separator: ",")
        let mapped = PopulationFacts.mapping.split(separator: "\n").compactMap { line in
            columns.first { line.hasPrefix("  \($0): ") }
        }
        #expect(mapped == columns)
        let rows = try population().table(of: 1..<301).split(separator: "\n")
        #expect(rows.allSatisfy { $0.split(separator: ",").count == columns.count && !$0.contains("\"") })
    }

    @Test("Options that cannot be are refused by their name")
    func options() {
        for (options, name) in [
            (["--until", "2025-11-02"], "--until"), (["--from", "1970-01-01"], "--from"),
            (["--from", "tomorrow"], "2026-01-31"), (["--seed", "-1"], "seed"),
        ] {
            do {
                _ = try population(options)
                Issue.record("\(options) were taken")
            } catch {
                #expect(PopulationOptions.message(for: error).contains(name))
            }
        }
    }

    @Test("What became of facts is counted by kind")
    func tally() {
        var tally = PopulationTally()
        tally.people = PopulationTally.Count(new: 1_000)
        tally.orders = PopulationTally.Count(new: 2_000, known: 300, erased: 20, refused: 1)
        #expect(
            tally.table().text() == """
                           SENT    NEW  KNOWN  ERASED  REFUSED
                people    1,000  1,000      0       0        0
                orders    2,321  2,000    300      20        1
                consents      0      0      0       0        0

                """)
        #expect(tally.sent == 3_321 && tally.new == 3_000 && tally.refused == 1)
    }

    @Test("A person is shown with their household, their orders and the truth")
    func person() throws {
        let population = try population()
        let report = IndividualReport(population.person(8), of: population)
        let text = report.text(width: nil)
        #expect(text.contains("p7-00008  Sam Dubois, 22, New York (America/New_York), basic plan"))
        #expect(text.contains("p7-h00003 of 5, with p7-00006, p7-00007, p7-00009, p7-00010"))
        #expect(text.contains("3 orders for USD 155.00"))
        #expect(text.contains("with a chance of 57.1 %"))
        #expect(text.contains("-0.549 log-odds"))
        let json = try JSONValue(parsing: report.json())
        #expect(json["truth"]?["dropout"]?.double == 0.5714062977625041)
        let chances = json["truth"]?["firstChances"]?["gift"]?["email"]
        let ordered = try #require(chances?["ordered"]?.double)
        #expect(ordered > 0 && ordered < chances?["opened"]?.double ?? 0)
    }
}
