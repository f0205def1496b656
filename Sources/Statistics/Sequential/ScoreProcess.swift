#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is left of a Brownian motion with drift after each look has taken away what crossed its bounds: the sub-density
/// of S(t) ~ N(drift · t, t), on the nodes of a Gauss-Legendre rule.
///
/// Panels are no wider than the smaller of the two steps beside a look, over which everything integrated is nearly a
/// polynomial; what lies more than ten steps away counts for nothing (e⁻⁵⁰).
struct ScoreProcess {
    private static let reach = 10.0
    private static let smallestStep = 1e-6

    private let fractions: [Double]
    private let drift: Double
    /// The look that was advanced to; -1 before the first.
    private var look = -1
    /// The nodes at the look before, with weight times density; a single one of weight 1 at the start.
    private var scores: [Double] = [0]
    private var masses: [Double] = [1]

    /// nil for no looks, or looks out of order, too close or too many.
    init?(_ fractions: [Double], drift: Double) {
        guard !fractions.isEmpty, fractions.count <= GroupSequentialTest.largestLookCount else { return nil }
        var last = 0.0
        for fraction in fractions {
            guard fraction.isFinite, fraction - last >= Self.smallestStep, last < 1 else { return nil }
            last = fraction
        }
        self.fractions = fractions
        self.drift = drift
    }

    private func step(to look: Int) -> Double { fractions[look] - (look == 0 ? 0 : fractions[look - 1]) }

    mutating func advance() { look += 1 }

    /// That the z-score of this look is above `bound`, and that no look before stopped.
    func probabilityAbove(_ bound: Double) -> Double { probability(beyond: bound, sign: 1) }

    /// That the z-score of this look is below `bound`, and that no look before stopped.
    func probabilityBelow(_ bound: Double) -> Double { probability(beyond: bound, sign: -1) }

    private func probability(beyond bound: Double, sign: Double) -> Double {
        guard abs(bound) < .infinity else { return 0 }
        let score = bound * fractions[look].squareRoot()
        let step = step(to: look)
        let deviation = step.squareRoot()
        var sum = 0.0
        for node in scores.indices {
            sum += masses[node] * Normal.survival(sign * (score - scores[node] - drift * step) / deviation)
        }
        return sum
    }

    /// The bound that is crossed upwards with this probability; infinite where that is beyond the largest bound.
    func bound(crossedWith probability: Double) -> Double {
        guard probability > 0, probabilityAbove(GroupSequentialTest.largestBound) < probability else {
            return .infinity
        }
        var (low, high) = (-GroupSequentialTest.largestBound, GroupSequentialTest.largestBound)
        while true {
            let middle = (low + high) / 2
            guard middle > low, middle < high else { return high }
            if probabilityAbove(middle) > probability { low = middle } else { high = middle }
        }
    }

    /// Takes away what is outside of these z-scores.
    mutating func stop(lower: Double, upper: Double) {
        guard look + 1 < fractions.count else { return }
        let fraction = fractions[look]
        let root = fraction.squareRoot()
        let low = max(lower * root, drift * fraction - Self.reach * root)
        let high = min(upper * root, drift * fraction + Self.reach * root)
        guard low < high else {
            (scores, masses) = ([], [])
            return
        }
        let width = min(step(to: look), step(to: look + 1)).squareRoot()
        let nodes = GaussLegendre.eight.nodes(from: low, to: high, panelsNoWiderThan: width)
        let densities = nodes.map { node in node.weight * density(at: node.place) }
        scores = nodes.map(\.place)
        masses = densities
    }

    private func density(at score: Double) -> Double {
        let step = step(to: look)
        let centre = score - drift * step
        let reach = Self.reach * step.squareRoot()
        var node = firstNode(at: centre - reach)
        var sum = 0.0
        while node < scores.count, scores[node] <= centre + reach {
            let distance = centre - scores[node]
            sum += masses[node] * exp(-0.5 * distance * distance / step)
            node += 1
        }
        return sum / (2 * .pi * step).squareRoot()
    }

    /// By halving, since nodes are in order.
    private func firstNode(at score: Double) -> Int {
        var (low, high) = (0, scores.count)
        while low < high {
            let middle = (low + high) / 2
            if scores[middle] < score { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
