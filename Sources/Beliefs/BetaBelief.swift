public import JSON
public import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How likely somebody responds, as far as evidence tells: a beta distribution.
///
/// The evidence is the state, and this a function of it: whatever was told in whatever order, and withdrawn, what is left
/// says the same to the last bit.
///
/// With a prior Beta(α₀, β₀) and weights w, the posterior is Beta(α₀ + Σ w of responses, β₀ + Σ w of the others): the
/// binomial model with its conjugate prior (A. Gelman et al., Bayesian Data Analysis, 3rd edition, sections 2.1 and 2.4).
/// A piece of evidence of age a has the weight w = 2^(-a/h) with the half-life h: exponential forgetting. The prior does
/// not fade, so that without news the belief goes back to it (R. Kulhavý and M. B. Zarrop, On a general concept of
/// forgetting, Int. J. Control 58, 1993).
public struct BetaBelief: Sendable, Equatable {
    /// What is believed before there is any evidence, and how fast evidence grows old.
    public struct Rule: Sendable, Equatable {
        /// Responses and other offers that the prior counts as, both above 0.
        public let alpha: Double
        public let beta: Double
        /// The age in days at which a piece of evidence counts half, above 0.
        public let halfLifeDays: Double

        public init(alpha: Double, beta: Double, halfLifeDays: Double) {
            self.alpha = alpha
            self.beta = beta
            self.halfLifeDays = halfLifeDays
        }

        /// Where nobody has said anything else: one in twenty responds, which counts as much as ten offers, and evidence
        /// of 90 days ago counts half.
        public static let standard = Rule(alpha: 0.5, beta: 9.5, halfLifeDays: 90)

        /// What evidence of an age counts, from 1 to 0.
        ///
        /// - Parameter age: in microseconds, not below 0.
        public func weight(age: Int64) -> Double {
            exp2(-Double(age) / (halfLifeDays * Self.microsecondsPerDay))
        }

        private static let microsecondsPerDay = 86_400_000_000.0
    }

    public let alpha: Double
    public let beta: Double
    /// Pieces of evidence that were seen.
    public let evidenceCount: Int
    /// The sum of their weights: as many new pieces would tell as much.
    public let effectiveEvidence: Double
    /// When the newest of them happened.
    public let lastEvidenceAt: Timestamp?

    /// What is believed at a moment: of the evidence that had happened by then.
    ///
    /// - Parameter evidence: in any order, each id once.
    public init(_ evidence: some Sequence<ResponseEvidence>, _ rule: Rule, at moment: Timestamp) {
        // Added in one order, the oldest and lightest first.
        let seen = evidence.filter { $0.at <= moment }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        var responses = 0.0
        var others = 0.0
        for piece in seen {
            let weight = rule.weight(age: moment.microseconds - piece.at.microseconds)
            if piece.responded { responses += weight } else { others += weight }
        }
        alpha = rule.alpha + responses
        beta = rule.beta + others
        evidenceCount = seen.count
        effectiveEvidence = responses + others
        lastEvidenceAt = seen.last?.at
    }

    /// The probability of a response to the next offer: α / (α + β).
    public var mean: Double { alpha / (alpha + beta) }

    /// αβ / ((α + β)² (α + β + 1)).
    public var variance: Double {
        let sum = alpha + beta
        return alpha / sum * (beta / sum) / (sum + 1)
    }

    /// The interval in which the true probability lies with a probability of `level`, and as likely below as above it.
    ///
    /// - Parameter level: above 0 and below 1.
    public func interval(level: Double = 0.95) -> Interval {
        let tail = (1 - level) / 2
        return Interval(lower: Beta.quantile(tail, alpha, beta), upper: Beta.quantile(1 - tail, alpha, beta))
    }
}
