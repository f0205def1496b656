/// Random numbers by their place instead of by their order: the same seed, stream and row give the same number, on any
/// machine, however much else was drawn.
///
/// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), applied to each part of the place in turn. Good
/// enough to make up people for a demonstration; nothing is concluded from it.
struct CounterRandom {
    let seed: UInt64

    func word(_ stream: UInt64, _ row: UInt64) -> UInt64 {
        Self.mix(Self.mix(Self.mix(seed) ^ stream) ^ row)
    }

    /// In [0, 1), in steps of 2⁻⁵³.
    func unit(_ stream: UInt64, _ row: UInt64) -> Double {
        Double(word(stream, row) >> 11) * 0x1p-53
    }

    /// In 0..<bound.
    func index(_ stream: UInt64, _ row: UInt64, below bound: Int) -> Int {
        Int(word(stream, row).multipliedFullWidth(by: UInt64(bound)).high)
    }

    func pick<T>(_ stream: UInt64, _ row: UInt64, from choices: [T]) -> T {
        choices[index(stream, row, below: choices.count)]
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
