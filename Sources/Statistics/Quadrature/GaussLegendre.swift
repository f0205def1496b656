#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A rule that integrates polynomials of degree 2n - 1 exactly, with n nodes a panel (DLMF 3.5(v)).
public struct GaussLegendre: Sendable {
    public struct Node: Sendable, Equatable {
        public let place: Double
        public let weight: Double
    }

    public static let eight = GaussLegendre(8)

    /// On the interval from -1 to 1, in ascending order.
    private let rule: [Node]

    /// Roots of the Legendre polynomial by Newton's method.
    init(_ count: Int) {
        rule = (1...count).map { number in
            var x = -cos(.pi * (Double(number) - 0.25) / (Double(count) + 0.5))
            var slope = 0.0
            for _ in 0..<10 {
                var (before, value) = (1.0, x)
                for degree in stride(from: 2.0, through: Double(count), by: 1) {
                    (before, value) = (value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree)
                }
                slope = Double(count) * (x * value - before) / (x * x - 1)
                x -= value / slope
            }
            return Node(place: x, weight: 2 / ((1 - x * x) * slope * slope))
        }
    }

    /// The nodes of as many panels of the same width as it takes.
    public func nodes(from low: Double, to high: Double, panelsNoWiderThan width: Double) -> [Node] {
        let count = max(1, ((high - low) / width).rounded(.up))
        let half = (high - low) / count / 2
        var nodes: [Node] = []
        nodes.reserveCapacity(Int(count) * rule.count)
        for panel in 0..<Int(count) {
            let centre = low + (2 * Double(panel) + 1) * half
            for node in rule { nodes.append(Node(place: centre + half * node.place, weight: half * node.weight)) }
        }
        return nodes
    }
}
