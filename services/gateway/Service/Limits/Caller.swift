import Limits

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

    /// The address as a name for those who count by it; says nothing else.
    var origin: String { "\(address.high)-\(address.low)" }
}

extension BucketName {
    /// A user of this machine.
    static func user(_ id: UInt32) -> BucketName { BucketName(.address, high: 1, low: UInt64(id)) }

    /// A network address as text; 0 for none.
    static func address(_ text: String?) -> BucketName {
        // FNV-1a, 64 bits (Fowler, Noll, Vo): two addresses that share a hash share a limit.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (text ?? "").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return BucketName(.address, high: 2, low: hash)
    }

    /// A second bucket of the same address.
    fileprivate var forOpenCalls: BucketName { BucketName(kind, high: high | 1 << 63, low: low) }
}
