#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How earlier exposures add up and wear off.
///
/// Each exposure is worth 1 on its day and half as much a half-life later; the sum is the **stock** (adstock). What it
/// does saturates: stock^slope / (stock^slope + halfSaturation^slope), Hill's function.
///
/// Sources: Broadbent, "One way TV advertisements work", Journal of the Market Research Society 21 (1979); Jin, Wang,
/// Sun, Chan and Koehler, "Bayesian methods for media mix modeling with carryover and shape effects", Google (2017),
/// sections 2.1 and 2.2.
public struct FrequencyShape: Sendable, Hashable {
    /// Exposures of so many days tire: those from now to exactly that long ago.
    public static let fatigueDays = 7.0

    public let halfLifeDays: Double
    /// The stock at which half of the effect is reached.
    public let halfSaturation: Double
    /// 1 rises at once and flattens; above 1 the first exposures do little by themselves.
    public let slope: Double

    /// - Throws: ``ResponseFailure/parameter(_:)`` of what is not positive and finite.
    public init(halfLifeDays: Double, halfSaturation: Double, slope: Double) throws(ResponseFailure) {
        guard halfLifeDays > 0, halfLifeDays.isFinite else { throw .parameter("halfLifeDays") }
        guard halfSaturation > 0, halfSaturation.isFinite else { throw .parameter("halfSaturation") }
        guard slope > 0, slope.isFinite else { throw .parameter("slope") }
        self.init(known: halfLifeDays, halfSaturation, slope)
    }

    init(known halfLifeDays: Double, _ halfSaturation: Double, _ slope: Double) {
        self.halfLifeDays = halfLifeDays
        self.halfSaturation = halfSaturation
        self.slope = slope
    }

    /// A week, one exposure, slope 1: where the search begins.
    public static let usual = FrequencyShape(known: 7, 1, 1)

    /// What is left of a stock after so many days.
    public func carryover(days: Double) -> Double { exp2(-days / halfLifeDays) }

    /// The stock of exposures that were so many days ago.
    public func stock(exposureDays: some Sequence<Double>) -> Double {
        exposureDays.reduce(0) { $0 + carryover(days: $1) }
    }

    /// From 0 of nothing towards 1.
    public func saturation(stock: Double) -> Double {
        let ratio = stock / halfSaturation
        let power = slope == 1 ? ratio : slope == 2 ? ratio * ratio : pow(ratio, slope)
        return power < .infinity ? power / (power + 1) : 1
    }
}

/// The shapes that a fit compares.
///
/// From ``FrequencyShape/usual`` on one parameter after the other is set to the value of the highest likelihood, until a
/// round changes nothing. So it is the best in each single direction, not surely of all combinations.
public struct ShapeGrid: Sendable, Hashable {
    /// Values of each parameter at most.
    public static let maximumValues = 32

    public let halfLivesDays: [Double]
    public let halfSaturations: [Double]
    public let slopes: [Double]

    /// - Throws: ``ResponseFailure/parameter(_:)`` of a list that is empty, too long, or has a value that no shape has.
    public init(
        halfLivesDays: [Double], halfSaturations: [Double], slopes: [Double]
    ) throws(ResponseFailure) {
        for (name, values) in [
            ("halfLivesDays", halfLivesDays), ("halfSaturations", halfSaturations), ("slopes", slopes),
        ] {
            guard 1...Self.maximumValues ~= values.count, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                throw .parameter(name)
            }
        }
        self.init(known: halfLivesDays, halfSaturations, slopes)
    }

    private init(known halfLivesDays: [Double], _ halfSaturations: [Double], _ slopes: [Double]) {
        self.halfLivesDays = halfLivesDays
        self.halfSaturations = halfSaturations
        self.slopes = slopes
    }

    public static let usual = ShapeGrid(known: [1, 2, 4, 7, 14, 28], [0.5, 1, 2, 4], [1, 2, 3])

    /// One shape and no other.
    public static func fixed(_ shape: FrequencyShape) -> ShapeGrid {
        ShapeGrid(known: [shape.halfLifeDays], [shape.halfSaturation], [shape.slope])
    }

    /// The shape nearest to the usual one in each parameter, of equal ones the first: where the search begins.
    var start: FrequencyShape {
        func nearest(_ values: [Double], _ usual: Double) -> Double {
            values.min { abs(log($0 / usual)) < abs(log($1 / usual)) } ?? usual
        }
        return FrequencyShape(
            known: nearest(halfLivesDays, FrequencyShape.usual.halfLifeDays),
            nearest(halfSaturations, FrequencyShape.usual.halfSaturation), nearest(slopes, FrequencyShape.usual.slope))
    }
}
