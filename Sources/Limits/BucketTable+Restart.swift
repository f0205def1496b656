extension BucketTable {
    /// Where a process left off: beside the buckets on disk, and written with them.
    public struct Checkpoint: Sendable, Equatable {
        /// Which start of the machine the clock counts from; empty where that is unknown.
        public let boot: String
        /// The clock's nanoseconds when this was written.
        public let clock: Int64
        /// Whether the process ended in good order: then what is on disk is what was spent, exactly.
        public let isClean: Bool

        public init(boot: String, clock: Int64, isClean: Bool) {
            self.boot = boot
            self.clock = clock
            self.isClean = isClean
        }
    }

    /// The buckets as a process finds them when it starts.
    ///
    /// Within one start of the machine its clock goes on, and so does what comes back to a bucket. After another start
    /// nothing tells how much time has passed but the wall clock, which may have been set: no time counts then, and a
    /// bucket waits at most for what it waited when the checkpoint was written.
    ///
    /// Before the first spending, ``arrival(of:)`` of all these buckets has to be on disk, with a checkpoint of now.
    ///
    /// - Parameters:
    ///   - checkpoint: nil when there is none: nothing was ever spent.
    ///   - boot: of now; empty where that is unknown.
    public init(restoring buckets: [Reservation], _ checkpoint: Checkpoint?, boot: String, at now: Int64) {
        guard let checkpoint else {
            self.init()
            return
        }
        let isSameClock = !boot.isEmpty && boot == checkpoint.boot && checkpoint.clock <= now
        let shift = isSameClock ? 0 : now - checkpoint.clock
        self.init(
            floor: checkpoint.isClean ? .min : now + Self.block,
            restoring: buckets.map {
                let arrival = $0.arrival + shift
                return Reservation(
                    name: $0.name, arrival: checkpoint.isClean ? arrival : max(arrival, now) + Self.block)
            })
    }
}
