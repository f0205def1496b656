import Foundation
import Personas
import PythonOracle
import ResponseModel
import Testing

@Suite("Simulated campaigns")
struct SimulationTests {
    /// Coefficients that are known so well, each with this precision (1 / variance).
    private func fit(_ schema: ResponseSchema, _ coefficients: [Double], precision: Double = 1e14) throws -> ResponseFit
    {
        let equation = try ResponseEquation(
            schema: schema, scalings: schema.traits.isEmpty ? [] : [Scaling(mean: 0, deviation: 1)],
            shape: schema.hasSaturation ? .usual : nil, coefficients: coefficients)
        let information = coefficients.indices.flatMap { row in (0...row).map { $0 == row ? precision : 0 } }
        return try ResponseFit(
            equation: equation, information: information,
            figures: ResponseFit.Figures(
                logLikelihood: -1, nullLogLikelihood: -2, rowCount: 1, eventCount: 1, ridge: 0, iterations: 1))
    }

    private func schema(history: Bool = false, traits: [ResponseSchema.Trait] = []) throws -> ResponseSchema {
        try ResponseSchema(
            traits: traits, offers: ["none", "gift"], channels: ["email"], hasSaturation: history, hasFatigue: history)
    }

    private let weekly = SimulatedArm(
        "weekly", contacts: [2, 9, 16].map { SimulatedArm.Contact(day: $0, offer: 1, channel: 0) })
    private let once = SimulatedArm("once", contacts: [SimulatedArm.Contact(day: 5, offer: 0, channel: 0)])
    private let nothing = SimulatedArm("nothing", contacts: [])

    private func persona(_ traits: [TraitValue] = [], dailyRate: Double = 0.1) -> Persona {
        Persona(traits: traits, zone: "Europe/Berlin", dailyRate: dailyRate)
    }

    private func isNear(_ mean: SimulatedMean, _ expected: Double) -> Bool {
        abs(mean.value - expected) <= 5 * (mean.monteCarlo + mean.sampling).squareRoot()
    }

    @Test("One, two and seven shards, merged in any order, have the same totals")
    func shards() throws {
        let schema = try schema(history: true, traits: [.number("spend")])
        let simulation = try Simulation(
            personas: .marginals(
                PersonaSource.Marginals(
                    traits: [.number(.init(mean: 0, deviation: 1, minimum: -3, maximum: 3))],
                    zones: [.init("Europe/Berlin", weight: 2), .init("America/Lima", weight: 1)],
                    dailyRate: .init(mean: 0.05, deviation: 0.02, minimum: 0, maximum: 0.5))),
            arms: [weekly, once, nothing], days: 20, iterations: 10,
            response: fit(schema, [-1, 0.5, 0.8, 0.7, 0.1], precision: 100),
            unsubscribe: fit(schema, [-3, 0, 0.1, 0, -0.2], precision: 100), seed: 42)
        let count = 210
        let alone = simulation.totals(of: 0..<count)
        for shards in [2, 7] {
            let parts = (0..<shards).map {
                simulation.totals(of: count * $0 / shards..<count * ($0 + 1) / shards)
            }
            for order in [parts, parts.reversed()] {
                var merged = order[0]
                for part in order.dropFirst() { merged.merge(part) }
                #expect(merged == alone)
            }
        }
        #expect(alone.personaCount == count && alone.arms[0].effect.squares > 0)
        #expect(alone.arms[0].unsubscribes.squares > 0)
    }

