import JSON
import Population

extension Timestamp {
    static func of(_ text: String) -> Timestamp { Timestamp(text) ?? .first }
}

extension PopulationParameters {
    /// A year of people, from a Saturday on.
    static func year(people: Int, seed: UInt64 = 7) -> PopulationParameters {
        var parameters = PopulationParameters(
            seed: seed, from: .of("2025-11-01T00:00:00Z"), until: .of("2026-11-01T00:00:00Z"))
        parameters.people = people
        return parameters
    }
}
