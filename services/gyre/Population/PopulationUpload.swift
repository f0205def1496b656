import CommonAPI
import JSON
import JSONRPC
import Population
import SignalsAPI

/// Sends a made-up population through the gateway, as anybody would send their own customers. What is there already is
/// not added again.
struct PopulationUpload {
    /// Signals in one call.
    static let batchItems = 500
    /// People who are made and sent at a time.
    private static let peopleAtOnce = 250
    /// Consents under way at a time: each is a call of its own, and those that wait together are committed together.
    private static let consentsAtOnce = 64

    let facts: PopulationFacts
    let signals: Signals.Client
    let consents: Consents.Client

    init(_ population: SyntheticPopulation, through client: SuiteClient) {
        facts = PopulationFacts(population: population)
        signals = Signals.Client(client)
        consents = Consents.Client(client)
    }

    /// Sends everything.
    ///
    /// - Parameter progress: called with how many people are through.
    func send(progress: (_ people: Int, PopulationTally) -> Void = { _, _ in }) async throws -> PopulationTally {
        var tally = PopulationTally()
        var number = 1
        let numbers = facts.population.numbers
        while number < numbers.upperBound {
            let end = min(number + Self.peopleAtOnce, numbers.upperBound)
            let people = facts.population.people(in: number..<end)
            let known = try await send(people, &tally)
            try await agree(known, &tally)
            progress(end - 1, tally)
            number = end
        }
        return tally
    }

    // MARK: Signals

    /// Sends who people are, and of those who are taken what they bought: a person who is refused is refused with all
    /// that is theirs. Returns those who are in.
    private func send(_ people: [Individual], _ tally: inout PopulationTally) async throws -> [Individual] {
        let verdicts = try await send(people.map { JSONRaw(facts.identify($0)) })
        var known: [Individual] = []
        var orders: [(item: JSONRaw, of: Individual, amount: Amount)] = []
        for (person, verdict) in zip(people, verdicts) {
            tally.people.note(verdict)
            let purchases = facts.population.purchases(of: person)
            if verdict.status == .rejected {
                tally.note(verdict, of: person)
                for _ in purchases { tally.orders.note(verdict) }
                if person.consents { tally.consents.note(verdict) }
            } else {
                known.append(person)
                orders += purchases.map { (JSONRaw(facts.order($0, of: person)), person, $0.basket.amount) }
            }
        }
        for (order, verdict) in zip(orders, try await send(orders.map(\.item))) {
            tally.orders.note(verdict)
            if verdict.status == .rejected {
                tally.note(verdict, of: order.of)
            } else {
                tally.revenue = tally.revenue.adding(order.amount) ?? .maximum
            }
        }
        return known
    }

    private func send(_ items: [JSONRaw]) async throws -> [Verdict] {
        var verdicts: [Verdict] = []
        for start in stride(from: 0, to: items.count, by: Self.batchItems) {
            let batch = Signals.Batch.Params(items: Array(items[start..<min(start + Self.batchItems, items.count)]))
            verdicts += try await patiently { () async throws(RPCError) in try await signals.batch(batch) }.verdicts
        }
        return verdicts
    }

    // MARK: Consents

    /// Records what people agreed to, unless something is recorded of them already. Where a reply is lost, that is
    /// asked again before anything is recorded twice.
    private func agree(_ people: [Individual], _ tally: inout PopulationTally) async throws {
        var open = people.filter(\.consents)
        tally.consents.known += open.count
        open = try await withoutConsent(open)
        tally.consents.known -= open.count
        tally.consents.new += open.count
        var patience = Patience()
        while !open.isEmpty {
            var failed: (people: [Individual], error: RPCError)?
            for start in stride(from: 0, to: open.count, by: Self.consentsAtOnce) {
                let group = open[start..<min(start + Self.consentsAtOnce, open.count)]
                for (person, error) in await record(Array(group)) {
                    guard let error else { continue }
                    if error.mayPass {
                        failed = ((failed?.people ?? []) + [person], error)
                    } else {
                        tally.consents.new -= 1
                        try tally.note(error, of: person)
                    }
                }
            }
            guard let failed else { return }
            if failed.people.count < open.count { patience.renew() }
            try await patience.wait(after: failed.error)
            open = try await withoutConsent(failed.people)
        }
    }

    /// Those of whom nothing is recorded, neither that they agreed nor that they changed their minds.
    private func withoutConsent(_ people: [Individual]) async throws -> [Individual] {
        guard !people.isEmpty else { return [] }
        let check = Consents.Check.Params(
            purpose: PopulationFacts.purpose,
            identifiers: people.map { Identifier(type: "customerId", value: $0.userID) })
        let decisions = try await patiently { () async throws(RPCError) in try await consents.check(check) }.items
        return zip(people, decisions).compactMap { person, decision in
            let isOpen = decision.reason == .noBasis || decision.reason == .basis && decision.legalBasis != .consent
            return isOpen ? person : nil
        }
    }

    /// Records the consents of some people side by side.
    private func record(_ people: [Individual]) async -> [(Individual, RPCError?)] {
        await withTaskGroup(of: (Individual, RPCError?).self) { group in
            for person in people {
                group.addTask { (person, await record(person)) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func record(_ person: Individual) async -> RPCError? {
        guard let consent = facts.consent(person) else { return nil }
        do throws(RPCError) {
            _ = try await consents.record(consent)
            return nil
        } catch {
            return error
        }
    }

    /// Calls again what may pass, and does nothing a second time.
    private func patiently<Reply>(_ call: () async throws(RPCError) -> Reply) async throws -> Reply {
        var patience = Patience()
        while true {
            do throws(RPCError) {
                return try await call()
            } catch {
                guard error.mayPass else { throw error }
                try await patience.wait(after: error)
            }
        }
    }
}

extension PopulationTally.Count {
    /// Counts one verdict.
    fileprivate mutating func note(_ verdict: Verdict) {
        switch verdict.status {
        case .accepted: new += 1
        case .duplicate: known += 1
        case .rejected: if verdict.code == RPCError.Code.suppressed { erased += 1 } else { refused += 1 }
        }
    }
}

extension PopulationTally {
    /// Keeps why a fact was refused, unless its person was erased.
    fileprivate mutating func note(_ verdict: Verdict, of person: Individual) {
        if verdict.code != RPCError.Code.suppressed { note(verdict.message ?? "no reason", of: person) }
    }

    /// Counts a consent that was not recorded.
    ///
    /// - Throws: what is not about this person.
    fileprivate mutating func note(_ error: RPCError, of person: Individual) throws(RPCError) {
        switch error.code {
        case RPCError.Code.suppressed: consents.erased += 1
        case RPCError.Code.conflict, RPCError.Code.invalidParams:
            consents.refused += 1
            note(error.message, of: person)
        default: throw error
        }
    }

    private mutating func note(_ reason: String, of person: Individual) {
        if reasons.count < Self.shownReasons { reasons.append("\(person.userID): \(reason)") }
    }
}
