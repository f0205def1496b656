/// Philox4x32-10: a bijection of 128 bits under a key of 64, whose images of 0, 1, 2 … pass for random numbers.
///
/// There is no state to carry along: the block at any counter is reached at once, so rows may be drawn in any order, on
/// any number of threads, shards or machines, and come out the same bit for bit.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3 and
/// table 2; checked with the known answers published with it (Random123).
public enum Philox {
    /// The 128 bits of a counter, or of what it becomes; the first word is the least significant.
    public typealias Block = SIMD4<UInt32>
    /// The 64 bits of a key.
    public typealias Key = SIMD2<UInt32>

    private static let rounds = 10
    private static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
    /// Added to the key after each round: the golden ratio, and the square root of 3 less 1, in 32 bits.
    private static let weyl = Key(0x9E37_79B9, 0xBB67_AE85)

    /// What the counter becomes after ten rounds.
    public static func block(at counter: Block, key: Key) -> Block {
        var block = counter
        var key = key
        for _ in 0..<rounds {
            let first = multipliers.0.multipliedFullWidth(by: block[0])
            let second = multipliers.1.multipliedFullWidth(by: block[2])
            block = Block(
                second.high ^ block[1] ^ key[0], second.low, first.high ^ block[3] ^ key[1], first.low)
            key &+= weyl
        }
        return block
    }
}
