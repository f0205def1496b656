import Randomness

/// A stretch of households in which sizes and shares are exact: the stated sizes in a random order, and of its people a
/// random choice, of exactly the stated share, for whatever some people have and others have not.
struct HouseholdBlock {
    /// Where a person of the block lives.
    struct Place {
        /// Counted from 1 over all blocks.
        let household: Int
        /// 0 for whom the household is named after.
        let position: Int
        let size: Int
    }

    let places: [Place]
    let hasEmail: [Bool]
    let hasPhone: [Bool]
    let consents: [Bool]

    /// People in a block: the same in each.
    static func people(_ parameters: PopulationParameters) -> Int {
        parameters.householdSizes.enumerated().reduce(0) { $0 + ($1.offset + 1) * $1.element }
    }

    init(_ index: Int, of parameters: PopulationParameters) {
        let sizes = parameters.householdSizes.enumerated().flatMap {
            Array(repeating: $0.offset + 1, count: $0.element)
        }
        var random = RandomRow(seed: parameters.seed, stream: Streams.households, row: UInt64(index))
        var places: [Place] = []
        for (household, chosen) in random.permutation(sizes.count).enumerated() {
            for position in 0..<sizes[chosen] {
                places.append(
                    Place(
                        household: index * sizes.count + household + 1, position: position, size: sizes[chosen]))
            }
        }
        self.places = places
        func choice(_ stream: UInt32, _ share: Double) -> [Bool] {
            let chosen = Int((share * Double(places.count)).rounded())
            var random = RandomRow(seed: parameters.seed, stream: stream, row: UInt64(index))
            return random.permutation(places.count).map { $0 < chosen }
        }
        hasEmail = choice(Streams.emails, parameters.emailShare)
        hasPhone = choice(Streams.phones, parameters.phoneShare)
        consents = choice(Streams.consents, parameters.consentShare)
    }
}
