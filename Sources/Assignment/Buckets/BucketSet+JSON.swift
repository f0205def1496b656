public import JSON

/// As it is stored: `[[0,500],[5000,5500]]`, ascending, with a gap between each range and the next.
extension BucketSet: JSONReadable, JSONWritable {
    /// - Throws: `JSONError` of the kind `constraint` at a range that is out of order or out of bounds.
    public init(from reader: inout JSONReader) throws(JSONError) {
        var ranges: [BucketRange] = []
        try reader.beginArray()
        while try reader.nextElement() {
            let start = reader.offset
            let bounds = try [Int](from: &reader)
            guard bounds.count == 2, bounds[0] > ranges.last?.upper ?? -1, bounds[0] < bounds[1],
                let range = try? BucketRange(bounds[0], bounds[1])
            else {
                throw reader.fail(
                    .constraint, "must be a range [lower, upper) of buckets 0 to 10000, behind the one before it",
                    at: start)
            }
            ranges.append(range)
        }
        self.init(ranges)
    }

    /// Writes the one form in which a set is read.
    public func write(to writer: inout JSONWriter) {
        ranges.map { [$0.lower, $0.upper] }.write(to: &writer)
    }
}
