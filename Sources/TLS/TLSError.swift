/// Why a certificate was not loaded, or a connection ended otherwise than in good order.
///
/// The text never holds key material or what a connection carried: it names files, host names of the caller's own and
/// OpenSSL's fixed reasons.
public struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was going on.
    public enum Place: String, Sendable {
        case certificates, context, handshake, reading, writing
    }

    public enum Reason: String, CaseIterable, Sendable {
        /// A certificate or key file cannot be used; the text names it and says what to do.
        case unusableFile
        /// The first bytes are of another protocol, such as plain HTTP.
        case notTLS
        /// The server's certificate is not trusted, not valid now, or for another host.
        case certificateRefused
        /// Both sides named application protocols (ALPN), and none of them is the same.
        case noCommonApplicationProtocol
        /// The peer ended the connection with an alert.
        case refusedByPeer
        /// The peer broke the rules, or offers nothing that is allowed here.
        case protocolViolation
        /// The peer was silent for too long.
        case timedOut
        /// The connection ended without the peer's close_notify: what was read may be incomplete.
        case truncated
        /// Written after this side had closed, or lost because the connection ended.
        case closed
        /// More than ``TLSLimits`` or ``TLSServerContext`` allow.
        case limitExceeded
        /// OpenSSL has no memory, or its configuration leaves something out.
        case library
    }

    public let place: Place
    public let reason: Reason
    /// One sentence for a person.
    public let text: String

    public var description: String { "TLS \(place.rawValue): \(text)" }

    init(_ place: Place, _ reason: Reason, _ text: String) {
        self.place = place
        self.reason = reason
        self.text = text
    }

    static let handshakeTimedOut = TLSError(.handshake, .timedOut, "the peer did not finish the handshake in time")
    static let handshakeTruncated = TLSError(.handshake, .truncated, "the connection ended during the handshake")
    static let truncated = TLSError(.reading, .truncated, "the connection ended without the peer's close_notify")
    static let closed = TLSError(.writing, .closed, "the connection is closed for writing")
}
