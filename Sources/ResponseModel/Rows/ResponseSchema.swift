/// What is known of each exposure, and so the columns of the model.
public struct ResponseSchema: Sendable, Hashable {
    /// Columns with the intercept.
    public static let maximumColumns = 64

    /// A fact about the person.
    public enum Trait: Sendable, Hashable {
        /// Standardised by the mean and deviation of the rows that are fitted.
        case number(String)
        /// One of these levels; a column for each but the first, which the others are compared with.
        case category(String, levels: [String])
    }

    public let traits: [Trait]
    /// Kinds of offer; a column for each but the first, which the others are compared with.
    public let offers: [String]
    /// Channels; a column for each but the first.
    public let channels: [String]
    /// Whether earlier exposures add up and saturate, as ``FrequencyShape`` says.
    public let hasSaturation: Bool
    /// Whether each exposure of the last ``FrequencyShape/fatigueDays`` tires.
    public let hasFatigue: Bool
    /// The first column of offers.
    private let offerColumn: Int
    /// What the columns are called: "intercept", "age", "plan:pro", "offer:gift", "channel:email", "saturation",
    /// "fatigue".
    public let columns: [String]

    /// - Throws: ``ResponseFailure/parameter(_:)`` where a trait has no level, there is no offer or channel, two columns
    ///   have one name, or there are more than ``maximumColumns``.
    public init(
        traits: [Trait] = [], offers: [String], channels: [String], hasSaturation: Bool = true, hasFatigue: Bool = true
    ) throws(ResponseFailure) {
        guard !offers.isEmpty else { throw .parameter("offers") }
        guard !channels.isEmpty else { throw .parameter("channels") }
        self.traits = traits
        self.offers = offers
        self.channels = channels
        self.hasSaturation = hasSaturation
        self.hasFatigue = hasFatigue
        var columns = ["intercept"]
        for trait in traits {
            switch trait {
            case .number(let name): columns.append(name)
            case .category(let name, let levels):
                guard !levels.isEmpty else { throw .parameter(name) }
                columns += levels.dropFirst().map { "\(name):\($0)" }
            }
        }
        offerColumn = columns.count
        columns += offers.dropFirst().map { "offer:\($0)" }
        columns += channels.dropFirst().map { "channel:\($0)" }
        if hasSaturation { columns.append("saturation") }
        if hasFatigue { columns.append("fatigue") }
        guard columns.count <= Self.maximumColumns, Set(columns).count == columns.count else {
            throw .parameter("columns")
        }
        self.columns = columns
    }

    var saturationColumn: Int? { hasSaturation ? columns.count - (hasFatigue ? 2 : 1) : nil }
    var fatigueColumn: Int? { hasFatigue ? columns.count - 1 : nil }

    /// Each column of traits that is not 0 for a person, with its value.
    ///
    /// - Parameters:
    ///   - traits: as ``check(traits:)`` wants them.
    func forEachColumn(
        of traits: some Collection<TraitValue>, _ scalings: [Scaling], _ body: (_ column: Int, _ value: Double) -> Void
    ) {
        var column = 1
        var numbers = 0
        for (trait, value) in zip(self.traits, traits) {
            switch (trait, value) {
            case (.number, .number(let number)):
                body(column, scalings[numbers].standardised(number))
                numbers += 1
                column += 1
            case (.category(_, let levels), .level(let level)):
                if level > 0 { body(column + level - 1, 1) }
                column += levels.count - 1
            default: preconditionFailure("a trait's value is of its kind")
            }
        }
    }

    /// The column of an offer; nil of the first.
    func column(offer: Int) -> Int? { offer > 0 ? offerColumn + offer - 1 : nil }

    /// The column of a channel; nil of the first.
    func column(channel: Int) -> Int? { channel > 0 ? offerColumn + offers.count + channel - 2 : nil }

    /// - Throws: ``ResponseFailure/parameter(_:)`` where these are not a value of each trait,
    ///   ``ResponseFailure/notFinite(_:)``.
    public func check(traits: some Collection<TraitValue>) throws(ResponseFailure) {
        guard traits.count == self.traits.count else { throw .parameter("traits") }
        for (trait, value) in zip(self.traits, traits) {
            switch (trait, value) {
            case (.number(let name), .number(let number)):
                guard number.isFinite else { throw .notFinite(name) }
            case (.category(let name, let levels), .level(let level)):
                guard levels.indices ~= level else { throw .parameter(name) }
            case (.number(let name), .level), (.category(let name, _), .number): throw .parameter(name)
            }
        }
    }

    /// - Throws: ``ResponseFailure/parameter(_:)`` where there is no such offer or channel.
    public func check(offer: Int, channel: Int) throws(ResponseFailure) {
        guard offers.indices ~= offer else { throw .parameter("offer") }
        guard channels.indices ~= channel else { throw .parameter("channel") }
    }
}

/// What a trait is in one row.
public enum TraitValue: Sendable, Hashable {
    case number(Double)
    /// By its place among the levels.
    case level(Int)
}

/// How a number becomes one of mean 0 and deviation 1.
public struct Scaling: Sendable, Hashable {
    public let mean: Double
    /// Positive; 1 of what does not vary.
    public let deviation: Double

    public init(mean: Double, deviation: Double) {
        self.mean = mean
        self.deviation = deviation
    }

    func standardised(_ value: Double) -> Double { (value - mean) / deviation }
}
