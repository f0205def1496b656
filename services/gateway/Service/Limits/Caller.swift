import Limits

/// Whoever is at the other end of a connection, before any key is known.
///
/// Confined to the event loop.
final class Caller {
    /// What calls without a good key are charged to: the user of this machine, or the network address.
    var charges: [BucketTable.Charge]
    /// Is told where the caller stands after each call; nil where replies have no headers.
    let onStanding: ((Standing) -> Void)?
    /// How the access log calls the way in.
    let door: StaticString

    init(
        _ address: BucketName, _ limit: RateLimit, door: StaticString = "socket",
        onStanding: ((Standing) -> Void)? = nil
    ) {
        self.door = door
        charges = [BucketTable.Charge(address, limit)]
        self.onStanding = onStanding
    }
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
}
