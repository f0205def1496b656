import COpenSSL

/// Time-based one-time passwords (RFC 6238) as authenticator apps make them: HMAC-SHA-1, 6 digits, steps of 30 seconds.
public struct TOTP: Sendable {
    /// Bytes of a new secret: as many as SHA-1 gives (RFC 4226, section 4, R6).
    public static let secretByteCount = 20
    public static let digits = 6
    public static let stepSeconds: Int64 = 30
    /// Steps before and after the present one whose codes are taken, for clocks that differ.
    public static let window: Int64 = 1

    private let secret: SecretBytes

    /// - Parameter secret: 16 bytes or more.
    public init(secret: [UInt8]) throws(OpenSSLError) {
        guard secret.count >= 16 else { throw .invalidArgument("TOTP secret", "must have 16 bytes or more") }
        self.secret = SecretBytes(secret)
    }

    /// The step that a moment lies in.
    public static func step(atSeconds seconds: Int64) -> Int64 { seconds / stepSeconds }

    /// The code of a step.
    public func code(ofStep step: Int64) throws(OpenSSLError) -> String {
        try code(ofStep: step, digits: Self.digits)
    }

    /// The step, within ``window`` of the present one and after `last`, whose code this is; nil for a wrong code.
    ///
    /// Keep the step as the next `last`: each code counts once.
    public func step(of code: String, atSeconds seconds: Int64, after last: Int64?) throws(OpenSSLError) -> Int64? {
        let present = Self.step(atSeconds: seconds)
        var found: Int64?
        for step in (present - Self.window)...(present + Self.window) {
            let isRight = constantTimeEqual(Array(try self.code(ofStep: step).utf8), Array(code.utf8))
            if isRight, step > last ?? .min { found = step }
        }
        return found
    }

    /// RFC 4226, section 5.3: four bytes from where the last four bits say, less the sign, in decimal digits.
    func code(ofStep step: Int64, digits: Int) throws(OpenSSLError) -> String {
        let message = (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(56 - 8 * $0)) }
        let tag = try authenticate(message)
        let offset = Int(tag[tag.count - 1] & 0x0F)
        let number = tag[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(1) { power, _ in power * 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: digits - text.count) + text
    }

    private func authenticate(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        ERR_clear_error()
        var tag = [UInt8](repeating: 0, count: 20)
        var count = 0
        let done = COpenSSL_HMAC_SHA1(secret.pointer, secret.count, message, message.count, &tag, tag.count, &count)
        guard done == 1, count == tag.count else { throw .library("HMAC-SHA-1") }
        return tag
    }
}
