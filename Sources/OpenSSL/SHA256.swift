import COpenSSL

/// SHA-256 (FIPS 180-4): in one call with ``hash(_:)-([UInt8])``, or over bytes as they arrive.
///
/// ```swift
/// var hash = SHA256()
/// hash.update(chunk)
/// let digest = hash.finish()
/// ```
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// Starts a hash over bytes that arrive in parts.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, Self.algorithm, nil) == 1 else {
            OpenSSLError.stop("SHA-256 start")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes; how they are cut makes no difference.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty { return }
        if EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) != 1 { OpenSSLError.stop("SHA-256 update") }
    }

    /// Adds bytes; how they are cut makes no difference.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of everything added.
    public consuming func finish() -> Digest {
        Digest { octets in
            if EVP_DigestFinal_ex(context, octets, nil) != 1 { OpenSSLError.stop("SHA-256 end") }
        }
    }

    /// The digest of bytes that are all there.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
        Digest { octets in
            if EVP_Digest(bytes.baseAddress, bytes.count, octets, nil, algorithm, nil) != 1 {
                OpenSSLError.stop("SHA-256")
            }
        }
    }

    /// The digest of bytes that are all there.
    public static func hash(_ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of the UTF-8 bytes of a text.
    public static func hash(_ text: String) -> Digest {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }

    /// `EVP_sha256` names the algorithm without fetching it, should a fetch not have been possible.
    private static var algorithm: OpaquePointer? { Algorithms.sha256 ?? EVP_sha256() }
}

extension SHA256 {
    /// The 32 bytes of a hash. `==` is not constant-time: compare secrets with ``constantTimeEqual(_:_:)``.
    public struct Digest: Hashable, Sendable, CustomStringConvertible {
        public static let byteCount = 32

        // Eight bytes of the digest each, in memory order.
        private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        init(_ write: (UnsafeMutablePointer<UInt8>?) -> Void) {
            withUnsafeMutableBytes(of: &words) { write($0.octets) }
        }

        /// A digest that was kept or sent; nil unless there are exactly 32 bytes.
        public init?(_ bytes: [UInt8]) {
            guard bytes.count == Self.byteCount else { return nil }
            withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        }

        /// A digest written as 64 hexadecimal digits of either case; nil for anything else.
        public init?(hexadecimal text: String) {
            guard let bytes = Hexadecimal.decode(text) else { return nil }
            self.init(bytes)
        }

        public var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

        /// 64 lower-case hexadecimal digits.
        public var description: String { withUnsafeBytes { Hexadecimal.encode($0) } }

        public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
            Swift.withUnsafeBytes(of: words, body)
        }

        public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

        public func hash(into hasher: inout Hasher) {
            withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }
}
