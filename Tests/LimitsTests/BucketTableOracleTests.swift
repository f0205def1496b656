import Testing

@testable import Limits

/// Buckets against a list of everything that was ever admitted, through crashes, clean ends and reboots.
@Suite struct BucketTableOracleTests {
    /// What outlives a process.
    private struct Disk {
        var rows: [BucketName: Int64] = [:]
        var checkpoint: BucketTable.Checkpoint?

        mutating func write(_ reservations: [BucketTable.Reservation], boot: String, at clock: Int64) {
            rows = rows.filter { $0.value > clock }
            for reservation in reservations { rows[reservation.name] = reservation.arrival }
            checkpoint = .init(boot: boot, clock: clock, isClean: false)
        }
    }

    /// One process after another, on one machine; time that nobody sees is `now`.
    private struct World {
        let limits: [RateLimit]
        var random: SplitMix
        var now: Int64 = 0
        /// When the machine started.
        var bootedAt: Int64 = 0
        var boots = 0
        var disk = Disk()
        var table = BucketTable()
        var writing: [BucketTable.Reservation] = []
        var admitted: [[(at: Int64, cost: Int64)]]
        var waitedForDisk = 0
        var restarts = 0
        /// How many steps there are between two restarts of a kind.
        let steps: Int64

        init(seed: UInt64) {
            random = SplitMix(state: seed)
            steps = seed.isMultiple(of: 2) ? 400 : 80
            var limits: [RateLimit] = []
            for _ in 0..<3 {
                limits.append(RateLimit(ratePerSecond: random.next(200) + 1, burst: random.next(600) + 1))
            }
            self.limits = limits
            admitted = Array(repeating: [], count: 3)
            start()
        }

        var clock: Int64 { now - bootedAt }
        var boot: String { "boot-\(boots)" }

        mutating func start() {
            table = BucketTable(
                restoring: disk.rows.map { .init(name: $0.key, arrival: $0.value) }, disk.checkpoint, boot: boot,
                at: clock)
            // As the gateway does: what was found is on disk, by this process's clock, before anything is admitted.
            let found = disk.rows.keys.map { BucketTable.Reservation(name: $0, arrival: table.arrival(of: $0)) }
            disk.rows = [:]
            disk.write(found, boot: boot, at: clock)
            writing = []
        }

        mutating func step() {
            now += random.next(60_000_000)
            switch random.next(steps) {
            case 0: restart(isReboot: false, isClean: false)
            case 1: restart(isReboot: true, isClean: false)
            case 2: restart(isReboot: false, isClean: true)
            case 3: restart(isReboot: true, isClean: true)
            case 4..<40: write()
            default: call()
            }
        }

        mutating func write() {
            disk.write(writing, boot: boot, at: clock)
            table.reserved(writing)
            writing = table.takeReservations()
        }

        mutating func restart(isReboot: Bool, isClean: Bool) {
            restarts += 1
            if isClean {
                disk.rows = [:]
                disk.write(table.spent(at: clock), boot: boot, at: clock)
                disk.checkpoint = .init(boot: boot, clock: clock, isClean: true)
            } else if random.next(2) == 0 {
                // The write was under way and arrived, though nobody was told.
                disk.write(writing, boot: boot, at: clock)
            }
            now += random.next(2_000_000_000)
            if isReboot {
                boots += 1
                bootedAt = now - random.next(50_000_000_000)
            }
            start()
        }

        mutating func call() {
            // A key, its brand and the process, or one of them alone.
            let first = Int(random.next(3))
            var charges = (first..<3).map { BucketTable.Charge(BucketName(.key, low: UInt64($0)), limits[$0]) }
            let cost = random.next(12) + 1
            switch table.spend(cost, of: &charges, at: clock) {
            case .admitted:
                for index in first..<3 { admitted[index].append((now, cost)) }
            case .unreserved:
                waitedForDisk += 1
            case .refused, .tooCostly, .tableFull:
                break
            }
        }
    }

    @Test("No window of any length admits more than burst + rate × length, through crashes, clean ends and reboots")
    func windows() {
        var waited = 0
        var restarts = 0
        var admitted = 0
        for seed in 0..<120 {
            var world = World(seed: UInt64(seed))
            for _ in 0..<2_500 { world.step() }
            waited += world.waitedForDisk
            restarts += world.restarts
            for (limit, calls) in zip(world.limits, world.admitted) {
                admitted += calls.count
                // The window from i to j is within its bound for all i <= j: the least of what came before is enough.
                var spent: Int128 = 0
                var least: Int128 = .max
                for call in calls {
                    let regained = Int128(limit.ratePerSecond) * Int128(call.at)
                    least = min(least, spent * 1_000_000_000 - regained)
                    spent += Int128(call.cost)
                    #expect(spent * 1_000_000_000 - regained - least <= Int128(limit.burst) * 1_000_000_000)
                }
            }
        }
        // The schedules reach what they are for.
        #expect(waited > 1_000)
        #expect(restarts > 1_000)
        #expect(admitted > 50_000)
    }

    @Test("Whatever crashed how often, a bucket is full again a burst after the first call")
    func notLockedOut() {
        for seed in 0..<100 {
            var world = World(seed: UInt64(seed))
            for _ in 0..<1_500 { world.step() }
            world.restart(isReboot: seed % 2 == 0, isClean: false)
            for index in 0..<3 {
                var charges = [BucketTable.Charge(BucketName(.key, low: UInt64(index)), world.limits[index])]
                _ = world.table.spend(world.limits[index].burst, of: &charges, at: world.clock)
            }
            world.now += world.limits.map(\.tolerance).max() ?? 0
            for index in 0..<3 {
                let charge = BucketTable.Charge(BucketName(.key, low: UInt64(index)), world.limits[index])
                #expect(world.table.standing(of: charge, at: world.clock).units == world.limits[index].burst)
            }
        }
    }
}
