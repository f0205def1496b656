/// What was used of daily and monthly quotas.
///
/// A quota allows so many units in each UTC day or calendar month of the wall clock. The clock may be set: a period
/// that was counted is never counted from zero again, and a clock that was far ahead for a while locks nobody out. For
/// each quota two periods are remembered, the latest that was ever seen and the one before it; a clock further back
/// uses up the earlier of the two.
///
/// **Restarts.** What is on disk is a **reservation**, an amount ahead of what was used: at most what was used in the
/// last second, and never less than ``smallestBlock``. After a crash it counts as used.
///
/// A struct without I/O, as ``BucketTable``.
public struct QuotaTable: Sendable {
    /// Units that are reserved at least.
    public static let smallestBlock: Int64 = 16
    /// Quotas whose use is remembered.
    public static let maximumCounters = 100_000

    /// One quota of a check.
    public struct Charge: Sendable, Equatable {
        public let name: BucketName
        public let period: CalendarPeriod
        /// Units in each period.
        public let units: Int64

        public init(_ name: BucketName, _ period: CalendarPeriod, units: Int64) {
            self.name = name
            self.period = period
            self.units = units
        }
    }

    public enum Decision: Equatable, Sendable {
        case available
        /// The period is used up, or has less left than the request costs.
        case exhausted(charge: Int)
        /// It would go beyond what is on disk: ask again when ``takeReservations()`` are.
        case unreserved
        /// There are ``maximumCounters``, all of them of the present.
        case tableFull
    }

    /// An amount that is to be on disk, or is.
    public struct Reservation: Equatable, Sendable {
        public let name: BucketName
        public let period: CalendarPeriod
        /// As ``CalendarPeriod/number(at:)`` says.
        public let number: Int64
        public let units: Int64

        public init(name: BucketName, period: CalendarPeriod, number: Int64, units: Int64) {
            self.name = name
            self.period = period
            self.number = number
            self.units = units
        }
    }

    private struct Key: Hashable {
        let name: BucketName
        let period: CalendarPeriod
    }

    private struct Use {
        let number: Int64
        var used: Int64 = 0
        /// What is on disk.
        var reserved: Int64 = 0
        /// What shall be on disk; `reserved` when nothing is to be written.
        var wanted: Int64 = 0
    }

    private struct Counter {
        var latest: Use
        var previous: Use?
        /// Units used in the second that began at `secondBegan`.
        var usedThisSecond: Int64 = 0
        var secondBegan = Int64.min / 2

        /// The period that a moment is charged to.
        mutating func turn(to number: Int64) {
            if number > latest.number {
                previous = latest
                latest = Use(number: number)
            } else if number < latest.number && number > previous?.number ?? .min {
                previous = Use(number: number)
            }
        }

        /// - Parameter number: of the present.
        func use(_ number: Int64) -> Use { number >= latest.number ? latest : previous ?? latest }

        mutating func change(_ number: Int64, _ body: (inout Use) -> Void) {
            if latest.number == number {
                body(&latest)
            } else if var use = previous, use.number == number {
                body(&use)
                previous = use
            }
        }
    }

    private let maximum: Int
    private var counters: [Key: Counter] = [:]
    private var wanting: [Key] = []

    /// - Parameter reservations: what was on disk; it counts as used.
    public init(restoring reservations: [Reservation] = [], maximumCounters: Int = Self.maximumCounters) {
        maximum = maximumCounters
        for reservation in reservations.sorted(by: { $0.number < $1.number }) {
            let key = Key(name: reservation.name, period: reservation.period)
            let use = Use(
                number: reservation.number, used: reservation.units, reserved: reservation.units,
                wanted: reservation.units)
            counters[key] = Counter(latest: use, previous: counters[key]?.latest)
        }
    }

    public var count: Int { counters.count }

    // MARK: Using

    /// Whether so much is left of every quota. Charges nothing.
    ///
    /// - Parameter time: of the wall clock, in microseconds since 1970.
    public mutating func check(_ cost: Int64, of charges: [Charge], at time: Int64) -> Decision {
        var decision = Decision.available
        for index in charges.indices {
            let charge = charges[index]
            let key = Key(name: charge.name, period: charge.period)
            let number = charge.period.number(at: time)
            if counters[key] == nil {
                if counters.count >= maximum { forgetPast(at: time) }
                guard counters.count < maximum else { return .tableFull }
            }
            var counter = counters[key] ?? Counter(latest: Use(number: number))
            counter.turn(to: number)
            let use = counter.use(number)
            if use.used + cost > charge.units {
                decision = .exhausted(charge: index)
            } else if decision == .available && use.used + cost > use.reserved {
                decision = .unreserved
            }
            if use.used + cost <= charge.units && use.used + cost > use.reserved {
                want(cost, &counter, key, of: charge, use.number, at: time)
            }
            counters[key] = counter
        }
        return decision
    }

