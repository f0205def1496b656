import Randomness
import ResponseModel

/// Where personas come from.
public enum PersonaSource: Sendable {
    /// One of these people, each as likely, drawn again for each persona: traits keep what they have to do with each
    /// other.
    case actors([Persona])
    /// Each trait from its own distribution, whatever the others are.
    case marginals(Marginals)

    /// Distributions of traits, zones and rates.
    public struct Marginals: Sendable, Hashable {
        /// For each trait of the schema.
        public let traits: [Marginal]
        /// IANA names, with their weights.
        public let zones: [Weighted]
        /// Of daily rates; within 0 to 1.
        public let dailyRate: CutNormal

        public init(traits: [Marginal], zones: [Weighted], dailyRate: CutNormal) {
            self.traits = traits
            self.zones = zones
            self.dailyRate = dailyRate
        }
    }

    /// How a trait is distributed.
    public enum Marginal: Sendable, Hashable {
        case number(CutNormal)
        /// The weight of each level.
        case category([Double])
    }

    /// A normal distribution that is cut off: mean and deviation are those before the cut.
    public struct CutNormal: Sendable, Hashable {
        public let mean: Double
        public let deviation: Double
        public let minimum: Double
        public let maximum: Double

        public init(mean: Double, deviation: Double, minimum: Double, maximum: Double) {
            self.mean = mean
            self.deviation = deviation
            self.minimum = minimum
            self.maximum = maximum
        }

        var isValid: Bool {
            mean.isFinite && deviation >= 0 && deviation.isFinite && minimum <= mean && mean <= maximum
        }

        /// With the mean inside, half of the tries or more fall on its side of either bound; after ``tries`` the mean.
        func draw(_ random: inout RandomRow) -> Double {
            for _ in 0..<Self.tries {
                let value = random.normal(mean: mean, standardDeviation: deviation)
                if minimum <= value, value <= maximum { return value }
            }
            return mean
        }

        private static let tries = 100
    }

    public struct Weighted: Sendable, Hashable {
        public let name: String
        public let weight: Double

        public init(_ name: String, weight: Double) {
            self.name = name
            self.weight = weight
        }
    }

    /// The persona of this number, always the same one for a seed.
    func persona(_ number: Int, seed: UInt64) -> Persona {
        var random = RandomRow(seed: seed, stream: Streams.personas, row: UInt64(number))
        switch self {
        case .actors(let actors): return actors[random.index(below: actors.count)]
        case .marginals(let marginals):
            return Persona(
                traits: marginals.traits.map { marginal in
                    switch marginal {
                    case .number(let range): .number(range.draw(&random))
                    case .category(let weights): .level(random.choice(weights: weights))
                    }
                },
                zone: marginals.zones[random.choice(weights: marginals.zones.map(\.weight))].name,
                dailyRate: marginals.dailyRate.draw(&random))
        }
    }

    /// - Throws: ``SimulationFailure`` about what is no source for the schema.
    func check(_ schema: ResponseSchema) throws(SimulationFailure) {
        switch self {
        case .actors(let actors):
            guard !actors.isEmpty else { throw .parameter("actors") }
            for actor in actors {
                guard 0...1 ~= actor.dailyRate else { throw .parameter("dailyRate") }
                do throws(ResponseFailure) {
                    try schema.check(traits: actor.traits)
                } catch { throw .response(error) }
            }
        case .marginals(let marginals):
            guard marginals.traits.count == schema.traits.count else { throw .parameter("traits") }
            for (trait, marginal) in zip(schema.traits, marginals.traits) {
                switch (trait, marginal) {
                case (.number(let name), .number(let range)):
                    guard range.isValid else { throw .parameter(name) }
                case (.category(let name, let levels), .category(let weights)):
                    guard weights.count == levels.count, Self.areWeights(weights) else { throw .parameter(name) }
                case (.number(let name), .category), (.category(let name, _), .number): throw .parameter(name)
                }
            }
            guard Self.areWeights(marginals.zones.map(\.weight)) else { throw .parameter("zones") }
            let rate = marginals.dailyRate
            guard rate.isValid, rate.minimum >= 0, rate.maximum <= 1 else { throw .parameter("dailyRate") }
        }
    }

    private static func areWeights(_ weights: [Double]) -> Bool {
        let sum = weights.reduce(0, +)
        return weights.allSatisfy { $0 >= 0 } && sum > 0 && sum.isFinite
    }
}

/// What random numbers are for, so that one never shifts another.
enum Streams {
    static let personas: UInt32 = 1
    static let responseParameters: UInt32 = 2
    static let unsubscribeParameters: UInt32 = 3
    static let days: UInt32 = 4
}
