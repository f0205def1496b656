public import JSON

/// That an offer reached somebody, and whether they responded: one piece of evidence of how likely they do.
public struct ResponseEvidence: Sendable, Equatable {
    /// Tells pieces of the same moment apart, and gives them an order.
    public let id: UUIDv7
    /// When the offer reached the person.
    public let at: Timestamp
    public let responded: Bool

    public init(id: UUIDv7, at: Timestamp, responded: Bool) {
        self.id = id
        self.at = at
        self.responded = responded
    }
}
