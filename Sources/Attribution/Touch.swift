public import JSON

/// An exposure that may have had a part in an outcome.
public struct Touch: Sendable, Hashable {
    public let exposure: UUIDv7
    /// When the person was reached.
    public let at: Timestamp

    public init(_ exposure: UUIDv7, at: Timestamp) {
        self.exposure = exposure
        self.at = at
    }
}

extension Touch: Comparable {
    /// By time; those of one microsecond by exposure id, so that every list of touches has one order.
    public static func < (left: Touch, right: Touch) -> Bool {
        left.at != right.at ? left.at < right.at : left.exposure < right.exposure
    }
}
