import Randomness

/// How likely people are to open, click and order: log-odds that add up, and thresholds for how far they go.
///
/// The chance that somebody goes at least as far as a response is `1 / (1 + e⁻ˣ)` with
///
///     x = threshold + kind + channel + plan and kind + decades of age and channel + their own + strength - fatigue
///
/// one x for all responses but for the threshold: the proportional-odds model (McCullagh, "Regression models for
/// ordinal data", Journal of the Royal Statistical Society B 42, 1980).
public struct ResponseLaw: Sendable, Equatable {
    public typealias Kind = PlantedOffer.Kind
    public typealias Channel = PlantedOffer.Channel

    /// Thresholds: what somebody of 45 on the basic plan does with a message in the mailbox that offers nothing. 38 %
    /// open it, 10 % click, 2 % order. Each at most the one before it; all log-odds are from -20 to 20.
    public var opened = -0.5
    public var clicked = -2.2
    public var ordered = -4.0
    /// What each kind of offer adds; absent: 0.
    public var kinds: [Kind: Double] = [
        .percentOff: 0.8, .amountOff: 0.7, .freeShipping: 0.9, .gift: 0.5, .loyaltyPoints: 0.2, .trial: 0.1,
        .content: -0.2,
    ]
    /// What each channel adds; absent: 0.
    public var channels: [Channel: Double] = [.email: -0.3, .webhook: -0.6]
    /// What a kind adds for people on a plan; absent: 0.
    public var plans: [Individual.Plan: [Kind: Double]] = [
        .basic: [.percentOff: 0.3, .amountOff: 0.2],
        .silver: [.freeShipping: 0.3],
        .gold: [.percentOff: -0.3, .loyaltyPoints: 0.7, .gift: 0.3],
    ]
    /// What each decade of age beyond 45 adds on a channel; absent: 0.
    public var decades: [Channel: Double] = [.email: 0.1, .webhook: -0.15]
    /// The standard deviation of what is people's own, 0 to 5.
    public var spread = 0.6
    /// What one exposure takes from the next on the same day, 0 to 20; several add up.
    public var fatigue = 0.35
    /// After so many days half of it is gone, 0.1 to 1,000.
    public var fatigueDays = 7.0

    public init() {}

    /// - Parameters:
    ///   - response: 1 for ``PlantedResponse/ignored``, which everybody does at least.
    ///   - daysSince: for each earlier exposure, how many days ago it was; 0 or more.
    /// - Returns: the chance that somebody goes at least so far.
    public func probability(
        of response: PlantedResponse, by person: Individual, to offer: PlantedOffer, daysSince: [Int] = []
    ) -> Double {
        let threshold: Double
        switch response {
        case .ignored: return 1
        case .opened: threshold = opened
        case .clicked: threshold = clicked
        case .ordered: threshold = ordered
        }
        var logOdds = threshold + (kinds[offer.kind] ?? 0) + (channels[offer.channel] ?? 0)
        logOdds += plans[person.plan]?[offer.kind] ?? 0
        logOdds += (decades[offer.channel] ?? 0) * Double(person.age - 45) / 10
        logOdds += person.responsiveness + offer.strength
        for days in daysSince { logOdds -= fatigue * Elementary.exp(-Self.ln2 * Double(days) / fatigueDays) }
        return 1 / (1 + Elementary.exp(-logOdds))
    }

    private static let ln2 = 0x1.62e42fefa39efp-1

    func check() throws(PopulationProblem) {
        let logOdds =
            [("opened", opened), ("clicked", clicked), ("ordered", ordered)]
            + kinds.map { ("kinds.\($0.rawValue)", $1) } + channels.map { ("channels.\($0.rawValue)", $1) }
            + plans.flatMap { plan, kinds in kinds.map { ("plans.\(plan.rawValue).\($0.rawValue)", $1) } }
            + decades.map { ("decades.\($0.rawValue)", $1) }
        for (field, value) in logOdds.sorted(by: { $0.0 < $1.0 }) where !(-20...20 ~= value) {
            throw PopulationProblem("responses.\(field)", "must be log-odds from -20 to 20")
        }
        guard clicked <= opened else {
            throw PopulationProblem("responses.clicked", "must be at most opened: who clicks has opened")
        }
        guard ordered <= clicked else {
            throw PopulationProblem("responses.ordered", "must be at most clicked: who orders has clicked")
        }
        guard 0...5 ~= spread else { throw PopulationProblem("responses.spread", "must be from 0 to 5") }
        guard 0...20 ~= fatigue else { throw PopulationProblem("responses.fatigue", "must be from 0 to 20") }
        guard 0.1...1_000 ~= fatigueDays else {
            throw PopulationProblem("responses.fatigueDays", "must be from 0.1 to 1000")
        }
    }
}
