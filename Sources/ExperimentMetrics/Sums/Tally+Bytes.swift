internal import Statistics

extension Tally {
    /// What is stored: the same bytes of the same tally. One with sums of whole numbers takes a few bytes for each.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.write(count)
        for sum in sums { writer.write(sum) }
        return writer.bytes
    }

    /// From what ``bytes`` were.
    ///
    /// - Parameter sumCount: ``MetricDefinition/sumCount``, of a bin ``MetricDefinition/binSumCount``.
    /// - Throws: ``DamagedBytes`` for anything else, also for another number of sums.
    public init(bytes: [UInt8], sumCount: Int) throws(DamagedBytes) {
        var reader = ByteReader(bytes)
        let count = try reader.number()
        var sums: [CompensatedSum] = []
        sums.reserveCapacity(sumCount)
        for _ in 0..<sumCount { sums.append(try reader.sum()) }
        try reader.end()
        self.init(count: count, sums: sums)
    }
}
