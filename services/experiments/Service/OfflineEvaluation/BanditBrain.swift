import ExperimentsAPI
import JSON
import JSONRPC
import OpenSSL
import Policies
import Randomness

/// What a bandit does with what it has learned: kernels, and no more.
struct BanditBrain: Sendable {
    /// Arms whose chances are found by quadrature.
    static let thompsonArms = 20

    private let bandit: StoredBandit
    /// Of each arm: count, gram and moment of a ridge regression; or successes and failures.
    private(set) var learned: [[Double]]

    /// - Parameter learned: of each arm; nil: nothing yet.
    init(_ bandit: StoredBandit, learned: [[Double]]? = nil) {
        self.bandit = bandit
        let dimension = bandit.features.count + 1
        let size = bandit.kind == .thompson ? 2 : 1 + dimension * (dimension + 1) / 2 + dimension
        self.learned = learned ?? bandit.arms.map { _ in Array(repeating: 0, count: size) }
    }

    /// How likely each arm is to be chosen.
    ///
    /// - Parameter places: of the arms that may be; the others get 0.
    func propensities(_ features: [Double], among places: [Int]) throws(PolicyError) -> [Double] {
        // Where fewer may be chosen than there are, a floor that fits all fits them as well.
        let chances: Propensities
        switch bandit.kind {
        case .thompson:
            let beliefs = places.map { ArmBeliefs.Beta(successes: learned[$0][0], failures: learned[$0][1]) }
            chances = try ThompsonSampling.propensities(.beta(beliefs), floor: bandit.floor)
        case .linUcb:
            let models = try places.map { place throws(PolicyError) in try regression(place) }
            chances = try LinUCB(arms: models, optimism: bandit.optimism, penalty: bandit.penalty)
                .propensities([1] + features, floor: bandit.floor)
        }
        var all = Array(repeating: 0.0, count: bandit.arms.count)
        for (place, chance) in zip(places, chances.values) { all[place] = chance }
        return all
    }

    /// Learns from one reward.
    mutating func learn(_ reward: Double, of place: Int, _ features: [Double]) throws(PolicyError) {
        switch bandit.kind {
        case .thompson:
            guard (0...1).contains(reward) else { throw .parameter("reward") }
            learned[place][0] += reward
            learned[place][1] += 1 - reward
        case .linUcb:
            var model = try regression(place)
            try model.add([1] + features, reward: reward)
            guard (model.gram + model.moment).allSatisfy(\.isFinite) else { throw .notFinite }
            learned[place] = [Double(model.count)] + model.gram + model.moment
        }
    }

    /// As callers see it.
    var reply: [BanditArm] {
        zip(bandit.arms, learned).map { arm, figures in
            switch bandit.kind {
            case .thompson: BanditArm(arm: arm, successes: figures[0], failures: figures[1])
            case .linUcb:
                BanditArm(
                    arm: arm,
                    model: LearnedArm(
                        arm: arm, count: Int(figures[0]), gram: gram(figures), moment: Array(figures.suffix(dimension))
                    ))
            }
        }
    }

    private var dimension: Int { bandit.features.count + 1 }

    private func gram(_ figures: [Double]) -> [Double] { Array(figures.dropFirst().dropLast(dimension)) }

    private func regression(_ place: Int) throws(PolicyError) -> RidgeRegression {
        let figures = learned[place]
        return try RidgeRegression(
            count: Int(figures[0]), gram: gram(figures), moment: Array(figures.suffix(dimension)))
    }
}

extension StoredBandit {
    /// The random numbers of one decision: the seed is made from the bandit's id, the stream from the unit, the row is the
    /// decision's number. So a decision can be computed again.
    func random(unit: DatasetUnit?, sequence: Int) -> RandomRow {
        let seed = SHA256.hash("\(id)").bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let stream = unit.map { unit in
            SHA256.hash("\(unit.type):\(unit.id)").bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        return RandomRow(seed: seed, stream: stream ?? 0, row: UInt64(sequence))
    }
}
