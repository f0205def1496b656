/// What one unit of an experiment did for one metric, day by day: all that its metric ever needs of its events.
///
/// Events come in any order, late, before the exposure and again as retractions; what they amount to does not depend on
/// it, up to rounding of the last of some 32 digits where values are not whole. Every operation of one trajectory
/// takes the same definition; a metric defined anew needs its trajectories made anew.
public struct UnitTrajectory: Sendable, Equatable {
    /// What happened on one day, of UTC, counted from 1970-01-01.
    struct Stretch: Sendable, Equatable {
        let day: Int
        var activity: Activity
    }

    /// When the unit was exposed first, in microseconds since 1970 UTC. An earlier exposure that comes to light needs a
    /// new trajectory.
    public let exposure: Int64
    /// The events that the covariate is made of.
    var before = Activity()
    /// The events that y is made of, by ascending days.
    var days: [Stretch] = []

    /// nil for a time more than 30,000 years from 1970.
    public init?(exposure: Int64) {
        guard MetricEvent.times.contains(exposure) else { return nil }
        self.exposure = exposure
    }

    /// Counts an event, if it is in the window or the look-back.
    public mutating func add(_ event: MetricEvent, for definition: MetricDefinition) {
        // Only taking back can fail.
        _ = count(event, 1, definition)
    }

    /// Takes back an event that was added, of the same time and values.
    ///
    /// - Returns: false, and nothing changes, where no such event can have been added.
    @discardableResult
    public mutating func remove(_ event: MetricEvent, for definition: MetricDefinition) -> Bool {
        count(event, -1, definition)
    }

    private mutating func count(_ event: MetricEvent, _ sign: Int, _ definition: MetricDefinition) -> Bool {
        switch definition.place(of: event.time, exposure: exposure) {
        case nil: return true
        case .before: return before.count(event, sign, for: definition.kind)
        case .day(let day):
            // Most events are of the last day.
            var place = days.count
            while place > 0, days[place - 1].day >= day { place -= 1 }
            if place == days.count || days[place].day != day {
                days.insert(Stretch(day: day, activity: Activity()), at: place)
            }
            // A day without events is no day: neither one that was, nor one of an event that cannot be taken back.
            let isCounted = days[place].activity.count(event, sign, for: definition.kind)
            if days[place].activity.events == 0 { days.remove(at: place) }
            return isCounted
        }
    }
}