    @Test("Who is never contacted does what they do without a campaign, day by day")
    func nothingAtAll() throws {
        let simulation = try Simulation(
            personas: .actors([persona()]), arms: [nothing, weekly], days: 30, iterations: 20,
            response: fit(schema(), [-1, 0.5]), unsubscribe: nil, seed: 1)
        let totals = simulation.totals(of: 0..<200)
        let idle = totals.arms[0]
        #expect(idle.effect.squares == 0 && idle.contacts.squares == 0 && idle.unsubscribes.squares == 0)
        #expect(isNear(try #require(SimulatedMean(idle.responses, personas: 200)), 3))
        // The difference of the worlds is the effect, persona by persona.
        let treated = totals.arms[1]
        for iteration in 0..<20 {
            #expect(
                treated.responses.iterationSums[iteration]
                    == idle.responses.iterationSums[iteration] + treated.effect.iterationSums[iteration])
        }
    }

    @Test("Effects, contacts and unsubscriptions are those of the closed form, with earlier contacts and without")
    func closedForm() throws {
        for hasHistory in [false, true] {
            let schema = try schema(history: hasHistory)
            let history = hasHistory ? [0.9, 0.2] : []
            let response = try fit(schema, [-1, 0.6] + history)
            let unsubscribe = try fit(schema, [-2, 0.3] + history.map { -$0 })
            let rate = 0.15
            let simulation = try Simulation(
                personas: .actors([persona(dailyRate: rate)]), arms: [weekly], days: 20, iterations: 50,
                response: response, unsubscribe: unsubscribe, seed: 7)
            let arm = simulation.totals(of: 0..<400).arms[0]
            var (staying, effect, contacts) = (1.0, 0.0, 0.0)
            for place in 0..<3 {
                let earlier = (0..<place).map { Double(7 * (place - $0)) }
                func score(_ equation: ResponseEquation) -> Double {
                    let recent = earlier.count { $0 <= 7 }
                    return equation.traitScore([]) + equation.contactScore(offer: 1, channel: 0)
                        + equation.historyScore(
                            stock: FrequencyShape.usual.stock(exposureDays: earlier), recent: recent)
                }
                let probabilities = OutcomeProbabilities(
                    responseScore: score(response.equation), unsubscribeScore: score(unsubscribe.equation))
                contacts += staying
                effect += staying * (1 - rate) * probabilities.response
                staying *= 1 - probabilities.unsubscribe
            }
            #expect(isNear(try #require(SimulatedMean(arm.effect, personas: 400)), effect))
            #expect(isNear(try #require(SimulatedMean(arm.contacts, personas: 400)), contacts))
            #expect(isNear(try #require(SimulatedMean(arm.unsubscribes, personas: 400)), 1 - staying))
        }
    }

    @Test("What personas differ by is the sampling part of the variance, and chance the Monte-Carlo part")
    func sampling() throws {
        let schema = try schema(traits: [.number("spend")])
        let (personas, iterations) = (400, 300)
        let simulation = try Simulation(
            personas: .actors([
                persona([.number(-2)], dailyRate: 0), persona([.number(2)], dailyRate: 0),
            ]), arms: [once], days: 6, iterations: iterations, response: fit(schema, [0, 1, 0]), unsubscribe: nil,
            seed: 3)
        let mean = try #require(
            SimulatedMean(simulation.totals(of: 0..<personas).arms[0].effect, personas: personas))
        let rates = [-2.0, 2].map { OutcomeProbabilities(responseScore: $0).response }
        let between = (rates[1] - rates[0]) * (rates[1] - rates[0]) / 4
        let within = rates[0] * (1 - rates[0])
        #expect(isClose(mean.sampling, between / Double(personas), tolerance: 0.1))
        // What iterations seem to differ by is chance, of either sign; what is negative counts as 0.
        let chance = 5 * (2 / Double(iterations)).squareRoot()
        let cell = within / Double(personas * iterations)
        #expect(mean.monteCarlo >= 0.95 * cell && mean.monteCarlo <= (1.05 + chance) * cell)
        #expect(mean.parameters <= chance * within / Double(personas))
        #expect(isNear(mean, 0.5))
    }

    @Test("What the fit does not know is the parameters' part of the variance")
    func parameters() throws {
        let (personas, iterations) = (300, 400)
        let simulation = try Simulation(
            personas: .actors([persona(dailyRate: 0)]), arms: [once], days: 6, iterations: iterations,
            response: fit(schema(), [-1, 0], precision: 25), unsubscribe: nil, seed: 4)
        let mean = try #require(
            SimulatedMean(simulation.totals(of: 0..<personas).arms[0].effect, personas: personas))
        // The variance of 1 / (1 + e^-x) for x normal about -1 with deviation 1/5, by midpoints.
        var moments = [0.0, 0, 0]
        for step in -4_000..<4_000 {
            let z = (Double(step) + 0.5) / 500
            let weight = exp(-z * z / 2)
            let rate = OutcomeProbabilities(responseScore: -1 + z / 5).response
            for power in 0..<3 { moments[power] += weight * [1, rate, rate * rate][power] }
        }
        let center = moments[1] / moments[0]
        let variance = moments[2] / moments[0] - center * center
        // A mean of 300 people varies by chance half as much as by the coefficients.
        let noise = 1 + center * (1 - center) / Double(personas) / variance
        #expect(isClose(mean.parameters, variance, tolerance: 5 * noise * (2 / Double(iterations)).squareRoot()))
        #expect(mean.sampling <= 0.05 * variance)
    }

    @Test("Personas drawn from marginals have their shares and bounds, those drawn from people are these people")
    func sources() throws {
        let schema = try schema(traits: [.number("spend")])
        func totals(_ source: PersonaSource) throws -> SimulatedMean {
            let simulation = try Simulation(
                personas: source, arms: [once], days: 6, iterations: 2, response: fit(schema, [0, 0, 0]),
                unsubscribe: nil, seed: 11)
            return try #require(SimulatedMean(simulation.totals(of: 0..<4_000).arms[0].responses, personas: 4_000))
        }
        let marginals = PersonaSource.Marginals(
            traits: [.number(.init(mean: 0, deviation: 1, minimum: -1, maximum: 1))],
            zones: [.init("UTC", weight: 1)], dailyRate: .init(mean: 1, deviation: 0, minimum: 0, maximum: 1))
        #expect(try totals(.marginals(marginals)).value == 6)
        let people = [persona([.number(0)], dailyRate: 0), persona([.number(0)], dailyRate: 1)]
        // 6 days, or half a response.
        #expect(isNear(try totals(.actors(people)), 3.25))
    }

    @Test("What cannot be simulated is named")
    func refusals() throws {
        let schema = try schema(traits: [.number("spend")])
        func simulate(
            _ people: [Persona], arms: [SimulatedArm], days: Int = 20, iterations: Int = 2
        ) throws(SimulationFailure) -> Simulation {
            let response = Result { try fit(schema, [0, 0, 0]) }
            guard case .success(let response) = response else { throw .parameter("test") }
            return try Simulation(
                personas: .actors(people), arms: arms, days: days, iterations: iterations, response: response,
                unsubscribe: nil, seed: 1)
        }
        let good = persona([.number(1)])
        _ = try simulate([good], arms: Array(repeating: weekly, count: Simulation.maximumArms))
        _ = try simulate([good], arms: [nothing], days: Simulation.maximumDays)
        #expect(throws: SimulationFailure.parameter("actors")) { try simulate([], arms: [weekly]) }
        #expect(throws: SimulationFailure.parameter("dailyRate")) {
            try simulate([persona([.number(1)], dailyRate: 1.1)], arms: [weekly])
        }
        #expect(throws: SimulationFailure.response(.parameter("traits"))) { try simulate([persona()], arms: [weekly]) }
        #expect(throws: SimulationFailure.parameter("arms")) { try simulate([good], arms: []) }
        #expect(throws: SimulationFailure.parameter("arms")) {
            try simulate([good], arms: Array(repeating: weekly, count: Simulation.maximumArms + 1))
        }
        for days in [0, Simulation.maximumDays + 1] {
            #expect(throws: SimulationFailure.parameter("days")) { try simulate([good], arms: [nothing], days: days) }
        }
        for iterations in [1, Simulation.maximumIterations + 1] {
            #expect(throws: SimulationFailure.parameter("iterations")) {
                try simulate([good], arms: [nothing], iterations: iterations)
            }
        }
        #expect(throws: SimulationFailure.parameter("contacts")) { try simulate([good], arms: [weekly], days: 16) }
        let contacts = [once.contacts[0], once.contacts[0]]
        #expect(throws: SimulationFailure.parameter("contacts")) {
            try simulate([good], arms: [SimulatedArm("twice", contacts: contacts)])
        }
    }
}
