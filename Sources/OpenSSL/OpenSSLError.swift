import COpenSSL

/// Why a cryptographic operation was refused.
///
/// The text never holds key material, plaintext or a tag: it names the operation and quotes libcrypto's own reasons.
public struct OpenSSLError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The caller gave a key, nonce or text of a length that the operation does not take.
        case invalidArgument
        /// The sealed bytes, their associated data or the key are not the ones that were sealed.
        case authenticationFailed
        /// libcrypto refused: no memory, no entropy, or an algorithm that its configuration leaves out.
        case library
    }

    public let kind: Kind
    /// What was attempted, such as "HMAC-SHA-256 key".
    public let operation: String
    /// The reasons in libcrypto's error queue, oldest first; or one plain sentence for `.invalidArgument`.
    public let reasons: [String]

    public var description: String {
        reasons.isEmpty ? "\(operation) failed" : "\(operation): \(reasons.joined(separator: "; "))"
    }

    static func invalidArgument(_ operation: String, _ reason: String) -> OpenSSLError {
        OpenSSLError(kind: .invalidArgument, operation: operation, reasons: [reason])
    }

    /// Drains this thread's error queue into an error.
    static func library(_ operation: String) -> OpenSSLError {
        OpenSSLError(kind: .library, operation: operation, reasons: drainedReasons())
    }

    /// Ends the program: for operations that cannot fail once their context exists, except for want of memory, where
    /// Swift itself would end it.
    static func stop(_ operation: String) -> Never {
        fatalError(OpenSSLError.library(operation).description)
    }

    private static func drainedReasons() -> [String] {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            if code == 0 { return reasons }
            // ERR_error_string_n asks for at least 256 bytes and always ends them with a zero.
            let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                ERR_error_string_n(code, buffer.baseAddress, buffer.count)
                return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
            reasons.append(text)
        }
    }
}
