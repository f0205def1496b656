import COpenSSL

/// The password-based key derivation function scrypt (RFC 7914): slow, and hungry for memory, so that a stolen digest
/// is expensive to guess at.
public struct Scrypt: Sendable, Equatable {
    /// Tens of milliseconds and 32 MiB: the least that OWASP's password storage guide asks for with blocks of 8.
    public static let interactive = Scrypt(cost: 1 << 15, blockSize: 8, parallelization: 1)
    /// The most memory that one derivation may take: 256 MiB.
    public static let maximumMemoryBytes = 256 << 20
    /// The longest password, in bytes.
    public static let maximumPasswordBytes = 1_024

    /// N: a power of two, 2 or more.
    public let cost: Int
    /// r: 1 or more.
    public let blockSize: Int
    /// p: 1 or more.
    public let parallelization: Int

    public init(cost: Int, blockSize: Int, parallelization: Int) {
        self.cost = cost
        self.blockSize = blockSize
        self.parallelization = parallelization
    }

    /// Derives `count` bytes. Takes long: never call it on a thread that others wait for.
    ///
    /// - Parameters:
    ///   - password: at most ``maximumPasswordBytes`` bytes.
    ///   - salt: random, 16 bytes or more, another one for each password.
    ///   - count: 1 to 1,024.
    /// - Throws: `invalidArgument` for what is outside these limits, `library` for costs that libcrypto refuses.
    public func derive(_ password: [UInt8], salt: [UInt8], count: Int = 32) throws(OpenSSLError) -> [UInt8] {
        guard password.count <= Self.maximumPasswordBytes else {
            throw .invalidArgument("scrypt", "the password must have at most \(Self.maximumPasswordBytes) bytes")
        }
        guard (1...1_024).contains(count) else {
            throw .invalidArgument("scrypt", "between 1 and 1024 bytes can be derived, not \(count)")
        }
        guard cost >= 2, blockSize >= 1, parallelization >= 1 else {
            throw .invalidArgument("scrypt", "N must be 2 or more, r and p 1 or more")
        }
        ERR_clear_error()
        var key = [UInt8](repeating: 0, count: count)
        let derived = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
                UInt64(cost), UInt64(blockSize), UInt64(parallelization), UInt64(Self.maximumMemoryBytes), &key, count)
        }
        guard derived == 1 else { throw .library("scrypt") }
        return key
    }
}
