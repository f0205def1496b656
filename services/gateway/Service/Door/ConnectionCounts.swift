import Limits
import NIOCore

/// How many connections there are and how many each address has, and which of them rest: have nothing to answer. Where
/// there is no room for a newcomer, the one that has rested for longest makes it. Confined to the event loop.
///
/// ```
/// open -> (rests <-> works) -> gone         Of a door whose connections never rest, all of them count as work.
/// ```
final class ConnectionCounts {
    /// One open connection; it ends with this object.
    final class Connection {
        private let counts: ConnectionCounts
        private let address: BucketName
        private var isNew = true

        fileprivate init(_ counts: ConnectionCounts, _ address: BucketName) {
            self.counts = counts
            self.address = address
        }

        deinit { counts.closed(ObjectIdentifier(self), of: address) }

        /// It has nothing to answer, and may be closed for others from now on.
        func rests(at now: NIODeadline = .now(), close: @escaping () -> Void) {
            counts.rests(ObjectIdentifier(self), of: address, isNew: isNew, at: now, close)
        }

        func works() {
            isNew = false
            counts.works(ObjectIdentifier(self), of: address)
        }
    }

    private struct Rest {
        let since: NIODeadline
        let close: () -> Void
    }

    private struct Share {
        var count = 0
        var rests: [ObjectIdentifier: Rest] = [:]
    }

    private let maximum: Int
    private let total: Int
    private let spare: Int
    private let grace: TimeAmount
    private let after: (TimeAmount, @escaping (_ now: NIODeadline) -> Void) -> Void
    private var shares: [BucketName: Share] = [:]
    private var count = 0
    /// Whether a door stopped accepting, so that somebody may wait before it.
    private var isAwaited = false

    /// - Parameters:
    ///   - maximum: for one address.
    ///   - total: for all of them.
    ///   - spare: so many more are let in that a door accepted before it was told that there is no room.
    ///   - grace: how long a connection rests at least before others get its place, so that a request that is on its way
    ///     arrives.
    ///   - after: does something later, on the event loop.
    init(
        maximum: Int = .max, total: Int = .max, spare: Int = 0, grace: TimeAmount = .zero,
        after: @escaping (TimeAmount, @escaping (_ now: NIODeadline) -> Void) -> Void = { _, _ in }
    ) {
        self.maximum = maximum
        self.total = total
        self.spare = spare
        self.grace = grace
        self.after = after
    }

    /// Nil for an address that has its share, and for all when all have theirs, unless another makes room.
    func open(_ address: BucketName, at now: NIODeadline = .now()) -> Connection? {
        if shares[address, default: Share()].count >= maximum {
            guard let rest = ripeRest(of: address, at: now) else { return nil }
            rest.close()
        }
        while count >= total, let rest = ripeRest(at: now) { rest.close() }
        guard count < total || count - total < spare else { return nil }
        count += 1
        shares[address, default: Share()].count += 1
        return Connection(self, address)
    }

    /// Whether a door may accept another connection. Once it may not, it may when the next one ends: which the next does
    /// that has answered what it had to.
    func hasRoom(at now: NIODeadline = .now()) -> Bool {
        isAwaited = count >= total && ripeRest(at: now) == nil
        if isAwaited { lookAgain(at: now) }
        return !isAwaited
    }

    private func lookAgain(at now: NIODeadline) {
        guard let rest = longestRest() else { return }
        after(rest.since + grace - now) { [weak self] now in
            guard let self, isAwaited else { return }
            if let rest = ripeRest(at: now) { rest.close() } else { lookAgain(at: now) }
        }
    }

    /// The longest one that is over the time for its request.
    private func ripeRest(of address: BucketName? = nil, at now: NIODeadline) -> Rest? {
        longestRest(of: address).flatMap { now - $0.since >= grace ? $0 : nil }
    }

    /// - Parameter address: whose; nil: anybody's.
    private func longestRest(of address: BucketName? = nil) -> Rest? {
        let shares = address.map { [self.shares[$0, default: Share()]] } ?? Array(self.shares.values)
        return shares.lazy.flatMap(\.rests.values).min { $0.since < $1.since }
    }

    private func rests(
        _ connection: ObjectIdentifier, of address: BucketName, isNew: Bool, at now: NIODeadline,
        _ close: @escaping () -> Void
    ) {
        if isAwaited, !isNew {
            isAwaited = false
            return close()
        }
        shares[address]?.rests[connection] = Rest(since: now, close: close)
        if isAwaited { lookAgain(at: now) }
    }

    private func works(_ connection: ObjectIdentifier, of address: BucketName) {
        shares[address]?.rests[connection] = nil
    }

    private func closed(_ connection: ObjectIdentifier, of address: BucketName) {
        count -= 1
        shares[address]?.rests[connection] = nil
        shares[address]?.count -= 1
        if shares[address]?.count == 0 { shares[address] = nil }
    }
}
