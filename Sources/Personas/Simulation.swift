import Randomness
public import ResponseModel

/// N personas in M iterations of H days, each under every arm and under none.
///
/// An iteration has coefficients of its own, drawn from what the fits leave uncertain. A persona's day has the same
/// uniform numbers under every arm and under none (common random numbers), so arms differ by what they do and not by
/// luck: a day brings an organic response if one number is below the persona's rate, and a contact brings a response, an
/// unsubscription or nothing by the other. A day has one response at most. Who unsubscribed is not contacted again.
///
/// Every number depends on the seed, the persona's number, the iteration and the day alone, and totals are whole numbers:
/// any split into shards gives the same totals.
public struct Simulation: Sendable {
    public static let maximumPersonas = 1_000_000
    public static let maximumIterations = 1_000
    public static let maximumDays = 366
    public static let maximumArms = 16

    public let arms: [SimulatedArm]
    public let days: Int
    public let iterations: Int
    private let seed: UInt64
    private let source: PersonaSource
    private let response: [ResponseEquation]
    private let unsubscribe: [ResponseEquation]
    /// What arm, iteration and contact add to a persona's score.
    private let responseScores: [[[Double]]]
    private let unsubscribeScores: [[[Double]]]

    /// - Parameters:
    ///   - arms: from 1 to ``maximumArms``; the world without any contact is always there beside them.
    ///   - days: from 1 to ``maximumDays``.
    ///   - iterations: from 2 to ``maximumIterations``.
    ///   - unsubscribe: nil if nobody can.
    /// - Throws: ``SimulationFailure``.
    public init(
        personas source: PersonaSource, arms: [SimulatedArm], days: Int, iterations: Int, response: ResponseFit,
        unsubscribe: ResponseFit?, seed: UInt64
    ) throws(SimulationFailure) {
        let schema = response.equation.schema
        guard 1...Self.maximumArms ~= arms.count else { throw .parameter("arms") }
        guard 1...Self.maximumDays ~= days else { throw .parameter("days") }
        guard 2...Self.maximumIterations ~= iterations else { throw .parameter("iterations") }
        if let unsubscribe {
            guard unsubscribe.equation.schema.traits == schema.traits,
                unsubscribe.equation.schema.offers == schema.offers,
                unsubscribe.equation.schema.channels == schema.channels
            else { throw .parameter("unsubscribe") }
        }
        try source.check(schema)
        for contacts in arms.map(\.contacts) {
            guard contacts.allSatisfy({ 0..<days ~= $0.day }),
                zip(contacts, contacts.dropFirst()).allSatisfy({ $0.day < $1.day }),
                contacts.allSatisfy({ schema.offers.indices ~= $0.offer && schema.channels.indices ~= $0.channel })
            else { throw .parameter("contacts") }
        }
        func drawn(_ fit: ResponseFit, _ stream: UInt32) -> [ResponseEquation] {
            (0..<iterations).map { iteration in
                var random = RandomRow(seed: seed, stream: stream, row: UInt64(iteration))
                return fit.draw(&random)
            }
        }
        let responses = drawn(response, Streams.responseParameters)
        let unsubscribes = unsubscribe.map { drawn($0, Streams.unsubscribeParameters) } ?? []
        self.arms = arms
        self.days = days
        self.iterations = iterations
        self.seed = seed
        self.source = source
        self.response = responses
        self.unsubscribe = unsubscribes
        responseScores = arms.map { arm in responses.map { Self.scores(of: arm.contacts, $0) } }
        unsubscribeScores = arms.map { arm in unsubscribes.map { Self.scores(of: arm.contacts, $0) } }
    }

    /// What each contact adds to a score, with those before it.
    private static func scores(of contacts: [SimulatedArm.Contact], _ equation: ResponseEquation) -> [Double] {
        contacts.indices.map { place in
            let contact = contacts[place]
            let earlier = contacts[..<place].map { Double(contact.day - $0.day) }
            return equation.contactScore(offer: contact.offer, channel: contact.channel)
                + equation.historyScore(
                    stock: equation.shape?.stock(exposureDays: earlier) ?? 0,
                    recent: earlier.count { $0 <= FrequencyShape.fatigueDays })
        }
    }

    /// What becomes of these personas.
    ///
    /// - Parameters:
    ///   - personas: their numbers, within 0 to ``maximumPersonas``; shards take different ones.
    public func totals(of personas: Range<Int>) -> SimulationTotals {
        precondition(
            personas.lowerBound >= 0 && personas.upperBound <= Self.maximumPersonas, "personas are numbered from 0")
        var totals = SimulationTotals(arms: arms.count, iterations: iterations)
        var uniforms = [Double](repeating: 0, count: 2 * days)
        for number in personas {
            let persona = source.persona(number, seed: seed)
            var sums = [Tally](repeating: Tally(), count: arms.count)
            for iteration in 0..<iterations {
                let row = UInt64(number) << 32 | UInt64(iteration)
                var random = RandomRow(seed: seed, stream: Streams.days, row: row)
                for place in uniforms.indices { uniforms[place] = random.uniform() }
                var organic = 0
                for day in 0..<days where uniforms[2 * day] < persona.dailyRate { organic += 1 }
                let scores = (
                    response[iteration].traitScore(persona.traits),
                    unsubscribe.isEmpty ? -.infinity : unsubscribe[iteration].traitScore(persona.traits)
                )
                for arm in arms.indices {
                    let tally = tally(arm, iteration, scores, persona.dailyRate, uniforms, organic)
                    totals.arms[arm].add(tally, iteration: iteration)
                    sums[arm].add(tally)
                }
            }
            for arm in arms.indices { totals.arms[arm].add(persona: sums[arm]) }
            totals.addPersona()
        }
        return totals
    }

    /// What one persona does under an arm in one iteration.
    private func tally(
        _ arm: Int, _ iteration: Int, _ scores: (response: Double, unsubscribe: Double), _ dailyRate: Double,
        _ uniforms: [Double], _ organic: Int
    ) -> Tally {
        var tally = Tally()
        for (place, contact) in arms[arm].contacts.enumerated() {
            let probabilities = OutcomeProbabilities(
                responseScore: scores.response + responseScores[arm][iteration][place],
                unsubscribeScore: unsubscribe.isEmpty
                    ? -.infinity : scores.unsubscribe + unsubscribeScores[arm][iteration][place])
            tally.contacts += 1
            let uniform = uniforms[2 * contact.day + 1]
            if uniform < probabilities.response {
                if uniforms[2 * contact.day] >= dailyRate { tally.effect += 1 }
            } else if uniform < probabilities.response + probabilities.unsubscribe {
                tally.unsubscribes = 1
                break
            }
        }
        tally.responses = organic + tally.effect
        return tally
    }
}

/// The counts of one persona.
struct Tally {
    var responses = 0
    var effect = 0
    var unsubscribes = 0
    var contacts = 0

    mutating func add(_ other: Self) {
        responses += other.responses
        effect += other.effect
        unsubscribes += other.unsubscribes
        contacts += other.contacts
    }
}

extension SimulationTotals.Arm {
    mutating func add(_ tally: Tally, iteration: Int) {
        responses.add(tally.responses, iteration: iteration)
        effect.add(tally.effect, iteration: iteration)
        unsubscribes.add(tally.unsubscribes, iteration: iteration)
        contacts.add(tally.contacts, iteration: iteration)
    }

    mutating func add(persona sums: Tally) {
        responses.add(persona: sums.responses)
        effect.add(persona: sums.effect)
        unsubscribes.add(persona: sums.unsubscribes)
        contacts.add(persona: sums.contacts)
    }
}
