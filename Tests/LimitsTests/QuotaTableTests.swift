import Testing

@testable import Limits

@Suite struct QuotaTableTests {
    private let day: Int64 = 86_400_000_000
    private let hour: Int64 = 3_600_000_000
    private let name = BucketName(.brand, low: 7)

    private func daily(_ units: Int64) -> [QuotaTable.Charge] { [.init(name, .day, units: units)] }

    /// Checks and uses, with a disk that takes no time.
    private func spend(
        _ cost: Int64, _ charges: [QuotaTable.Charge], at time: Int64, _ table: inout QuotaTable
    ) -> QuotaTable.Decision {
        var decision = table.check(cost, of: charges, at: time)
        if decision == .unreserved {
            table.reserved(table.takeReservations())
            decision = table.check(cost, of: charges, at: time)
        }
        if decision == .available { table.use(cost, of: charges, at: time) }
        return decision
    }

    @Test("A quota gives its units, not one more, and all of them again with the next day")
    func daily() {
        var table = QuotaTable()
        let charges = daily(100)
        #expect(spend(99, charges, at: 0, &table) == .available)
        #expect(spend(2, charges, at: 0, &table) == .exhausted(charge: 0))
        #expect(spend(1, charges, at: day - 1, &table) == .available)
        #expect(table.standing(of: charges[0], at: day - 1) == (0, day))
        #expect(spend(1, charges, at: day - 1, &table) == .exhausted(charge: 0))
        #expect(spend(100, charges, at: day, &table) == .available)
    }

    @Test("A request takes from the day and from the month, or from neither")
    func allOrNone() {
        var table = QuotaTable()
        let charges = daily(100) + [.init(name, .month, units: 150)]
        #expect(spend(100, charges, at: 0, &table) == .available)
        #expect(spend(51, charges, at: day, &table) == .exhausted(charge: 1))
        #expect(table.standing(of: charges[0], at: day) == (100, 2 * day))
        #expect(spend(50, charges, at: day, &table) == .available)
        #expect(table.standing(of: charges[1], at: day) == (0, 31 * day))
    }

    @Test("What is given back can be used again, in its own day only")
    func givenBack() {
        var table = QuotaTable()
        let charges = daily(10)
        #expect(spend(10, charges, at: 0, &table) == .available)
        table.giveBack(4, of: charges, usedAt: 0)
        #expect(table.standing(of: charges[0], at: 0).units == 4)
        #expect(spend(10, charges, at: day, &table) == .available)
        table.giveBack(4, of: charges, usedAt: 0)
        #expect(spend(1, charges, at: day, &table) == .exhausted(charge: 0))
        #expect(spend(10, charges, at: 2 * day, &table) == .available)
        // That day is forgotten: nothing to give back to.
        table.giveBack(4, of: charges, usedAt: 0)
        #expect(table.standing(of: charges[0], at: 2 * day).units == 0)
    }

    @Test("A clock that is set back or forward by an hour gives no unit twice and locks nobody out")
    func clockSteps() {
        var table = QuotaTable()
        let charges = daily(10)
        let evening = day - hour / 2
        #expect(spend(10, charges, at: evening, &table) == .available)
        #expect(spend(4, charges, at: evening + hour, &table) == .available)
        // Back again: yesterday's are gone, today's six are not touched.
        #expect(spend(1, charges, at: evening, &table) == .exhausted(charge: 0))
        #expect(spend(6, charges, at: day, &table) == .available)
        #expect(spend(1, charges, at: day + hour, &table) == .exhausted(charge: 0))
        // Ten years ahead by mistake, and back.
        #expect(spend(10, charges, at: 3_650 * day, &table) == .available)
        #expect(spend(1, charges, at: day + hour, &table) == .exhausted(charge: 0))
        #expect(spend(10, charges, at: 2 * day, &table) == .available)
        #expect(spend(10, charges, at: 3 * day, &table) == .available)
        // Two days back: what was forgotten counts as used.
        #expect(spend(1, charges, at: day, &table) == .exhausted(charge: 0))
    }

