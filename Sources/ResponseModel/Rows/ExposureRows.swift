/// Exposures and what came of them, in flat columns.
public struct ExposureRows: Sendable {
    public static let maximumRows = 1_000_000
    /// Earlier exposures of one row.
    public static let maximumEarlierExposures = 1_000

    /// What an exposure was followed by, within the window that the caller counts.
    public enum Outcome: UInt8, Sendable, Hashable {
        case nothing, response, unsubscribe
    }

    public let schema: ResponseSchema
    /// By row, as many as there are traits.
    private(set) var traits: [TraitValue] = []
    private(set) var offers: [UInt8] = []
    private(set) var channels: [UInt8] = []
    private(set) var outcomes: [Outcome] = []
    /// Days since each earlier exposure, row after row.
    private(set) var earlierDays: [Double] = []
    /// Where each row's end among them.
    private(set) var earlierEnds: [Int] = []

    public init(_ schema: ResponseSchema) { self.schema = schema }

    public var count: Int { outcomes.count }

    /// - Parameters:
    ///   - traits: a value for each trait of the schema, in their order.
    ///   - offer: its place among the offers.
    ///   - channel: its place among the channels.
    ///   - earlierExposureDays: for each exposure of the person before this one, how many days before, 0 or more; without
    ///     this one.
    ///   - outcome: what it was followed by; of a person who did both, that which came first.
    /// - Throws: ``ResponseFailure/parameter(_:)``, ``ResponseFailure/notFinite(_:)``, ``ResponseFailure/tooManyRows``.
    public mutating func add(
        traits: some Collection<TraitValue>, offer: Int, channel: Int,
        earlierExposureDays: some Collection<Double>, outcome: Outcome
    ) throws(ResponseFailure) {
        guard count < Self.maximumRows else { throw .tooManyRows }
        try schema.check(traits: traits)
        try schema.check(offer: offer, channel: channel)
        guard earlierExposureDays.count <= Self.maximumEarlierExposures,
            earlierExposureDays.allSatisfy({ $0 >= 0 && $0.isFinite })
        else { throw .parameter("earlierExposureDays") }
        self.traits.append(contentsOf: traits)
        offers.append(UInt8(offer))
        channels.append(UInt8(channel))
        outcomes.append(outcome)
        earlierDays.append(contentsOf: earlierExposureDays)
        earlierEnds.append(earlierDays.count)
    }

    /// The same rows, or some of them, in another order.
    ///
    /// - Parameters:
    ///   - places: of the rows, from 0.
    public func inOrder(_ places: some Sequence<Int>) -> ExposureRows {
        var rows = ExposureRows(schema)
        for place in places {
            rows.traits.append(contentsOf: traits(of: place))
            rows.offers.append(offers[place])
            rows.channels.append(channels[place])
            rows.outcomes.append(outcomes[place])
            rows.earlierDays.append(contentsOf: earlierDays(of: place))
            rows.earlierEnds.append(rows.earlierDays.count)
        }
        return rows
    }

    func traits(of row: Int) -> ArraySlice<TraitValue> {
        let width = schema.traits.count
        return traits[row * width..<(row + 1) * width]
    }

    func earlierDays(of row: Int) -> ArraySlice<Double> {
        earlierDays[(row == 0 ? 0 : earlierEnds[row - 1])..<earlierEnds[row]]
    }

    /// Mean and deviation (with the divisor count) of each number among the traits.
    var scalings: [Scaling] {
        let width = schema.traits.count
        return schema.traits.indices.compactMap { place -> Scaling? in
            guard case .number = schema.traits[place] else { return nil }
            func mean(_ term: (Double) -> Double) -> Double {
                var sum = 0.0
                for row in 0..<count {
                    guard case .number(let value) = traits[row * width + place] else { continue }
                    sum += term(value)
                }
                return sum / Double(count)
            }
            let center = mean { $0 }
            let deviation = mean { ($0 - center) * ($0 - center) }.squareRoot()
            // What varies by rounding only does not vary.
            return Scaling(mean: center, deviation: deviation > 1e-12 * abs(center) ? deviation : 1)
        }
    }
}
