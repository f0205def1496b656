/// What a bucket or a quota counts: something of a kind, by its 16 bytes.
public struct BucketName: Hashable, Sendable {
    public enum Kind: UInt8, Sendable, CaseIterable {
        case key, brand, methodClass, process, address
        /// Of nothing.
        case forgotten
    }

    public let kind: Kind
    public let high: UInt64
    public let low: UInt64

    public init(_ kind: Kind, high: UInt64 = 0, low: UInt64 = 0) {
        self.kind = kind
        self.high = high
        self.low = low
    }
}
