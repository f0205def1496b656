import JSONRPC

/// The limits of one connection.
public struct UnixSocketLimits: Sendable {
    /// Bytes in one line, LF not counted.
    public var lineBytes: Int
    /// Requests that may wait for their reply on one connection; then reading stops.
    public var requestsInFlight: Int

    public init(lineBytes: Int, requestsInFlight: Int) {
        self.lineBytes = lineBytes
        self.requestsInFlight = requestsInFlight
    }

    /// Clients of the gateway.
    public static let publicEdge = UnixSocketLimits(lineBytes: Session.maximumLineBytes, requestsInFlight: 256)
    /// Between services: room for the context that the gateway adds to a line, and for many clients over one socket.
    public static let betweenServices = UnixSocketLimits(
        lineBytes: Session.maximumLineBytes + 16 << 10, requestsInFlight: 4_096)
}
