/// The buckets of the generic cell rate algorithm (GCRA; ITU-T I.371, annex A, virtual scheduling): who has spent how
/// much, in integer nanoseconds.
///
/// Each bucket is one number, its **arrival**: the moment from which it is full again. Spending moves it into the
/// future, by ``RateLimit/nanosecondsPerUnit`` for each unit, and never further than a whole burst. So in every window
/// of T seconds a bucket gives at most `burst + rate × T` units. A bucket whose arrival has passed is full and can be
/// forgotten without loss.
///
/// **Restarts.** What is spent must not come back because a process died, and must not wait for a disk either. So each
/// bucket has a **reservation**, an arrival that is on disk, and may be spent up to ``block`` beyond it, or beyond now
/// where that is later. After a crash every bucket counts as spent that far: by at most one block too much. A bucket
/// that holds no more than a block never needs the disk.
///
/// A struct without I/O. Its caller writes what ``takeReservations()`` returns and reports it with ``reserved(_:)``.
/// Times are nanoseconds of one clock that never goes back.
public struct BucketTable: Sendable {
    /// What may be spent beyond what is on disk, as the time in which it comes back, in nanoseconds: the units of one
    /// second, which take up to 1 % longer because of ``RateLimit/nanosecondsPerUnit``'s rounding.
    public static let block: Int64 = 1_010_000_000
    /// Buckets kept; when there are more, those that are full are forgotten.
    public static let maximumBuckets = 100_000
    /// How long a table without a full bucket is left alone, in nanoseconds.
    static let sweepInterval: Int64 = 100_000_000

    /// One bucket of a check.
    public struct Charge: Sendable {
        public let name: BucketName
        public let limit: RateLimit
        fileprivate var slot = Int.max

        public init(_ name: BucketName, _ limit: RateLimit) {
            self.name = name
            self.limit = limit
        }
    }

    public enum Decision: Equatable, Sendable {
        /// All buckets were charged. In every other case none was.
        case admitted
        /// The same request would be admitted after so many nanoseconds.
        ///
        /// - charge: which of the charges it was; of several, the one that takes longest.
        case refused(charge: Int, retryAfterNanoseconds: Int64)
        /// The request costs more than the bucket can ever hold.
        case tooCostly(charge: Int)
        /// It would go beyond what is on disk by more than a block: ask again when ``takeReservations()`` are.
        case unreserved
        /// There are ``maximumBuckets`` and none is full.
        case tableFull
    }

    /// An arrival that is to be on disk, or is.
    public struct Reservation: Equatable, Sendable {
        public let name: BucketName
        public let arrival: Int64

        public init(name: BucketName, arrival: Int64) {
            self.name = name
            self.arrival = arrival
        }
    }

    private struct Bucket {
        var name: BucketName
        var arrival: Int64
        /// What is on disk; in the past for most.
        var reserved: Int64
        /// What shall be on disk; `reserved` when nothing is to be written.
        var wanted: Int64
    }

    private let maximum: Int
    /// What an unknown bucket counts as spent to.
    private let floor: Int64
    private var buckets: [Bucket] = []
    private var slots: [BucketName: Int] = [:]
    private var free: [Int] = []
    private var wanting: [Int] = []
    private var sweptAt = Int64.min

    /// - Parameters:
    ///   - floor: unknown buckets count as spent to this moment: after a crash, a block from now.
    ///   - buckets: what was on disk.
    public init(floor: Int64 = .min, restoring buckets: [Reservation] = [], maximumBuckets: Int = Self.maximumBuckets) {
        maximum = maximumBuckets
        self.floor = floor
        for bucket in buckets {
            let slot = self.buckets.count
            self.buckets.append(
                Bucket(
                    name: bucket.name, arrival: max(bucket.arrival, floor), reserved: bucket.arrival,
                    wanted: bucket.arrival))
            slots[bucket.name] = slot
        }
    }

    public var count: Int { slots.count }

    // MARK: Spending

    /// Spends `cost` units of every bucket, or nothing of any.
    ///
    /// - Parameters:
    ///   - cost: at least 1.
    ///   - charges: remember where their buckets are; use the same array again.
    public mutating func spend(_ cost: Int64, of charges: inout [Charge], at now: Int64) -> Decision {
        guard findSlots(of: &charges, at: now) else { return .tableFull }
        var refused = -1
        var longest: Int64 = 0
        var isReserved = true
        var wantsReservations = false
        for index in charges.indices {
            let limit = charges[index].limit
            guard cost <= limit.burst else { return .tooCostly(charge: index) }
            let slot = charges[index].slot
            // Remembered even if the call is refused: a bucket that was further ahead begins to fill now.
            let present = Self.arrival(buckets[slot].arrival, limit, at: now)
            buckets[slot].arrival = present
            let arrival = present + cost * limit.nanosecondsPerUnit
            let excess = arrival - now - limit.tolerance
            if excess > longest {
                refused = index
                longest = excess
            }
            guard arrival > now + Self.block / 2, limit.tolerance > Self.block else { continue }
            // Early enough that a bucket which is spent steadily never waits.
            let reserved = max(buckets[slot].reserved, now)
            if arrival > reserved + Self.block / 2 { wantsReservations = true }
            if arrival > reserved + Self.block { isReserved = false }
        }
        if refused >= 0 { return .refused(charge: refused, retryAfterNanoseconds: longest) }
        if wantsReservations { want(cost, charges, at: now) }
        if isReserved {
            for index in charges.indices {
                buckets[charges[index].slot].arrival += cost * charges[index].limit.nanosecondsPerUnit
            }
        }
        return isReserved ? .admitted : .unreserved
    }

