import Limits

/// How many connections each address has. Confined to the event loop.
final class ConnectionCounts {
    /// One open connection; it ends with this object.
    final class Connection {
        private let counts: ConnectionCounts
        private let address: BucketName

        fileprivate init(_ counts: ConnectionCounts, _ address: BucketName) {
            self.counts = counts
            self.address = address
        }

        deinit { counts.closed(address) }
    }

    private let maximum: Int
    private var counts: [BucketName: Int] = [:]

    /// - Parameter maximum: for one address.
    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Nil for an address that has its share.
    func open(_ address: BucketName) -> Connection? {
        guard counts[address, default: 0] < maximum else { return nil }
        counts[address, default: 0] += 1
        return Connection(self, address)
    }

    private func closed(_ address: BucketName) {
        let count = counts[address, default: 0] - 1
        counts[address] = count > 0 ? count : nil
    }
}
