import Randomness

/// How often people buy, and when they stop: each person buys at random moments at a rate of their own, gamma
/// distributed over people, and after each purchase but the first stops for good with a probability of their own, beta
/// distributed over people.
///
/// Source: Fader, Hardie and Lee, "Counting your customers the easy way: an alternative to the Pareto/NBD model",
/// Marketing Science 24 (2005), section 3. The defaults are their estimates for 2,357 customers of CDNOW, in weeks.
public struct PurchaseLaw: Sendable, Equatable {
    /// Shape of the rates, above 0 to 20.
    public var rateShape = 0.243
    /// In weeks: the mean rate is `rateShape / rateWeeks` a week, 10 at most. 0.1 to 10,000.
    public var rateWeeks = 4.414
    /// The mean chance to stop after a purchase is `dropoutFirst / (dropoutFirst + dropoutSecond)`. 0.01 to 1,000.
    public var dropoutFirst = 0.793
    /// 0.01 to 1,000.
    public var dropoutSecond = 2.426

    public init() {}

    /// Mean and variance of a person's purchases in so many weeks behind the first one, over people.
    ///
    /// A person with rate λ and chance p would have N purchases, Poisson, and the k-th is made if they did not stop at
    /// one before it, which has probability (1-p)ᵏ⁻¹. Rates and chances are independent, so P(X ≥ k) is P(N ≥ k),
    /// negative binomial, times E (1-p)ᵏ⁻¹ = B(a, b+k-1) / B(a, b); and E X = Σ P(X ≥ k), E X² = Σ (2k-1) P(X ≥ k). The
    /// mean is equation 9 of the paper in another form.
    ///
    /// - Parameters:
    ///   - weeks: from 0 to ``PopulationParameters/maximumWeeks``; of the rhythm, of which a whole week has one
    ///     whatever it looks like.
    public func count(within weeks: Double) -> (mean: Double, variance: Double) {
        precondition(0...Double(PopulationParameters.maximumWeeks) ~= weeks, "so many weeks are not looked at")
        let share = weeks / (rateWeeks + weeks)
        var chance = Elementary.exp(rateShape * Elementary.log(rateWeeks / (rateWeeks + weeks)))
        var reached = 1 - chance
        var stayed = 1.0
        var (mean, square, k) = (0.0, 0.0, 1.0)
        while reached > 1e-14 {
            mean += reached * stayed
            square += (2 * k - 1) * reached * stayed
            chance *= (rateShape + k - 1) / k * share
            reached -= chance
            stayed *= (dropoutSecond + k - 1) / (dropoutFirst + dropoutSecond + k - 1)
            k += 1
        }
        return (mean, square - mean * mean)
    }

    func check() throws(PopulationProblem) {
        guard rateShape > 0, rateShape <= 20 else {
            throw PopulationProblem("purchases.rateShape", "must be above 0, and 20 at most")
        }
        guard 0.1...10_000 ~= rateWeeks else {
            throw PopulationProblem("purchases.rateWeeks", "must be from 0.1 to 10000")
        }
        guard rateShape / rateWeeks <= 10 else {
            throw PopulationProblem("purchases.rateShape", "must be at most 10 times rateWeeks: 10 purchases a week")
        }
        guard 0.01...1_000 ~= dropoutFirst else {
            throw PopulationProblem("purchases.dropoutFirst", "must be from 0.01 to 1000")
        }
        guard 0.01...1_000 ~= dropoutSecond else {
            throw PopulationProblem("purchases.dropoutSecond", "must be from 0.01 to 1000")
        }
    }
}
