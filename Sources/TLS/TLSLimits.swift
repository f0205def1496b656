public import NIOCore

/// What one connection may hold and how long it may wait.
///
/// TLS itself holds at most one incomplete record of the peer. What the application wrote and the peer does not read
/// waits as plaintext, uncopied, while the channel is not writable: an application that heeds `isWritable` is bounded
/// by the channel's water marks plus ``bytesPerWrite``; for others there is ``unsentBytes``.
public struct TLSLimits: Sendable {
    /// Plaintext bytes in one record (RFC 8446, section 5.1).
    public static let recordBytes = 16 << 10

    /// Plaintext bytes that one message up the pipeline carries; more becomes several messages.
    public var bytesPerRead = 4 * recordBytes
    /// Plaintext bytes that are encrypted into one write to the channel; more becomes several writes, and between two
    /// of them the channel must be writable.
    public var bytesPerWrite = 4 * recordBytes
    /// Plaintext bytes that may be written before the handshake is done; one more ends the connection.
    public var bytesBeforeHandshake = 4 * recordBytes
    /// Encrypted bytes that reading the peer's records made necessary (handshake messages, answers to key updates) and
    /// that the channel has not yet written; while there are more, nothing is read. Without this a peer that asks and
    /// never reads would fill the memory.
    public var replyBytes = 4 * recordBytes
    /// Flushed plaintext bytes that may wait while the channel is not writable; one more ends the connection. Nil: any
    /// number.
    public var unsentBytes: Int?
    /// From the start of the connection to the end of the handshake.
    public var handshakeTimeout = TimeAmount.seconds(10)
    /// For the rest of what was flushed, our close_notify and the peer's, once the connection is being closed.
    public var closeTimeout = TimeAmount.seconds(2)

    public init() {}
}
