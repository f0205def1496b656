import JSONRPC
public import NIOCore

/// The limits of one connection.
public struct UnixSocketLimits: Sendable {
    /// Bytes in one line, LF not counted.
    public var lineBytes: Int
    /// Requests that may wait for their reply on one connection; then reading stops.
    public var requestsInFlight: Int
    /// How long a line may take from its first byte to its LF; then the connection is closed. Nil: as long as it likes.
    public var lineTime: TimeAmount?
    /// How long replies may lie unread; then the connection is closed. Nil: as long as they like.
    public var unreadTime: TimeAmount?
    /// Bytes of replies that may lie unread; then the connection is closed. Nil: any number.
    public var unsentBytes: Int?

    public init(
        lineBytes: Int, requestsInFlight: Int, lineTime: TimeAmount? = nil, unreadTime: TimeAmount? = nil,
        unsentBytes: Int? = nil
    ) {
        self.lineBytes = lineBytes
        self.requestsInFlight = requestsInFlight
        self.lineTime = lineTime
        self.unreadTime = unreadTime
        self.unsentBytes = unsentBytes
    }

    /// Whether a peer's patience has to be watched.
    var areTimed: Bool { lineTime != nil || unreadTime != nil || unsentBytes != nil }

    /// Clients of the gateway.
    public static let publicEdge = UnixSocketLimits(
        lineBytes: Session.maximumLineBytes, requestsInFlight: 256, lineTime: .seconds(30), unreadTime: .seconds(30),
        unsentBytes: 8 << 20)
    /// Between services: room for the context that the gateway adds to a line, and for many clients over one socket.
    public static let betweenServices = UnixSocketLimits(
        lineBytes: Session.maximumLineBytes + 16 << 10, requestsInFlight: 4_096)
}
