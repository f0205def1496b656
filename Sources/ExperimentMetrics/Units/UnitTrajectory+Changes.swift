/// What changes in the sums of one day.
public struct DayChange: Sendable, Equatable {
    /// Of UTC, counted from 1970-01-01; may be to come, where only finished windows count.
    public let day: Int
    public let change: MetricSums
}

extension MetricDefinition {
    /// What has to be added to the sums of each day when a unit's trajectory changes: when it appears (from nil), gets
    /// an event, loses one, or is withdrawn (to nil).
    ///
    /// The sums of a day hold what units change on that day: the sum over all days up to one is the ``MetricSums`` of
    /// all units as of the end of that day. So a unit brings on its first day what it is by the end of it, and on each
    /// later day what it is then less what it was. Where only finished windows count, the first day may be to come: what
    /// is asked today is the sum of the days up to today.
    ///
    /// - Returns: by ascending days, those only of which something changes.
    public func changes(from old: UnitTrajectory?, to new: UnitTrajectory?) -> [DayChange] {
        var shared = 0
        if let old, let new, old.exposure == new.exposure, old.before == new.before, !countsFinishedWindowsOnly {
            // Days that are the same before the first difference change nothing, wherever both count them.
            while shared < min(old.days.count, new.days.count), old.days[shared] == new.days[shared] { shared += 1 }
        }
        let (gone, come) = (
            old.map { contributions($0, skipping: shared) } ?? [], new.map { contributions($0, skipping: shared) } ?? []
        )
        var changes: [DayChange] = []
        var (i, j) = (0, 0)
        while i < gone.count || j < come.count {
            let day = min(i < gone.count ? gone[i].day : .max, j < come.count ? come[j].day : .max)
            var change = MetricSums(sumCount: sumCount)
            if j < come.count, come[j].day == day {
                change = come[j].change
                j += 1
            }
            if i < gone.count, gone[i].day == day {
                change.remove(gone[i].change)
                i += 1
            }
            if !change.isZero { changes.append(DayChange(day: day, change: change)) }
        }
        return changes
    }

    /// What a unit brings to each day.
    ///
    /// - Parameter skipping: so many days with events, and what they changed, count for the first day.
    private func contributions(_ unit: UnitTrajectory, skipping: Int) -> [DayChange] {
        let first = firstDay(exposure: unit.exposure)
        var activity = Activity()
        var rest = unit.days[...]
        while let stretch = rest.first, stretch.day <= first || rest.startIndex < skipping {
            activity += stretch.activity
            rest.removeFirst()
        }
        var last = sums(activity, before: unit.before)
        var contributions = [DayChange(day: first, change: last)]
        for stretch in rest {
            activity += stretch.activity
            let sums = sums(activity, before: unit.before)
            var change = sums
            change.remove(last)
            contributions.append(DayChange(day: stretch.day, change: change))
            last = sums
        }
        return contributions
    }
}
