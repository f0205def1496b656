/// The random numbers of one row: the same for the same seed, stream and row, wherever and in whatever order they are
/// drawn.
///
/// - **seed**: one run of a simulation, one replay, one job.
/// - **stream**: one purpose within it, so that what is drawn for one thing never shifts what is drawn for another.
/// - **row**: one item, by its place in the data, never by the thread or shard that happens to hold it.
///
/// ```swift
/// var random = RandomRow(seed: run.seed, stream: Streams.arrivals, row: UInt64(index))
/// let wait = random.exponential(rate: 3)
/// ```
///
/// The numbers are for simulation, sampling and exploration; they are not secret (for secrets there is `OpenSSL`).
///
/// Limit: 2³³ numbers of 64 bits a row; one more traps.
public struct RandomRow: RandomNumberGenerator, Sendable {
    private let key: Philox.Key
    private let stream: UInt32
    private let row: UInt64
    /// The next block; nil after the last.
    private var index: UInt32? = 0
    /// The half of the last block that was not given out yet.
    private var spare: UInt64?

    public init(seed: UInt64, stream: UInt32, row: UInt64) {
        self.key = Philox.Key(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.stream = stream
        self.row = row
    }

    /// Sixty-four random bits.
    public mutating func next() -> UInt64 {
        if let spare {
            self.spare = nil
            return spare
        }
        guard let index else { preconditionFailure("a row has 2^33 random numbers; take another row or stream") }
        self.index = index == .max ? nil : index + 1
        let counter = Philox.Block(
            index, stream, UInt32(truncatingIfNeeded: row), UInt32(truncatingIfNeeded: row >> 32))
        let block = Philox.block(at: counter, key: key)
        spare = UInt64(block[3]) << 32 | UInt64(block[2])
        return UInt64(block[1]) << 32 | UInt64(block[0])
    }
}
