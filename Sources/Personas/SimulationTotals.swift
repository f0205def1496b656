/// What became of a number of personas: whole numbers, which are merged in any order without a trace of it.
public struct SimulationTotals: Sendable, Hashable {
    /// A count that each persona has in each iteration, summed up.
    public struct Count: Sendable, Hashable {
        /// Over personas, of each iteration.
        public private(set) var iterationSums: [Int]
        /// Σ over personas and iterations of the count's square.
        public private(set) var squares: Int
        /// Σ over personas of the square of their sum over iterations.
        public private(set) var personaSquares: Int

        init(iterations: Int) {
            iterationSums = Array(repeating: 0, count: iterations)
            squares = 0
            personaSquares = 0
        }

        /// From what the members were.
        public init(iterationSums: [Int], squares: Int, personaSquares: Int) {
            self.iterationSums = iterationSums
            self.squares = squares
            self.personaSquares = personaSquares
        }

        mutating func add(_ value: Int, iteration: Int) {
            iterationSums[iteration] += value
            squares += value * value
        }

        mutating func add(persona sum: Int) { personaSquares += sum * sum }

        mutating func merge(_ other: Self) {
            for iteration in iterationSums.indices { iterationSums[iteration] += other.iterationSums[iteration] }
            squares += other.squares
            personaSquares += other.personaSquares
        }
    }

    /// What is counted of an arm.
    public struct Arm: Sendable, Hashable {
        /// Days with a response, organic or not.
        public internal(set) var responses: Count
        /// Responses less those of the same persona on the same days without any contact.
        public internal(set) var effect: Count
        public internal(set) var unsubscribes: Count
        /// Contacts made.
        public internal(set) var contacts: Count

        init(iterations: Int) {
            let none = Count(iterations: iterations)
            (responses, effect, unsubscribes, contacts) = (none, none, none, none)
        }

        public init(responses: Count, effect: Count, unsubscribes: Count, contacts: Count) {
            self.responses = responses
            self.effect = effect
            self.unsubscribes = unsubscribes
            self.contacts = contacts
        }

        mutating func merge(_ other: Self) {
            responses.merge(other.responses)
            effect.merge(other.effect)
            unsubscribes.merge(other.unsubscribes)
            contacts.merge(other.contacts)
        }
    }

    public private(set) var personaCount: Int
    /// In the order of the simulation's arms.
    public internal(set) var arms: [Arm]

    init(arms: Int, iterations: Int) {
        personaCount = 0
        self.arms = Array(repeating: Arm(iterations: iterations), count: arms)
    }

    /// From what the members were.
    public init(personaCount: Int, arms: [Arm]) {
        self.personaCount = personaCount
        self.arms = arms
    }

    mutating func addPersona() { personaCount += 1 }

    /// Adds what became of other personas in the same simulation.
    public mutating func merge(_ other: Self) {
        personaCount += other.personaCount
        for arm in arms.indices { arms[arm].merge(other.arms[arm]) }
    }
}
