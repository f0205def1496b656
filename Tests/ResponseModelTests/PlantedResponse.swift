import Randomness
import ResponseModel

/// Exposures whose outcomes come from known coefficients.
struct PlantedResponse {
    static let shape = FrequencyShape.usual

    let schema: ResponseSchema
    /// Of numbers that have mean 0 and deviation 1 but for chance.
    var response = [-1.0, 0.5, -0.4, 0.6, 0.3, 0.8, 0.15]
    var unsubscribe: [Double]?

    init() throws {
        schema = try ResponseSchema(
            traits: [.number("spend"), .category("plan", levels: ["free", "pro"])], offers: ["none", "gift"],
            channels: ["mailbox", "email"])
    }

    func equation(_ coefficients: [Double]) throws -> ResponseEquation {
        try ResponseEquation(
            schema: schema, scalings: [ResponseFit.unscaled], shape: Self.shape, coefficients: coefficients)
    }

    func rows(_ count: Int, seed: UInt64) throws -> ExposureRows {
        var rows = ExposureRows(schema)
        let (response, unsubscribe) = (try equation(response), try unsubscribe.map(equation))
        for row in 0..<count {
            var random = RandomRow(seed: seed, stream: 1, row: UInt64(row))
            let traits = [TraitValue.number(random.normal()), .level(random.index(below: 2))]
            let (offer, channel) = (random.index(below: 2), random.index(below: 2))
            let days = (0..<random.index(below: 6)).map { _ in 20 * random.uniform() }
            let stock = Self.shape.stock(exposureDays: days)
            let recent = days.count { $0 <= FrequencyShape.fatigueDays }
            func score(_ equation: ResponseEquation) -> Double {
                equation.traitScore(traits) + equation.contactScore(offer: offer, channel: channel)
                    + equation.historyScore(stock: stock, recent: recent)
            }
            let probabilities = OutcomeProbabilities(
                responseScore: score(response), unsubscribeScore: unsubscribe.map(score) ?? -.infinity)
            let uniform = random.uniform()
            let outcome: ExposureRows.Outcome =
                if uniform < probabilities.response {
                    .response
                } else if uniform
                    < probabilities.response + probabilities.unsubscribe
                { .unsubscribe } else { .nothing }
            try rows.add(
                traits: traits, offer: offer, channel: channel, earlierExposureDays: days, outcome: outcome)
        }
        return rows
    }
}

extension ResponseFit {
    static var unscaled: Scaling { Scaling(mean: 0, deviation: 1) }

    /// The coefficients for numbers as they came, not in deviations from their mean: one number at place 1.
    var plain: (coefficients: [Double], errors: [Double]) {
        var (coefficients, errors) = (equation.coefficients, standardErrors)
        let scaling = equation.scalings[0]
        let slope = coefficients[1] / scaling.deviation
        coefficients[0] -= slope * scaling.mean
        // The intercept's error at mean 0 differs by less than a thousandth here.
        coefficients[1] = slope
        errors[1] /= scaling.deviation
        return (coefficients, errors)
    }
}
