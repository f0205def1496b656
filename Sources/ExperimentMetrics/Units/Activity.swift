internal import Statistics

/// What some events of one unit amount to.
struct Activity: Sendable, Equatable {
    /// How many events of one bin of the sketch.
    struct Bin: Sendable, Equatable {
        let key: Int32
        var events: Int
    }

    var events = 0
    /// Of the values.
    var sum = CompensatedSum()
    /// Of the denominators.
    var denominator = CompensatedSum()
    /// Single values, by ascending keys.
    var bins: [Bin] = []

    /// - Parameter sign: 1, or -1 to take the event back.
    /// - Returns: whether there was an event to take back.
    mutating func count(_ event: MetricEvent, _ sign: Int, for kind: MetricDefinition.Kind) -> Bool {
        guard events + sign >= 0 else { return false }
        switch kind {
        case .proportion, .count, .retention: break
        case .mean, .quantile: sum += Double(sign) * event.value
        case .ratio:
            sum += Double(sign) * event.value
            denominator += Double(sign) * event.denominator
        case .eventQuantile:
            guard count(QuantileSketch.key(of: event.value), sign) else { return false }
        }
        events += sign
        // Rounding leaves nothing behind where nothing is.
        if events == 0 { self = Activity() }
        return true
    }

    private mutating func count(_ key: Int32, _ times: Int) -> Bool {
        let place = bins.firstIndex { $0.key >= key } ?? bins.count
        guard place < bins.count, bins[place].key == key else {
            guard times > 0 else { return false }
            bins.insert(Bin(key: key, events: times), at: place)
            return true
        }
        bins[place].events += times
        if bins[place].events == 0 { bins.remove(at: place) }
        return true
    }

    static func += (activity: inout Self, more: Self) {
        activity.events += more.events
        activity.sum += more.sum
        activity.denominator += more.denominator
        for bin in more.bins { _ = activity.count(bin.key, bin.events) }
    }
}
