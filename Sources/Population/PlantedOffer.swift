/// Something that people may be offered, with an effect on them that is known.
public struct PlantedOffer: Sendable, Equatable {
    /// What is promised.
    public enum Kind: String, Sendable, CaseIterable {
        case none, percentOff, amountOff, freeShipping, gift, loyaltyPoints, trial, content
    }

    /// How people learn of it.
    public enum Channel: String, Sendable, CaseIterable { case mailbox, email, webhook }

    /// Which offer it is. Of offers with one number, people are as lucky with one kind or channel as with another, so
    /// that two worlds differ by nothing but the offer.
    public let number: UInt64
    public let kind: Kind
    public let channel: Channel
    /// What it has beyond others of its kind and channel, in log-odds, -20 to 20.
    public let strength: Double

    public init(number: UInt64, kind: Kind, channel: Channel, strength: Double = 0) {
        precondition(-20...20 ~= strength, "a strength is a number of log-odds")
        self.number = number
        self.kind = kind
        self.channel = channel
        self.strength = strength
    }
}

/// What somebody does when they are offered something; each includes those before it.
public enum PlantedResponse: Int, Sendable, CaseIterable, Comparable {
    case ignored, opened, clicked, ordered

    public static func < (left: PlantedResponse, right: PlantedResponse) -> Bool { left.rawValue < right.rawValue }
}