    /// Uses what ``check(_:of:at:)`` found available.
    public mutating func use(_ cost: Int64, of charges: [Charge], at time: Int64) {
        for charge in charges {
            let key = Key(name: charge.name, period: charge.period)
            guard var counter = counters[key] else { continue }
            let number = counter.use(charge.period.number(at: time)).number
            counter.change(number) { $0.used += cost }
            counter.usedThisSecond += cost
            let use = counter.use(number)
            // Early enough that steady use never waits.
            if use.reserved < charge.units && use.reserved - use.used < Self.block(counter) / 2 {
                want(0, &counter, key, of: charge, number, at: time)
            }
            counters[key] = counter
        }
    }

    /// Gives back what a call used that failed inside Gyre; nothing when its period is over and forgotten.
    ///
    /// - Parameter time: when it was used.
    public mutating func giveBack(_ cost: Int64, of charges: [Charge], usedAt time: Int64) {
        for charge in charges {
            counters[Key(name: charge.name, period: charge.period)]?.change(charge.period.number(at: time)) {
                $0.used = max(0, $0.used - cost)
            }
        }
    }

    /// What is left of a quota, in units, and when its next period begins, in microseconds since 1970.
    public func standing(of charge: Charge, at time: Int64) -> (units: Int64, resetsAt: Int64) {
        let number = charge.period.number(at: time)
        guard var counter = counters[Key(name: charge.name, period: charge.period)] else {
            return (charge.units, charge.period.start(of: number + 1))
        }
        counter.turn(to: number)
        let use = counter.use(number)
        return (max(0, charge.units - use.used), charge.period.start(of: max(use.number, number) + 1))
    }

    private static func block(_ counter: Counter) -> Int64 { max(smallestBlock, counter.usedThisSecond) }

    private mutating func forgetPast(at time: Int64) {
        // The one before the present may come again: clocks are set.
        counters = counters.filter { key, counter in counter.latest.number >= key.period.number(at: time) - 1 }
    }

    // MARK: What is on disk

    private mutating func want(
        _ cost: Int64, _ counter: inout Counter, _ key: Key, of charge: Charge, _ number: Int64, at time: Int64
    ) {
        if time < counter.secondBegan || time - counter.secondBegan >= 1_000_000 {
            counter.secondBegan = time
            counter.usedThisSecond = 0
        }
        let block = Self.block(counter)
        var isNew = false
        counter.change(number) { use in
            isNew = use.wanted <= use.reserved
            use.wanted = max(use.wanted, min(charge.units, use.used + cost + block))
            if use.wanted <= use.reserved { isNew = false }
        }
        if isNew { wanting.append(key) }
    }

    public var wantsReservations: Bool { !wanting.isEmpty }

    /// What has to be written now.
    public mutating func takeReservations() -> [Reservation] {
        defer { wanting.removeAll(keepingCapacity: true) }
        return Set(wanting).flatMap { key -> [Reservation] in
            guard let counter = counters[key] else { return [] }
            return [counter.latest, counter.previous].compactMap(\.self).filter { $0.wanted > $0.reserved }
                .map { Reservation(name: key.name, period: key.period, number: $0.number, units: $0.wanted) }
        }
    }

    /// So much is on disk.
    public mutating func reserved(_ reservations: [Reservation]) {
        for reservation in reservations {
            let key = Key(name: reservation.name, period: reservation.period)
            var wantsMore = false
            counters[key]?.change(reservation.number) { use in
                use.reserved = max(use.reserved, reservation.units)
                wantsMore = use.wanted > use.reserved
            }
            if wantsMore { wanting.append(key) }
        }
    }

    /// It could not be written: those who need it ask again.
    public mutating func notReserved(_ reservations: [Reservation]) {
        for reservation in reservations {
            counters[Key(name: reservation.name, period: reservation.period)]?.change(reservation.number) {
                $0.wanted = $0.reserved
            }
        }
    }

    /// What was used, exactly: what a process that ends in good order leaves behind.
    public func used() -> [Reservation] {
        counters.flatMap { key, counter in
            [counter.latest, counter.previous].compactMap(\.self)
                .map { Reservation(name: key.name, period: key.period, number: $0.number, units: $0.used) }
        }
    }
}
