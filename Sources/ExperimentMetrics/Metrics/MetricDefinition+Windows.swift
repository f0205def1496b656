extension MetricDefinition {
    /// Where an event belongs.
    enum Place: Equatable {
        /// In the covariate.
        case before
        /// In y, on this day.
        case day(Int)
    }

    /// Where an event of this time belongs, of a unit that was exposed at that; nil if nowhere.
    func place(of time: Int64, exposure: Int64) -> Place? {
        if time < exposure {
            guard let lookBackSeconds, time >= exposure - Self.microseconds(lookBackSeconds) else { return nil }
            return .before
        }
        guard time >= exposure + Self.microseconds(delaySeconds) else { return nil }
        if let windowSeconds, time >= exposure + Self.microseconds(windowSeconds) { return nil }
        return .day(Day.number(of: time))
    }

    /// Whether an event of this time counts, of a unit that was exposed at that: behind its exposure, and in the window.
    ///
    /// Both in microseconds since 1970.
    public func counts(at time: Int64, exposure: Int64) -> Bool {
        switch place(of: time, exposure: exposure) {
        case .day: true
        case .before, nil: false
        }
    }

    /// The first day that counts a unit exposed then.
    func firstDay(exposure: Int64) -> Int {
        guard countsFinishedWindowsOnly, let windowSeconds else { return Day.number(of: exposure) }
        // The first day that begins at or after the end of the window.
        return Day.number(of: exposure + Self.microseconds(windowSeconds) - 1) + 1
    }

    private static func microseconds(_ seconds: Int) -> Int64 { Int64(seconds) * 1_000_000 }
}
