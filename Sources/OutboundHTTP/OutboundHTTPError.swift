/// Why a message was not sent, or brought no answer.
///
/// The text never holds the path or the query of a URL, which may be secret, nor what was sent.
public struct OutboundHTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        /// The URL is none that is sent to.
        case invalidURL
        /// The host has only addresses that are not sent to, or would be reached without TLS.
        case notAllowed
        /// The host's name has no address.
        case unresolved
        /// Nobody takes the connection.
        case unreachable
        /// TLS came to nothing: a certificate that is not trusted or for another host, no common version.
        case tls
        /// No answer came in time.
        case timedOut
        /// The connection ended before the answer, or the answer is not HTTP/1.1.
        case noAnswer
    }

    public let reason: Reason
    /// Half a sentence for a person, such as "has a fragment, which no server would see".
    public let text: String

    public var description: String { text }

    static func invalidURL(_ text: String) -> OutboundHTTPError { .init(reason: .invalidURL, text: text) }
}
