import Limits

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whoever is at the other end of a connection, before any key is known.
///
/// Confined to the event loop.
final class Caller {
    /// What one address may spend on methods that need no key, such as signing in: a quarter of what all may together,
    /// so that nobody keeps the others out. A second's worth at once: it never waits for the disk.
    static let openLimit = RateLimit(ratePerSecond: 5, burst: 5)

    /// What calls without a good key are charged to: the user of this machine, or the network address.
    var charges: [BucketTable.Charge]
    /// What calls of methods that need no key are charged to besides.
    lazy var openCharges = [BucketTable.Charge(address.forOpenCalls, Self.openLimit)]
    /// Is told where the caller stands after each call; nil where replies have no headers.
    let onStanding: ((Standing) -> Void)?
    /// How the access log calls the way in.
    let door: StaticString
    private let address: BucketName

    init(
        _ address: BucketName, _ limit: RateLimit, door: StaticString = "socket",
        onStanding: ((Standing) -> Void)? = nil
    ) {
        self.door = door
        charges = [BucketTable.Charge(address, limit)]
        self.address = address
        self.onStanding = onStanding
    }

    /// What requests with a key that everybody may have are counted in.
    var addressForClientKeys: BucketName { address.forClientKeys }

    /// The address as a name for those who count by it; says nothing else.
    var origin: String { "\(address.high)-\(address.low)" }
}

extension BucketName {
    /// A user of this machine.
    static func user(_ id: UInt32) -> BucketName { BucketName(.address, high: 1, low: UInt64(id)) }

    /// A network address as text; 0 for none. Of an IPv6 address the first half counts, which is what a network is
    /// given as a whole (RFC 6177): whoever has one has 2⁶⁴ addresses.
    static func address(_ text: String?) -> BucketName {
        let none = BucketName(.address, high: 2, low: 0)
        guard let text else { return none }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return v4(UInt32(truncatingIfNeeded: number(bytes[0..<4]))) }
        // A scope (fe80::1%eth0) is this machine's name for an interface.
        guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &bytes) == 1 else { return none }
        let (high, low) = (number(bytes[0..<8]), number(bytes[8..<16]))
        // ::ffff:192.0.2.1 is how an IPv4 address reaches a socket for both.
        if high == 0, low >> 32 == 0xffff { return v4(UInt32(truncatingIfNeeded: low)) }
        return BucketName(.address, high: 3, low: high)
    }

    /// A second bucket of the same address.
    fileprivate var forOpenCalls: BucketName { BucketName(kind, high: high | 1 << 63, low: low) }

    /// A third one.
    fileprivate var forClientKeys: BucketName { BucketName(kind, high: high | 1 << 62, low: low) }

    /// Bytes in network order.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    private static func v4(_ address: UInt32) -> BucketName { BucketName(.address, high: 2, low: UInt64(address)) }
}
