import JSON
import OpenSSL

/// Eight digits by which a person shows that a request is theirs. Kept as a keyed hash only.
struct VerificationCode: Sendable {
    /// Wrong ones until the request is denied: with 10⁸ codes a guess succeeds once in twenty million requests.
    static let attempts = 5
    /// How long a request waits for its code.
    static let validDays = 14
    private static let count: UInt32 = 100_000_000

    private let key: HMACKey

    /// - Parameter key: 32 bytes from a file of their own.
    init(key: [UInt8]) throws {
        self.key = try HMACKey(key)
    }

    /// A new code.
    func make() throws(OpenSSLError) -> String {
        while true {
            let number = try SecureRandom.bytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            // The last numbers would make some codes likelier than others.
            guard number < UInt32.max / Self.count * Self.count else { continue }
            let digits = String(number % Self.count)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
    }

    func digest(_ code: String, of request: UUIDv7) -> [UInt8] {
        key.authenticate(request.bytes, Array(code.utf8))
    }

    /// Of what was sent with a request, to know it again; longer than any code, so that neither is ever the other.
    func digest(ofContent content: [UInt8]) -> [UInt8] {
        key.authenticate(Array("content of a privacy request\n".utf8), content)
    }
}
