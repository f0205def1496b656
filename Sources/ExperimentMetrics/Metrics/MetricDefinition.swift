public import Statistics

/// What is measured of each unit of an experiment, when, and what it is for.
///
/// Which events count, and what number each brings, is the caller's business: a definition sees ``MetricEvent``s only.
/// The value of a unit, y, is made of the events in its window; of the same events before its exposure the covariate x
/// of CUPED is made in the same way.
public struct MetricDefinition: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// y is 1 if any event counted, else 0.
        case proportion
        /// y is the number of events.
        case count
        /// y is the sum of the events' values.
        case mean
        /// The sum of the events' values over all units by the sum of their denominators, with units as clusters.
        case ratio
        /// The quantile of y over units, y being the sum of a unit's values.
        case quantile(share: Double)
        /// The quantile of single events' values, with units as clusters: the 95th percentile of a latency.
        case eventQuantile(share: Double)
        /// y is 1 if any event came from so long after the exposure until so long. A unit counts once that is over.
        case retention(fromSeconds: Int, toSeconds: Int)
    }

    /// Where y is cut, so that a few units do not make the variance.
    public enum Bounds: Sendable, Equatable {
        /// y, and the covariate alike. nil for a side without a bound.
        case values(lower: Double?, upper: Double?)
        /// y, at quantiles of all units of all arms together, of those that are not 0 if `ignoringZeros`. A bound lies on
        /// the edge of the sketch's bin in which the quantile is, at most 0.2 % further out than that; everything else is
        /// exact. The covariate is not cut.
        case shares(lower: Double?, upper: Double?, ignoringZeros: Bool)
    }

    public enum Role: Sendable, Equatable, CaseIterable {
        /// What the variant is for: decides, and makes the family that is corrected for.
        case goal
        /// What is looked at besides: decides nothing.
        case secondary
        /// What must not be harmed by more than the margin.
        case guardrail
    }

    /// The longest delay, window or look-back: ten years.
    public static let longestSeconds = 3_653 * 86_400

    /// Not empty.
    public let name: String
    public let kind: Kind
    /// Events count from so long after the exposure on. Seconds.
    public let delaySeconds: Int
    /// Events count until so long after the exposure, that moment excluded; nil for ever. Seconds.
    public let windowSeconds: Int?
    /// Whether a unit counts only from the first day on that begins when its window is over, so that nobody's y is
    /// unfinished; otherwise from its exposure on.
    public let countsFinishedWindowsOnly: Bool
    /// The covariate is made of events from so long before the exposure until the exposure; nil for no CUPED. Seconds.
    public let lookBackSeconds: Int?
    public let bounds: Bounds?
    public let direction: Direction
    public let role: Role
    /// Of the margin, of what is worth having, and of the effect that is decided on.
    public let scale: EffectScale
    /// How much worse is too much, above 0.
    public let margin: Double?
    /// The smallest effect worth having, above 0.
    public let worthHaving: Double?

    /// - Throws: ``MetricProblem`` for what is out of range, or does not go together.
    public init(
        name: String, kind: Kind, delaySeconds: Int = 0, windowSeconds: Int? = nil,
        countsFinishedWindowsOnly: Bool = false, lookBackSeconds: Int? = nil, bounds: Bounds? = nil,
        direction: Direction = .higherIsBetter, role: Role = .goal, scale: EffectScale = .relative,
        margin: Double? = nil, worthHaving: Double? = nil
    ) throws(MetricProblem) {
        guard !name.isEmpty else { throw MetricProblem("/name", "must not be empty") }
        self.name = name
        self.kind = kind
        if case .retention(let from, let to) = kind {
            guard delaySeconds == 0 else {
                throw MetricProblem("/delaySeconds", "belongs to no retention; use its from")
            }
            guard windowSeconds == nil else {
                throw MetricProblem("/windowSeconds", "belongs to no retention; use its to")
            }
            self.delaySeconds = from
            self.windowSeconds = to
            self.countsFinishedWindowsOnly = true
        } else {
            self.delaySeconds = delaySeconds
            self.windowSeconds = windowSeconds
            self.countsFinishedWindowsOnly = countsFinishedWindowsOnly
        }
        self.lookBackSeconds = lookBackSeconds
        self.bounds = bounds
        self.direction = direction
        self.role = role
        self.scale = scale
        self.margin = margin
        self.worthHaving = worthHaving
        try checkTimes()
        try checkKind()
        try checkNumbers()
    }
}

extension MetricDefinition {
    private func checkTimes() throws(MetricProblem) {
        let longest = Self.longestSeconds
        var (delay, window) = ("/delaySeconds", "/windowSeconds")
        if case .retention = kind { (delay, window) = ("/fromSeconds", "/toSeconds") }
        guard (0...longest).contains(delaySeconds) else {
            throw MetricProblem(delay, "must be from 0 to \(longest)")
        }
        if let windowSeconds {
            guard windowSeconds > delaySeconds, windowSeconds <= longest else {
                throw MetricProblem(window, "must be more than \(delay.dropFirst()), and at most \(longest)")
            }
        } else if countsFinishedWindowsOnly {
            throw MetricProblem("/windowSeconds", "must be there where only finished windows count")
        }
        if let lookBackSeconds {
            guard (1...longest).contains(lookBackSeconds) else {
                throw MetricProblem("/lookBackSeconds", "must be from 1 to \(longest)")
            }
        }
    }

    private func checkKind() throws(MetricProblem) {
        switch kind {
        case .quantile(let share), .eventQuantile(let share):
            guard QuantileEstimate.shares.contains(share) else {
                throw MetricProblem("/share", "must be from \(QuantileEstimate.shares.lowerBound) to 0.9999")
            }
            guard lookBackSeconds == nil else {
                throw MetricProblem("/lookBackSeconds", "belongs to no quantile, which takes no covariate")
            }
        case .proportion, .count, .mean, .ratio, .retention: break
        }
        guard let bounds else { return }
        guard kind == .count || kind == .mean else {
            throw MetricProblem("/bounds", "belong to counts and means only")
        }
        switch bounds {
        case .values(let lower, let upper):
            try Self.check(lower, upper, "a value") { abs($0) <= MetricEvent.largestValue }
        case .shares(let lower, let upper, _):
            try Self.check(lower, upper, "a share between 0 and 1") { $0 > 0 && $0 < 1 }
        }
    }

    private static func check(
        _ lower: Double?, _ upper: Double?, _ what: String, _ isFine: (Double) -> Bool
    ) throws(MetricProblem) {
        guard lower != nil || upper != nil else { throw MetricProblem("/bounds", "must have a lower or an upper one") }
        if let lower, !isFine(lower) { throw MetricProblem("/bounds/lower", "must be \(what)") }
        if let upper, !isFine(upper) { throw MetricProblem("/bounds/upper", "must be \(what)") }
        if let lower, let upper, lower >= upper { throw MetricProblem("/bounds/upper", "must be above the lower one") }
    }

    private func checkNumbers() throws(MetricProblem) {
        for (pointer, value) in [("/margin", margin), ("/worthHaving", worthHaving)] {
            if let value, !(value > 0 && value.isFinite) { throw MetricProblem(pointer, "must be above 0") }
        }
        if role == .guardrail, margin == nil {
            throw MetricProblem("/margin", "must say how much harm to a guardrail is too much")
        }
    }
}