    @Test("After a crash what was reserved counts as used: never more than a block beyond what was")
    func crash() {
        var table = QuotaTable()
        let charges = daily(1_000_000)
        var disk: [QuotaTable.Reservation] = []
        var used: Int64 = 0
        for call in 0..<10_000 {
            // A call each millisecond, of three units.
            let time = Int64(call) * 1_000
            if table.check(3, of: charges, at: time) == .unreserved {
                disk = table.takeReservations()
                table.reserved(disk)
                #expect(table.check(3, of: charges, at: time) == .available)
            }
            table.use(3, of: charges, at: time)
            used += 3
            if call % 7 == 0 && table.wantsReservations {
                disk = table.takeReservations()
                table.reserved(disk)
            }
            #expect(disk[0].units >= used)
            // A second's worth, and the call that asked for it.
            #expect(disk[0].units <= used + 3_003)
        }
        let after = QuotaTable(restoring: disk)
        #expect(after.standing(of: charges[0], at: 0).units == 1_000_000 - disk[0].units)
        #expect(QuotaTable(restoring: table.used()).standing(of: charges[0], at: 0).units == 1_000_000 - used)
    }

    @Test("Only so many quotas are remembered; those of days before yesterday make room")
    func maximumCounters() {
        var table = QuotaTable(maximumCounters: 2)
        for low in 0..<UInt64(2) {
            #expect(spend(1, [.init(BucketName(.key, low: low), .day, units: 5)], at: 0, &table) == .available)
        }
        #expect(spend(1, daily(5), at: 0, &table) == .tableFull)
        #expect(spend(1, daily(5), at: day, &table) == .tableFull)
        #expect(spend(1, daily(5), at: 2 * day, &table) == .available)
        #expect(table.count == 1)
    }

    @Test("No day and no month gives more than its quota, whatever clock, disk and crashes do")
    func oracle() {
        var admittedInAll: Int64 = 0
        for seed in 0..<60 {
            var random = SplitMix(state: UInt64(seed))
            let charges: [QuotaTable.Charge] = [
                .init(name, .day, units: random.next(400) + 50), .init(name, .month, units: random.next(3_000) + 50),
            ]
            var table = QuotaTable()
            var disk: [QuotaTable.Reservation] = []
            var writing: [QuotaTable.Reservation] = []
            var time: Int64 = 20 * day
            var admitted: [[Int64: Int64]] = [[:], [:]]
            func land() {
                for row in writing {
                    disk.removeAll { $0.period == row.period && $0.number == row.number }
                    disk.append(row)
                }
                for period in CalendarPeriod.allCases {
                    let kept = disk.filter { $0.period == period }.sorted { $0.number > $1.number }.prefix(2)
                    disk = disk.filter { $0.period != period } + kept
                }
            }
            for _ in 0..<4_000 {
                time += random.next(600_000_000)
                switch random.next(200) {
                case 0: time += hour
                case 1: time -= hour
                case 2:
                    if random.next(2) == 0 { land() }
                    writing = []
                    table = QuotaTable(restoring: disk)
                case 3..<40:
                    land()
                    table.reserved(writing)
                    writing = table.takeReservations()
                default:
                    let cost = random.next(5) + 1
                    guard table.check(cost, of: charges, at: time) == .available else { continue }
                    table.use(cost, of: charges, at: time)
                    if random.next(20) == 0 {
                        table.giveBack(cost, of: charges, usedAt: time)
                        continue
                    }
                    admittedInAll += cost
                    for (index, charge) in charges.enumerated() {
                        admitted[index][charge.period.number(at: time), default: 0] += cost
                    }
                }
            }
            for (charge, counts) in zip(charges, admitted) {
                for (number, units) in counts {
                    #expect(units <= charge.units, "\(charge.period) \(number), seed \(seed)")
                }
            }
        }
        #expect(admittedInAll > 60_000)
    }
}
