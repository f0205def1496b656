public import ResponseModel

/// A simulated person.
public struct Persona: Sendable, Hashable {
    /// A value for each trait of the schema.
    public let traits: [TraitValue]
    /// The IANA name of the time zone the person lives by.
    public let zone: String
    /// How likely the person responds on a day without being reached, from 0 to 1.
    public let dailyRate: Double

    public init(traits: [TraitValue], zone: String, dailyRate: Double) {
        self.traits = traits
        self.zone = zone
        self.dailyRate = dailyRate
    }
}
