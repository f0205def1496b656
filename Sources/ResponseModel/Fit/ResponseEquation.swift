#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a person's score is, the logarithm of the odds of an outcome against nothing: Xβ.
public struct ResponseEquation: Sendable, Equatable {
    public let schema: ResponseSchema
    /// Of each number among the traits.
    public let scalings: [Scaling]
    /// Of the earlier exposures; nil where they have no saturation.
    public let shape: FrequencyShape?
    /// Of each column of the schema.
    public let coefficients: [Double]

    init(known schema: ResponseSchema, _ scalings: [Scaling], _ shape: FrequencyShape?, _ coefficients: [Double]) {
        self.schema = schema
        self.scalings = scalings
        self.shape = shape
        self.coefficients = coefficients
    }

    /// From what an equation's members were.
    ///
    /// - Throws: ``ResponseFailure/parameter(_:)`` of what does not fit the schema or is not finite.
    public init(
        schema: ResponseSchema, scalings: [Scaling], shape: FrequencyShape?, coefficients: [Double]
    ) throws(ResponseFailure) {
        let numbers = schema.traits.count {
            guard case .number = $0 else { return false }
            return true
        }
        guard scalings.count == numbers, scalings.allSatisfy({ $0.deviation > 0 && $0.mean.isFinite }) else {
            throw .parameter("scalings")
        }
        guard (shape != nil) == schema.hasSaturation else { throw .parameter("shape") }
        guard coefficients.count == schema.columns.count, coefficients.allSatisfy(\.isFinite) else {
            throw .parameter("coefficients")
        }
        self.init(known: schema, scalings, shape, coefficients)
    }

    /// What a person's traits and the intercept make of the score; a score is the sum of this and of what a contact and
    /// those before it add.
    ///
    /// - Parameters:
    ///   - traits: a value of each trait, as ``ResponseSchema/check(traits:)`` wants them; others trap.
    public func traitScore(_ traits: some Collection<TraitValue>) -> Double {
        var score = coefficients[0]
        schema.forEachColumn(of: traits, scalings) { score += coefficients[$0] * $1 }
        return score
    }

    /// What an offer and a channel add to the score.
    ///
    /// - Parameters:
    ///   - offer, channel: as ``ResponseSchema/check(offer:channel:)`` wants them; others trap.
    public func contactScore(offer: Int, channel: Int) -> Double {
        precondition(
            schema.offers.indices ~= offer && schema.channels.indices ~= channel, "an offer and a channel of the schema"
        )
        return (schema.column(offer: offer).map { coefficients[$0] } ?? 0)
            + (schema.column(channel: channel).map { coefficients[$0] } ?? 0)
    }

    /// What earlier exposures add to the score.
    ///
    /// - Parameters:
    ///   - stock: as ``FrequencyShape/stock(exposureDays:)`` of ``shape``.
    ///   - recent: exposures of the last ``FrequencyShape/fatigueDays``.
    public func historyScore(stock: Double, recent: Int) -> Double {
        var score = 0.0
        if let shape, let column = schema.saturationColumn {
            score += coefficients[column] * shape.saturation(stock: stock)
        }
        if let column = schema.fatigueColumn { score -= coefficients[column] * Double(recent) }
        return score
    }
}

/// How likely each outcome is to follow an exposure; what is left of 1 is that nothing does.
public struct OutcomeProbabilities: Sendable, Equatable {
    public let response: Double
    public let unsubscribe: Double

    /// e^r / (1 + e^r + e^u) and e^u / (1 + e^r + e^u).
    ///
    /// - Parameters:
    ///   - responseScore: of the fit of ``ExposureRows/Outcome/response``.
    ///   - unsubscribeScore: of that of ``ExposureRows/Outcome/unsubscribe``; -∞ if nobody can.
    public init(responseScore: Double, unsubscribeScore: Double = -.infinity) {
        let largest = max(0, responseScore, unsubscribeScore)
        let (nothing, one, other) = (exp(-largest), exp(responseScore - largest), exp(unsubscribeScore - largest))
        response = one / (nothing + one + other)
        unsubscribe = other / (nothing + one + other)
    }
}
