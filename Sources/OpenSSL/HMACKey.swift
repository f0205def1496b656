import Synchronization

/// An HMAC-SHA-256 key that threads and tasks may share.
///
/// One started context behind a lock: a tag of a short message takes well under a microsecond, so waiting for it is
/// cheaper than a context per thread. A thread that computes tags all day keeps an ``HMACSHA256`` of its own.
public final class HMACKey: Sendable {
    /// Bytes of a generated key: as long as the tag, which RFC 2104 advises.
    public static let generatedByteCount = 32

    private let context: Mutex<HMACSHA256>

    /// - Parameter key: 1 byte or more.
    /// - Throws: `invalidArgument` for an empty key, `library` when libcrypto has no HMAC.
    public init(_ key: [UInt8]) throws(OpenSSLError) {
        context = Mutex(try HMACSHA256(key: key))
    }

    /// The tag of the parts as one message, as if they had been joined. See ``HMACSHA256`` about separating them.
    public func authenticate(_ parts: [UInt8]...) -> [UInt8] {
        context.withLock { $0.authenticate(parts) }
    }

    /// The tag of the UTF-8 bytes of a text.
    public func authenticate(_ text: String) -> [UInt8] {
        context.withLock { $0.authenticate(text) }
    }

    /// Whether a tag belongs to a message, compared in constant time.
    public func isValid(tag: [UInt8], for message: [UInt8]) -> Bool {
        constantTimeEqual(authenticate(message), tag)
    }
}