    /// What is left in a bucket, in units, and when it is full again, in nanoseconds from now.
    public func standing(of charge: Charge, at now: Int64) -> (units: Int64, fullAfterNanoseconds: Int64) {
        let isKnown = charge.slot < buckets.count && buckets[charge.slot].name == charge.name
        let held = isKnown ? buckets[charge.slot].arrival : arrival(of: charge.name)
        let arrival = Self.arrival(held, charge.limit, at: now)
        return ((now + charge.limit.tolerance - arrival) / charge.limit.nanosecondsPerUnit, arrival - now)
    }

    /// From when a bucket is spent: never from the past, and never from further ahead than an empty one. The latter
    /// happens when a limit was lowered, or after a crash.
    private static func arrival(_ arrival: Int64, _ limit: RateLimit, at now: Int64) -> Int64 {
        min(max(arrival, now), now + limit.tolerance)
    }

    private mutating func findSlots(of charges: inout [Charge], at now: Int64) -> Bool {
        let before = sweptAt
        for index in charges.indices {
            guard findSlot(of: &charges[index], at: now) else { return false }
        }
        // What was found first may have been swept out to make room for what came after; a second sweep is not due.
        return sweptAt == before || charges.indices.allSatisfy { findSlot(of: &charges[$0], at: now) }
    }

    private mutating func findSlot(of charge: inout Charge, at now: Int64) -> Bool {
        if charge.slot < buckets.count && buckets[charge.slot].name == charge.name { return true }
        if let slot = slots[charge.name] {
            charge.slot = slot
            return true
        }
        if slots.count >= maximum { sweep(at: now) }
        guard slots.count < maximum else { return false }
        let bucket = Bucket(name: charge.name, arrival: floor, reserved: .min, wanted: .min)
        let slot: Int
        if let reused = free.popLast() {
            slot = reused
            buckets[slot] = bucket
        } else {
            slot = buckets.count
            buckets.append(bucket)
        }
        slots[charge.name] = slot
        charge.slot = slot
        return true
    }

    /// Forgets the buckets that are full.
    private mutating func sweep(at now: Int64) {
        guard sweptAt == .min || now - sweptAt >= Self.sweepInterval else { return }
        sweptAt = now
        guard floor <= now else { return }
        for (name, slot) in slots where buckets[slot].arrival <= now && buckets[slot].wanted <= now {
            slots[name] = nil
            buckets[slot].name = BucketName(.forgotten)
            free.append(slot)
        }
    }

    // MARK: What is on disk

    /// The moment from which a bucket is full.
    public func arrival(of name: BucketName) -> Int64 { slots[name].map { buckets[$0].arrival } ?? floor }

    /// Notes which of the buckets need more on disk than there is, before they are charged.
    private mutating func want(_ cost: Int64, _ charges: [Charge], at now: Int64) {
        for charge in charges where charge.limit.tolerance > Self.block {
            let arrival = buckets[charge.slot].arrival + cost * charge.limit.nanosecondsPerUnit
            if arrival > max(buckets[charge.slot].reserved, now) + Self.block / 2 { want(arrival, charge.slot) }
        }
    }

    private mutating func want(_ arrival: Int64, _ slot: Int) {
        if buckets[slot].wanted <= buckets[slot].reserved { wanting.append(slot) }
        buckets[slot].wanted = max(buckets[slot].wanted, arrival)
    }

    public var wantsReservations: Bool { !wanting.isEmpty }

    /// What has to be written now, each bucket once.
    public mutating func takeReservations() -> [Reservation] {
        defer { wanting.removeAll(keepingCapacity: true) }
        return wanting.map { Reservation(name: buckets[$0].name, arrival: buckets[$0].wanted) }
    }

    /// So much is on disk.
    public mutating func reserved(_ reservations: [Reservation]) {
        for reservation in reservations {
            guard let slot = slots[reservation.name] else { continue }
            buckets[slot].reserved = max(buckets[slot].reserved, reservation.arrival)
            // Spent on while the disk was busy.
            if buckets[slot].wanted > buckets[slot].reserved { wanting.append(slot) }
        }
    }

    /// It could not be written: those who need it ask again.
    public mutating func notReserved(_ reservations: [Reservation]) {
        for reservation in reservations {
            guard let slot = slots[reservation.name] else { continue }
            buckets[slot].wanted = buckets[slot].reserved
        }
    }

    /// The buckets that are not full, exactly: what a process that ends in good order leaves behind.
    public func spent(at now: Int64) -> [Reservation] {
        slots.values.filter { buckets[$0].arrival > now }
            .map { Reservation(name: buckets[$0].name, arrival: buckets[$0].arrival) }
    }
}
