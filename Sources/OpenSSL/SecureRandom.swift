import COpenSSL

/// Random bytes for keys, nonces and secrets, from libcrypto's generator (an AES-256 CTR DRBG seeded by the system).
public enum SecureRandom {
    /// The most bytes that one call gives: 1 MiB.
    public static let maximumByteCount = 1 << 20

    /// - Parameter count: 0 to ``maximumByteCount``.
    /// - Throws: `invalidArgument` outside that range, `library` when the system has no entropy to give.
    public static func bytes(_ count: Int) throws(OpenSSLError) -> [UInt8] {
        guard (0...maximumByteCount).contains(count) else {
            throw .invalidArgument("random bytes", "between 0 and \(maximumByteCount) can be asked for, not \(count)")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try fill(&bytes)
        return bytes
    }

    private static func fill(_ bytes: inout [UInt8]) throws(OpenSSLError) {
        let filled = bytes.withUnsafeMutableBytes { fill($0) }
        if !filled { throw .library("random bytes") }
    }

    /// False when the system has no entropy to give; libcrypto's error queue then says why.
    static func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        ERR_clear_error()
        return buffer.isEmpty || RAND_bytes(buffer.octets, Int32(buffer.count)) == 1
    }
}
